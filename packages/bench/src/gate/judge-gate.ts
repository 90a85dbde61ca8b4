/**
 * Whether ratios have fallen below their bounds.
 *
 * @module
 */
import type { BenchResults } from "../results/bench-results.ts";
import type { Bound } from "./bounds.ts";

/** What became of one bound. */
export interface GateRow {
  readonly claim: string;
  readonly atLeast: number;
  /** `undefined` when it was not measured. */
  readonly ratio: { readonly value: number; readonly high: number } | undefined;
  readonly isPassed: boolean;
}

/**
 * Judges a run. A bound is broken when even the upper end of the interval is below it, so that noise alone does not
 * break it; a ratio that was not measured breaks its bound, for nobody knows what it would have been.
 *
 * @param results The run.
 * @param bounds The bounds.
 */
export function judgeGate(results: BenchResults, bounds: readonly Bound[]): GateRow[] {
  const claims = new Map(results.claims.map((claim) => [claim.id, claim]));
  return bounds.map(({ claim, atLeast }) => {
    const ratio = claims.get(claim)?.ratio ?? undefined;
    return { claim, atLeast, ratio, isPassed: ratio !== undefined && ratio.high >= atLeast };
  });
}
