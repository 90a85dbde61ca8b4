/**
 * The names of all scenarios, apart from the scenarios: who only lists them loads nothing else.
 *
 * @module
 */

/** Those of `isthmus chaos`, in the order in which they are set up. */
export const SCENARIO_NAMES = [
  "orders",
  "blobs",
  "lock",
  "permits",
  "record",
  "topic",
  "service",
  "jobs",
  "leases",
] as const;

/** One of {@link SCENARIO_NAMES}. */
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** Those of `bun run stress`, which leave no processor time for others. */
export type FloodName = "flood" | "deluge";
