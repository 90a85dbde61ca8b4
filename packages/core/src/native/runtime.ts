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

/**
 * The first of other runtimes that will do. Only the sources run on them so far, as `bun run test:runtimes` tries; the packages
 * send them to `unsupported.js`.
 */
const NODE_MINIMUM = "26.10.0"; // node:ffi without a flag
const DENO_MINIMUM = "2.9.6";

/**
 * Refuses a runtime on which the library cannot work.
 *
 * @param versions What the runtime says it is; `process.versions` but in tests.
 * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` on one that there is no engine for, and on one that is too old; the
 * message names what was found and what to do.
 */
export function checkRuntime(
  versions: Readonly<Record<string, string | undefined>> = process.versions,
): void {
  const { bun, deno, node = "" } = versions;
  const [name, version, minimum] =
    bun !== undefined
      ? ["Bun", bun, BUN_MINIMUM]
      : deno !== undefined
        ? ["Deno", deno, DENO_MINIMUM]
        : ["Node.js", node, NODE_MINIMUM];
  if (isRecent(version, minimum)) return;
  const next =
    bun === undefined
      ? 'install it from https://bun.sh and start the program with "bun"'
      : 'run "bun upgrade"';
  throw new NotSupportedError(
    `Cannot run Isthmus on ${name} ${version}: it needs Bun ${BUN_MINIMUM} or later; ${next}`,
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

const { bun, deno } = process.versions as Readonly<Record<string, string | undefined>>;
// An old Bun gets an engine, too, and is refused where the platform is made: commands can still say what is wrong.
if (bun === undefined) checkRuntime();

/** The engine of this runtime. */
export const engine: Engine = bun ? bunEngine() : deno ? denoEngine() : nodeEngine();
