/**
 * How fast counters have grown between two looks.
 *
 * @module
 */

/** Makes a count that was added in a time a rate. */
export type PerSecond = (count: number) => number;

/** The rate of what happened in a time. */
export function perSecond(elapsedMs: number): PerSecond {
  return (count) => (count * 1000) / elapsedMs;
}

/** Counters never go back; where memory says so, nobody knows. */
export function grown(before: number, after: number): number {
  return Math.max(0, after - before);
}

/** The same for counters that wrap at 2^32. A kind that has none of them has not counted. */
export function grown32(before: number | undefined, after: number | undefined): number {
  return before === undefined || after === undefined ? 0 : (after - before) >>> 0;
}
