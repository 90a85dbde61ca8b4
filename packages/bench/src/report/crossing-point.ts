/**
 * From which size on mapping a file is faster than reading it.
 *
 * @module
 */
import type { CaseRecord } from "../results/bench-results.ts";

/** One size of file. */
export interface SmallFileRow {
  readonly bytes: number;
  readonly mappingNs: number;
  /** The faster of the ordinary ways. */
  readonly readingNs: number;
}

/** What the suite of small files tells. */
export interface CrossingPoint {
  readonly rows: readonly SmallFileRow[];
  /** The smallest size from which on mapping was never slower; `undefined` when there is none. */
  readonly fromBytes: number | undefined;
}

/**
 * Finds the crossing point.
 *
 * @param cases What was measured.
 * @returns `undefined` when small files were not measured.
 */
export function crossingPoint(cases: readonly CaseRecord[]): CrossingPoint | undefined {
  const bySize = Map.groupBy(
    cases.filter(({ suite, median }) => suite === "small" && median !== null),
    ({ record_bytes: bytes }) => bytes ?? 0,
  );
  const rows: SmallFileRow[] = [];
  for (const [bytes, group] of [...bySize].sort(([one], [two]) => one - two)) {
    const mapping = group.find(({ role }) => role === "isthmus")?.median;
    const reading = group.flatMap(({ role, median }) =>
      role === "peer" && median ? [median] : [],
    );
    if (typeof mapping !== "number" || reading.length === 0) continue;
    rows.push({ bytes, mappingNs: mapping, readingNs: Math.min(...reading) });
  }
  if (rows.length === 0) return undefined;
  const lastLoss = rows.findLastIndex(({ mappingNs, readingNs }) => mappingNs > readingNs);
  return { rows, fromBytes: rows[lastLoss + 1]?.bytes };
}
