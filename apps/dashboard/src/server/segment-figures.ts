/**
 * All figures of a segment, as the tables of its kind have them: a kind that is new there needs nothing here.
 *
 * @module
 */
import {
  FIGURES,
  type FigureTable,
  figureHistograms,
  figureTotals,
  type HistogramTotal,
  type SegmentRates,
  type SegmentSample,
} from "@isthmus/ipc";
import type { SegmentFrame } from "../wire/frame.ts";
import type { FigureWords } from "../wire/hello.ts";
import { latencyFrame, round } from "./figures.ts";

/** What a frame has of all figures. */
type AllFigures = Pick<SegmentFrame, "figures" | "rates" | "times">;

/** Adds them up. */
export function allFigures(
  sample: SegmentSample,
  rates: SegmentRates | undefined,
  histograms: readonly HistogramTotal[] = figureHistograms(sample, rates),
): AllFigures {
  const figures: Record<string, number> = {};
  const grown: Record<string, number> = {};
  for (const { kind, part, name, value, perSecond } of figureTotals(sample, rates)) {
    const id = figureId(kind, part, name);
    figures[id] = value;
    const rate = round(perSecond);
    if (rate !== null) grown[id] = rate;
  }
  const times = histograms.map(
    ({ kind, part, name, recent }) => [figureId(kind, part, name), latencyFrame(recent)] as const,
  );
  return { figures, rates: grown, times: Object.fromEntries(times) };
}

/** What each figure is, by its name in frames. */
export function figureCatalogue(): Record<string, FigureWords> {
  return Object.fromEntries(
    Object.entries<Readonly<Record<string, FigureTable>>>(FIGURES).flatMap(([kind, parts]) =>
      Object.entries(parts).flatMap(([part, table]) =>
        Object.entries(table).map(([name, { type, unit, help }]) => [
          figureId(kind, part, name),
          { kind, name, type, unit, help },
        ]),
      ),
    ),
  );
}

/** What to tell of a figure that should not count. */
export const ALARMS: ReadonlyMap<string, string> = new Map(
  Object.entries<Readonly<Record<string, FigureTable>>>(FIGURES).flatMap(([kind, parts]) =>
    Object.entries(parts).flatMap(([part, table]) =>
      Object.entries(table).flatMap(([name, { alarm }]) =>
        alarm === undefined ? [] : [[figureId(kind, part, name), alarm] as const],
      ),
    ),
  ),
);

function figureId(kind: string, part: string, name: string): string {
  return `${kind}.${part}.${name}`;
}
