/**
 * The operating system of this process: who implements {@link Platform} here.
 *
 * @module
 */
import { endianness } from "node:os";
import { NotSupportedError } from "../errors.ts";
import { darwin } from "./darwin.ts";
import { freebsd } from "./freebsd.ts";
import { linux } from "./linux.ts";
import type { Platform } from "./platform-interface.ts";
import { checkRuntime, checkSharing, engine } from "./runtime.ts";
import { windows } from "./windows.ts";

export type * from "./platform-interface.ts";

const SYSTEMS: Readonly<Record<string, () => Platform>> = {
  linux,
  darwin,
  freebsd,
  win32: windows,
};

/** What some systems lack. */
export type Lack = "robust mutexes" | "byte locks" | "pipe locks" | "name logs" | "futexes";

/** Names what a process is to do without: only `doWithout` sets it. */
const LACKS_VARIABLE = "ISTHMUS_TEST_LACKS";

/** All that this system has. */
let whole: Platform | undefined;

/** As much of it as this process is to use. */
let current: Platform | undefined;

/**
 * The platform of this process, made on first use.
 *
 * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` on a runtime, operating system or byte order without an
 * implementation. This is the only place that decides it.
 */
export function platform(): Platform {
  if (current === undefined) {
    whole ??= createPlatform();
    current = without(whole, process.env[LACKS_VARIABLE]);
  }
  return current;
}

function createPlatform(): Platform {
  checkRuntime();
  const create = SYSTEMS[process.platform];
  if (create === undefined) {
    throw new NotSupportedError(
      `Cannot map memory on "${process.platform}": Isthmus supports ${Object.keys(SYSTEMS).join(", ")} so far`,
    );
  }
  if (endianness() !== "LE") {
    throw new NotSupportedError(
      "Cannot map memory on a big-endian CPU: shared layouts are little-endian",
    );
  }
  checkSharing(engine);
  return create();
}

/**
 * Makes this process, and those that it starts from now on, do without some of what the system has: so what
 * is done on other systems can be tested on this one. Call it while nothing is open.
 */
export function doWithout(lacks: readonly Lack[]): void {
  if (lacks.length === 0) delete process.env[LACKS_VARIABLE];
  else process.env[LACKS_VARIABLE] = lacks.join(",");
  current = undefined;
}

function without(system: Platform, lacks: string | undefined): Platform {
  if (lacks === undefined) return system;
  const absent: Readonly<Record<string, PropertyDescriptorMap>> = {
    "robust mutexes": { robustMutexes: { value: undefined } },
    "byte locks": { byteLocks: { value: undefined } },
    "pipe locks": { canLockPipes: { value: false } },
    "name logs": { nameLog: { value: undefined } },
    futexes: { futexes: { value: undefined } },
  } satisfies Record<Lack, PropertyDescriptorMap>;
  return Object.create(system, Object.assign({}, ...lacks.split(",").map((lack) => absent[lack])));
}
