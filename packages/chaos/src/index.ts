/**
 * Chaos for whoever starts it: the `isthmus chaos` command, and tests.
 *
 * @module
 */
export { FAULTS, type Fault, type Finding } from "./judges/findings.ts";
export type { InjectionCounts } from "./nemesis.ts";
export { percentile, type Recovery } from "./recovery.ts";
export { type ChaosOptions, type LabelledFinding, runChaos, type Verdict } from "./run-chaos.ts";
