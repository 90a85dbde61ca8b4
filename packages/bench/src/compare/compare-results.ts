/**
 * What became faster or slower from one run to another, and how sure that is.
 *
 * @module
 */
import type { BenchResults, CaseRecord } from "../results/bench-results.ts";
import { estimateRatio } from "../statistics/statistics.ts";

/** Changes below this share are not worth a word, however sure. */
const CHANGE_MIN = 0.03;
/** Fewer rounds on either side decide nothing. */
const ROUNDS_MIN = 3;

/** One case in both runs. */
export interface CaseChange {
  readonly id: string;
  readonly title: string;
  readonly unit: CaseRecord["unit"];
  readonly before: number;
  readonly after: number;
  /** How many times better it is now, with its interval. */
  readonly factor: number;
  readonly factor_low: number;
  readonly factor_high: number;
  /** 0.5 to 1: the share of resamples that agree about the direction. */
  readonly certainty: number;
  readonly verdict: "faster" | "slower" | "unclear";
}

/** Two runs side by side. */
export interface Comparison {
  /** What must be known before believing it. */
  readonly warnings: readonly string[];
  readonly changes: readonly CaseChange[];
  /** Cases that only one of the runs has, or that were measured differently. */
  readonly not_comparable: readonly string[];
}

/**
 * Compares two runs.
 *
 * @param before The older one.
 * @param after The newer one.
 */
export function compareResults(before: BenchResults, after: BenchResults): Comparison {
  const older = new Map(before.cases.map((each) => [each.id, each]));
  const haveSameSizes = Bun.deepEquals(before.parameters.sizes, after.parameters.sizes);
  const changes: CaseChange[] = [];
  const notComparable: string[] = [];
  for (const now of after.cases) {
    const then = older.get(now.id);
    older.delete(now.id);
    const isMeasured = then && then.samples.length > 0 && now.samples.length > 0;
    if (isMeasured && haveSameSizes && then.unit === now.unit) {
      changes.push(changeOf(then, now, after.parameters.seed));
    } else notComparable.push(now.id);
  }
  notComparable.push(...older.keys());
  return { warnings: warningsOf(before, after), changes, not_comparable: notComparable };
}

function changeOf(then: CaseRecord, now: CaseRecord, seed: number): CaseChange {
  const isHigherBetter = now.better === "higher";
  const [above, below] = isHigherBetter ? [now, then] : [then, now];
  // Rounds of different runs have nothing in common.
  const options = { isPaired: false, seed };
  const { value, low, high, shareAboveOne } = estimateRatio(above.samples, below.samples, options);
  const isSure = low > 1 || high < 1;
  const isEnough = Math.min(then.samples.length, now.samples.length) >= ROUNDS_MIN;
  const isClear = isSure && isEnough && Math.abs(value - 1) >= CHANGE_MIN;
  return {
    id: now.id,
    title: now.title,
    unit: now.unit,
    before: then.median ?? Number.NaN,
    after: now.median ?? Number.NaN,
    factor: value,
    factor_low: low,
    factor_high: high,
    certainty: Math.max(shareAboveOne, 1 - shareAboveOne),
    verdict: isClear ? (value > 1 ? "faster" : "slower") : "unclear",
  };
}

function warningsOf(before: BenchResults, after: BenchResults): string[] {
  const warnings: string[] = [];
  for (const field of ["cpu", "cpu_count", "kernel", "bun", "file_system_type"] as const) {
    const [then, now] = [before.machine[field], after.machine[field]];
    if (then !== now) warnings.push(`${field} is another: ${then} before, ${now} now.`);
  }
  if (!Bun.deepEquals(before.parameters.sizes, after.parameters.sizes)) {
    warnings.push(
      `The sizes differ (${before.parameters.mode} before, ${after.parameters.mode} now): nothing can be compared.`,
    );
  }
  const rounds = Math.min(before.parameters.rounds, after.parameters.rounds);
  if (rounds < ROUNDS_MIN) {
    warnings.push(`One run has only ${rounds} rounds: ${ROUNDS_MIN} are the least for a verdict.`);
  }
  return warnings;
}
