/**
 * Which paced round trips are measured, for the suite and its code.
 *
 * @module
 */

/** Pauses before a round trip in milliseconds. */
export const PAUSES_MS = [1, 5] as const;

/** What is told of the times of a run. */
export const PERCENTILES = [50, 99] as const;

/** The name of a case. */
export function pacedCase(way: string, pauseMs: number, percentile: number): string {
  return `${way}-${pauseMs}-p${percentile}`;
}
