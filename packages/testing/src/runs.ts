/**
 * How long tests of properties try.
 *
 * @module
 */
import type { Parameters } from "fast-check";
import { patient } from "./patience.ts";

/** `ISTHMUS_FUZZ_RUNS=20` tries twenty times as much as the suite does, which takes twenty times as long. */
const FACTOR = Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);

if (!(Number.isInteger(FACTOR) && FACTOR >= 1)) {
  throw new RangeError(
    `ISTHMUS_FUZZ_RUNS must be an integer >= 1: received ${process.env["ISTHMUS_FUZZ_RUNS"]}`,
  );
}

/** How long the test of a property may take on a busy machine, in milliseconds. */
export const PATIENCE_MS: number = patient(120_000) * FACTOR;

/**
 * What fast-check is told. `ISTHMUS_FUZZ_SEED` and `ISTHMUS_FUZZ_PATH`, which it prints when something fails, begin
 * where that was.
 *
 * @param numRuns How many runs the suite makes.
 */
export function runs<T>(numRuns: number): Parameters<T> {
  const seed = process.env["ISTHMUS_FUZZ_SEED"];
  const path = process.env["ISTHMUS_FUZZ_PATH"];
  return {
    numRuns: numRuns * FACTOR,
    includeErrorInReport: true,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  };
}
