/**
 * Results of the benchmark, for those who only read them: `@isthmus/bench/results`.
 *
 * @module
 */
export type {
  BenchResults,
  CaseRecord,
  ClaimRecord,
  LatencyRecord,
  MachineRecord,
  ParametersRecord,
  RatioRecord,
  Unit,
  Verdict,
} from "./bench-results.ts";
export { SCHEMA_VERSION, UNITS, VERDICTS } from "./bench-results.ts";
export { latestResults, RESULTS_DIRECTORY, RESULTS_FILE } from "./latest-results.ts";
export { BadResultsError, readResults } from "./read-results.ts";
