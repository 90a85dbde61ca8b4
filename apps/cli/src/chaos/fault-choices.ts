/**
 * What harm the driver does, and how often.
 *
 * @module
 */

/** Faults and how often each is chosen. */
const FAULT_WEIGHTS = { kill: 60, stop: 22, leave: 8, massacre: 4, fill: 4, delete: 2 } as const;
/** What the driver brings about. */
export type FaultKind = keyof typeof FAULT_WEIGHTS;
/** Each kind as often as it is chosen in a hundred times. */
export const FAULT_CHOICES: readonly FaultKind[] = Object.entries(FAULT_WEIGHTS).flatMap(
  ([kind, weight]) => Array<FaultKind>(weight).fill(kind as FaultKind),
);

/** How often each fault was brought about. */
export type FaultCounts = Record<
  "kills" | "stops" | "leaves" | "fills" | "fileDeletions" | "directoryDeletions",
  number
>;
