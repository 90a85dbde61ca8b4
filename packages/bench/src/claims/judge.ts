/**
 * From figures to verdicts.
 *
 * @module
 */

import { formatFigure } from "../report/format-figure.ts";
import type { CaseRecord, ClaimRecord, RatioRecord, Verdict } from "../results/bench-results.ts";
import { CONFIDENCE, estimateRatio } from "../statistics/statistics.ts";
import type { ClaimSpec } from "./claims.ts";

/** One or two rounds agree by chance. */
const ROUNDS_MIN = 3;

/**
 * Judges a claim.
 *
 * @param claim What is said.
 * @param cases What was measured, by id.
 * @param seed Makes the interval the same for the same figures.
 * @returns `holds` when the whole interval reaches the target, `fails` when none of it does, `uncertain` between and
 * with fewer than three rounds; `measured` where nothing is claimed, `skipped` where a figure is missing.
 */
export function judge(
  claim: ClaimSpec,
  cases: ReadonlyMap<string, CaseRecord>,
  seed: number,
): ClaimRecord {
  const { id, group, title, subject: subjectId, baseline: baselineId, target } = claim;
  const record = {
    id,
    group,
    title,
    subject: subjectId,
    baseline: baselineId,
    ...(claim.quantity && { quantity: claim.quantity }),
    ...(target && { target }),
  };
  const subject = cases.get(subjectId);
  const baseline = cases.get(baselineId);
  const skipped = [subject, baseline].find((each) => !each || each.samples.length === 0);
  if (!subject || !baseline || subject.samples.length !== baseline.samples.length || skipped) {
    const reason = skipped?.skipped ?? skipped?.failed ?? "it was not measured in every round";
    return { ...record, ratio: null, verdict: "skipped", reason };
  }
  const ratio = ratioOf(claim, subject, baseline, seed);
  const verdict = verdictOf(ratio, target?.at_least);
  return {
    ...record,
    ratio,
    verdict,
    ...(verdict !== "holds" && reasonOf(claim, cases)),
  };
}

/** The reason with what shows it, as far as it was measured in the same run. */
function reasonOf(
  { reason, evidence = [] }: ClaimSpec,
  cases: ReadonlyMap<string, CaseRecord>,
): { reason: string } | undefined {
  if (reason === undefined) return undefined;
  const shown = evidence.flatMap((id) => {
    const found = cases.get(id);
    return found?.median ? [`${found.title}: ${formatFigure(found.median, found.unit)}`] : [];
  });
  return { reason: shown.length === 0 ? reason : `${reason} Measured here: ${shown.join("; ")}.` };
}

/** How many times better: more per second, or less time or memory. */
function ratioOf(
  { quantity }: ClaimSpec,
  subject: CaseRecord,
  baseline: CaseRecord,
  seed: number,
): RatioRecord {
  const isMemory = quantity === "peak_growth_bytes";
  const one = isMemory ? (subject.peak_growth_bytes ?? []) : subject.samples;
  const two = isMemory ? (baseline.peak_growth_bytes ?? []) : baseline.samples;
  const isHigherBetter = !isMemory && subject.better === "higher";
  const [above, below] = isHigherBetter ? [one, two] : [two, one];
  const { value, low, high } = estimateRatio(above, below, { isPaired: true, seed });
  const samples = above.map((figure, round) => figure / (below[round] ?? Number.NaN));
  return { value, low, high, confidence: CONFIDENCE, samples };
}

function verdictOf({ low, high, samples }: RatioRecord, atLeast: number | undefined): Verdict {
  if (atLeast === undefined) return "measured";
  if (samples.length < ROUNDS_MIN) return "uncertain";
  if (low >= atLeast) return "holds";
  return high < atLeast ? "fails" : "uncertain";
}
