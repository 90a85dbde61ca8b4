/**
 * Which JavaScript runtime will do, and the engine for it.
 *
 * @module
 */
import { NotSupportedError } from "../errors.ts";
import { bunEngine } from "./bun-engine.ts";
import { denoEngine } from "./deno-engine.ts";
import type { Engine } from "./engine.ts";
import { nodeEngine } from "./node-engine.ts";

/**
 * The first Bun whose compiled functions have addresses that other calls accept: 1.4.1 to 1.4.3 refuse them, 1.4.0
 * returns memory that is no `ArrayBuffer`, older ones crash. The `engines` of every package say the same.
 */
export const BUN_MINIMUM = "1.4.4";

/** The first of other runtimes that will do: the ones that `bun run test:runtimes` tries. */
export const NODE_MINIMUM = "26.10.0"; // node:ffi without a flag
const DENO_MINIMUM = "2.9.6";

/** What a runtime says it is: `process.versions`. */
export type Versions = Readonly<Record<string, string | undefined>>;

/** A runtime. */
export interface Runtime {
  /** Its key in `process.versions`. */
  readonly key: "bun" | "deno" | "node";
  readonly name: string;
  readonly version: string;
}

/**
 * Which runtime this is.
 *
 * @param versions What the runtime says it is; `process.versions` but in tests.
 */
export function runtimeOf({ bun, deno, node = "" }: Versions = process.versions): Runtime {
  if (bun !== undefined) return { key: "bun", name: "Bun", version: bun };
  if (deno !== undefined) return { key: "deno", name: "Deno", version: deno };
  return { key: "node", name: "Node.js", version: node };
}

/** From which version on a runtime will do, and what gets it there. */
const NEEDS = {
  bun: { minimum: BUN_MINIMUM, next: 'run "bun upgrade"' },
  deno: { minimum: DENO_MINIMUM, next: 'run "deno upgrade", or use Bun (https://bun.sh)' },
  node: { minimum: NODE_MINIMUM, next: "install it, or use Bun (https://bun.sh)" },
} as const;

/**
 * Refuses a runtime on which the library cannot work.
 *
 * @param versions What the runtime says it is; `process.versions` but in tests.
 * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` on one that is too old; the message names what was found and what to do.
 */
export function checkRuntime(versions?: Versions): void {
  const { key, name, version } = runtimeOf(versions);
  const { minimum, next } = NEEDS[key];
  if (isRecent(version, minimum)) return;
  throw new NotSupportedError(
    `Cannot run Isthmus on ${name} ${version}: it needs ${name} ${minimum} or later; ${next}`,
  );
}

/**
 * Refuses a runtime that gives copies of memory for the memory itself: what is written to one nobody else would see, and nothing
 * would say so.
 *
 * @throws {NotSupportedError} `ERR_NOT_SUPPORTED`.
 */
export function checkSharing({
  addressOf,
  borrowedBuffer,
}: Pick<Engine, "addressOf" | "borrowedBuffer">): void {
  const memory = new Uint8Array(new ArrayBuffer(2));
  const same = new Uint8Array(borrowedBuffer(addressOf(memory), memory.length));
  memory[0] = 1;
  same[1] = 1;
  if (same[0] === 1 && memory[1] === 1) return;
  const { name, version } = runtimeOf();
  throw new NotSupportedError(
    `Cannot run Isthmus on ${name} ${version}: it copies memory that is to be shared; use Bun (https://bun.sh)`,
  );
}

/** Compares number by number; what a version has behind them, a canary for example, does not count. */
function isRecent(version: string, minimum: string): boolean {
  const found = numbersOf(version);
  const wanted = numbersOf(minimum);
  const differing = wanted.findIndex((number, place) => number !== found[place]);
  return differing < 0 || (found[differing] ?? 0) > (wanted[differing] as number);
}

function numbersOf(version: string): number[] {
  return version.split(/[.+-]/, 3).map(Number);
}

const ENGINES: Readonly<Record<Runtime["key"], () => Engine>> = {
  bun: bunEngine,
  deno: denoEngine,
  node: nodeEngine,
};
const { key } = runtimeOf();
// An old Bun gets an engine, too, and is refused where the platform is made: commands can still say what is wrong.
if (key !== "bun") checkRuntime();

/** The engine of this runtime. */
export const engine: Engine = ENGINES[key]();
