/**
 * Which JavaScript runtime will do, and the engine for it.
 *
 * @module
 */
import { NotSupportedError } from "../errors.ts";
import { bunEngine } from "./bun-engine.ts";
import type { Engine, Host } from "./engine.ts";

/**
 * The first Bun whose compiled functions have addresses that other calls accept: 1.4.1 to 1.4.3 refuse them, 1.4.0
 * returns memory that is no `ArrayBuffer`, older ones crash. The `engines` of every package say the same.
 */
export const BUN_MINIMUM = "1.4.4";

/**
 * Refuses a runtime on which the library cannot work.
 *
 * @param versions What the runtime says it is; `process.versions` but in tests.
 * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` on anything but Bun, and on a Bun that is too old; the message names
 * what was found and what to do.
 */
export function checkRuntime(
  versions: Readonly<Record<string, string | undefined>> = process.versions,
): void {
  const { bun, deno, node } = versions;
  if (bun !== undefined && isRecent(bun)) return;
  const [found, next] =
    bun !== undefined
      ? [`Bun ${bun}`, 'run "bun upgrade"']
      : [
          deno === undefined ? `Node.js ${node}` : `Deno ${deno}`,
          'install it from https://bun.sh and start the program with "bun"',
        ];
  throw new NotSupportedError(
    `Cannot run Isthmus on ${found}: it needs Bun ${BUN_MINIMUM} or later; ${next}`,
  );
}

/** Compares number by number; what a version has behind them, a canary for example, does not count. */
function isRecent(version: string): boolean {
  const found = numbersOf(version);
  const wanted = numbersOf(BUN_MINIMUM);
  const differing = wanted.findIndex((number, place) => number !== found[place]);
  return differing < 0 || (found[differing] ?? 0) > (wanted[differing] as number);
}

function numbersOf(version: string): number[] {
  return version.split(/[.+-]/, 3).map(Number);
}

// An old Bun gets one, too, and is refused where the platform is made: commands can still say what is wrong.
if (process.versions["bun"] === undefined) checkRuntime();

/** The engine of this runtime. */
export const engine: Engine = bunEngine();

/** The part of it that the floors above may use. */
export const host: Host = engine;
