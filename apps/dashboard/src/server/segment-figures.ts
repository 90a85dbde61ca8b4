/**
 * All figures of a segment, as the tables of its kind have them: a kind that is new there needs nothing here.
 *
 * @module
 */
import {
  FIGURES,
  type FigureTable,
  type FlowTotals,
  figureHistograms,
  figureTotals,
  flowTotals,
  type SegmentRates,
  type SegmentSample,
} from "@isthmus/ipc";
import type { LatencyFrame, SegmentFrame } from "../wire/frame.ts";
import type { FigureWords } from "../wire/hello.ts";
import { latencyFrame, round } from "./figures.ts";

/** What a frame has of all figures. */
type AllFigures = Pick<SegmentFrame, "figures" | "rates" | "times">;

/** What a segment tells of itself, looked at once. */
export interface Told extends AllFigures {
  /** What passes through it, by the columns that all kinds have; undefined where nothing does. */
  readonly columns: FlowTotals | undefined;
  /** How long what passes takes: undefined where it is not measured, `null` where nothing came. */
  readonly latency: LatencyFrame | null | undefined;
}

/** Adds everything up, in one walk through the tables. */
export function tellOf(sample: SegmentSample, rates: SegmentRates | undefined): Told {
  const figures: Record<string, number> = {};
  const grown: Record<string, number> = {};
  const times: Record<string, LatencyFrame | null> = {};
  const totals = figureTotals(sample, rates);
  for (const { kind, part, name, value, perSecond } of totals) {
    const id = figureId(kind, part, name);
    figures[id] = value;
    const rate = round(perSecond);
    if (rate !== null) grown[id] = rate;
  }
  let latency: LatencyFrame | null | undefined;
  for (const { kind, part, name, figure, recent } of figureHistograms(sample, rates)) {
    const time = latencyFrame(recent);
    times[figureId(kind, part, name)] = time;
    if (figure.column === "latency" && latency === undefined) latency = time;
  }
  const columns = flowTotals(sample, rates, totals);
  return { figures, rates: grown, times, columns, latency };
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
