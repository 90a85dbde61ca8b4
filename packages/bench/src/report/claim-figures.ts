/**
 * The two figures that a claim compares, as people read them.
 *
 * @module
 */
import type { CaseRecord, ClaimRecord } from "../results/bench-results.ts";
import { median } from "../statistics/statistics.ts";
import { formatBytes, formatFigure } from "./format-figure.ts";

/** Both sides of a row. */
export interface ClaimFigures {
  readonly subject: string;
  readonly baseline: string;
}

/**
 * Looks up the figures of a claim.
 *
 * @param claim The row.
 * @param cases What was measured.
 */
export function claimFigures(
  { subject, baseline, quantity }: ClaimRecord,
  cases: readonly CaseRecord[],
): ClaimFigures {
  const figure = (id: string): string => {
    const found = cases.find((each) => each.id === id);
    if (found === undefined) return "–";
    if (quantity === undefined) return formatFigure(found.median, found.unit);
    const peaks = found.peak_growth_bytes ?? [];
    return peaks.length === 0 ? "–" : formatBytes(median(peaks));
  };
  return { subject: figure(subject), baseline: figure(baseline) };
}
