/**
 * Something that must not happen, and did.
 *
 * @module
 */

/** How a promise can be broken; the columns of the verdict. */
export const FAULTS = ["lost", "torn", "duplicated", "stuck", "leaked"] as const;

/** One of {@link FAULTS}. */
export type Fault = (typeof FAULTS)[number];

/** What went wrong. */
export interface Finding {
  readonly fault: Fault;
  /** How many records, units, files or processes it concerns. */
  readonly count: number;
  /** What exactly, with the numbers of the records. */
  readonly detail: string;
  /** The number of the participant whose log tells of it, if there is one. */
  readonly participant?: number;
}
