/**
 * The benchmark of Isthmus: measuring, judging, reporting, comparing.
 *
 * @module
 */
export { type CaseChange, type Comparison, compareResults } from "./compare/compare-results.ts";
export { installPeers, peersDirectory } from "./peers/install-peers.ts";
export { type ClaimFigures, claimFigures } from "./report/claim-figures.ts";
export { type CrossingPoint, crossingPoint } from "./report/crossing-point.ts";
export {
  formatBytes,
  formatFactor,
  formatFigure,
  formatRatio,
  formatTarget,
} from "./report/format-figure.ts";
export { reasonLines } from "./report/markdown-report.ts";
export { describeRun } from "./report/run-description.ts";
export { writeResults } from "./report/write-results.ts";
export {
  BadResultsError,
  type BenchResults,
  latestResults,
  RESULTS_DIRECTORY,
  RESULTS_FILE,
  readResults,
} from "./results/index.ts";
export { choices, groups, planRun } from "./runner/plan.ts";
export { type BenchmarkOptions, type Progress, runBenchmark } from "./runner/run-benchmark.ts";
