/**
 * Adding up the figures of a segment, whatever its kind.
 *
 * @module
 */
import type { Figure, FigureTable, FlowColumn } from "../figures/figure.ts";
import { rateName } from "../figures/figure-plan.ts";
import { totalOf } from "../figures/read-figures.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import { FIGURES, type FigurePlace, KINDS, placeOf } from "./kind-figures.ts";
import { mergeLatencies } from "./latencies.ts";
import type { SegmentRates } from "./rates.ts";
import type { SegmentInfo } from "./segment-info.ts";

/** One figure of a segment, added up over all of its lanes or participants. */
export interface FigureTotal {
  /** A key of {@link FIGURES}: the segment's kind, `lock` for its mutex, `segment` for its wait cells. */
  readonly kind: keyof typeof FIGURES;
  /** The part of the kind. */
  readonly part: string;
  /** The figure's name. */
  readonly name: string;
  readonly figure: Figure;
  readonly value: number;
  /** How fast it grows; undefined for what is no counter, and where it cannot be known. */
  readonly perSecond: number | undefined;
}

/**
 * All figures of a segment that can be added up, with their totals, in the order of their tables. Of a segment that
 * could not be understood there are none.
 *
 * @param info What an observer saw.
 * @param rates What has happened since it looked before; see `ratesBetween`.
 *
 * @example Everything that a segment counts
 * ```ts
 * import { figureTotals, NamedEvent, observe } from "@isthmus/ipc";
 *
 * using event = NamedEvent.createOrOpen("counted-event");
 * event.set();
 * const sets = figureTotals(observe("counted-event")).find(({ name }) => name === "setCount");
 * console.log(sets?.value, sets?.figure.help); // 1 How often it has been set.
 * ```
 */
export function figureTotals(info: SegmentInfo, rates?: SegmentRates): FigureTotal[] {
  if (info.error !== undefined) return [];
  return figuresOf(info).flatMap((one) => {
    const items = one.itemsOf(info);
    if (items === undefined) return [];
    const { kind, part, name, figure } = one;
    const value = totalOf(one.table, name, items as readonly Readonly<Record<string, number>>[]);
    return [{ kind, part, name, figure, value, perSecond: rateTotal(one, rates) }];
  });
}

/** What passes through a segment, whatever its kind: the totals of each column, and how fast they grow. */
export type FlowTotals = Readonly<
  Record<FlowColumn, { readonly value: number; readonly perSecond: number | undefined }>
>;

/**
 * Adds up the figures of each column; see {@link figureTotals}.
 *
 * @param info What an observer saw.
 * @param rates What has happened since it looked before.
 * @param figures What `figureTotals` says of both, where that is known already.
 * @returns Undefined for a kind through which nothing passes.
 */
export function flowTotals(
  info: SegmentInfo,
  rates?: SegmentRates,
  figures: Iterable<FigureTotal> = figureTotals(info, rates),
): FlowTotals | undefined {
  let flow: Record<FlowColumn, { value: number; perSecond: number | undefined }> | undefined;
  for (const { figure, value, perSecond } of figures) {
    const { column } = figure;
    if (column === undefined || column === "latency") continue;
    flow ??= noFlow();
    const total = flow[column];
    total.value += value;
    if (perSecond !== undefined) total.perSecond = (total.perSecond ?? 0) + perSecond;
  }
  return flow;
}

/** How long something took in a segment, all of its lanes and participants together. */
export interface HistogramTotal extends Omit<FigureTotal, "value" | "perSecond"> {
  readonly value: HistogramSnapshot;
  /** What was counted since an earlier look; undefined without one. */
  readonly recent: HistogramSnapshot | undefined;
}

/**
 * All histograms of a segment, in the order of their tables. Those that its creator did not ask for are not there. See
 * {@link figureTotals}.
 *
 * @param info What an observer saw.
 * @param rates What has happened since it looked before; see `ratesBetween`.
 */
export function figureHistograms(info: SegmentInfo, rates?: SegmentRates): HistogramTotal[] {
  if (info.error !== undefined) return [];
  return figuresOf(info, histograms()).flatMap((one) => {
    const { kind, part, name, figure } = one;
    const value = merged(name, one.itemsOf(info) ?? []);
    if (value === undefined) return [];
    const recent = rates && merged(name, one.ratesOf(rates));
    return [{ kind, part, name, figure, value, recent }];
  });
}

/**
 * How long what passes through a segment takes: one of {@link figureHistograms}.
 *
 * @param info What an observer saw.
 * @param rates What has happened since it looked before; see `ratesBetween`.
 * @returns Undefined when it is not measured.
 */
export function flowLatency(info: SegmentInfo, rates?: SegmentRates): HistogramTotal | undefined {
  return figureHistograms(info, rates).find(({ figure }) => figure.column === "latency");
}

function merged(name: string, items: readonly object[]): HistogramSnapshot | undefined {
  const all = items as readonly Readonly<Record<string, HistogramSnapshot | undefined>>[];
  return mergeLatencies(all.map((item) => item[name]));
}

function noFlow(): Record<FlowColumn, { value: number; perSecond: number | undefined }> {
  const none = (): { value: number; perSecond: undefined } => ({ value: 0, perSecond: undefined });
  return {
    records: none(),
    bytes: none(),
    consumed: none(),
    lag: none(),
    fill: none(),
    drops: none(),
    fullWaits: none(),
    emptyWaits: none(),
    corruptions: none(),
  };
}

/** The sum of a counter's rates; undefined where none is known. */
function rateTotal(one: FoundFigure, rates: SegmentRates | undefined): number | undefined {
  if (rates === undefined || one.rate === undefined) return undefined;
  let total: number | undefined;
  for (const item of one.ratesOf(rates) as readonly Readonly<Record<string, number>>[]) {
    const rate = item[one.rate];
    if (rate !== undefined) total = (total ?? 0) + rate;
  }
  return total;
}

/** A figure that can be added up, and where it is found. */
interface FoundFigure extends FigurePlace {
  readonly kind: keyof typeof FIGURES;
  readonly part: string;
  readonly name: string;
  readonly figure: Figure;
  readonly table: FigureTable;
  readonly rate: string | undefined;
}

type FiguresOfKinds = ReadonlyMap<keyof typeof FIGURES, readonly FoundFigure[]>;

/** What can be added up, and what is counted by how long it took; most programs never ask, and start the sooner. */
let foundTotals: FiguresOfKinds | undefined;
let foundHistograms: FiguresOfKinds | undefined;

function totals(): FiguresOfKinds {
  foundTotals ??= findFigures(({ total, type }) => total !== undefined || type === "counter");
  return foundTotals;
}

function histograms(): FiguresOfKinds {
  foundHistograms ??= findFigures(({ type }) => type === "histogram");
  return foundHistograms;
}

function findFigures(isMeant: (figure: Figure) => boolean): FiguresOfKinds {
  return new Map(
    KINDS.map((kind) => [
      kind,
      Object.entries<FigureTable>(FIGURES[kind]).flatMap(([part, table]) =>
        Object.entries(table)
          .filter(([, figure]) => isMeant(figure))
          .map(([name, figure]): FoundFigure => {
            const rate = figure.type === "counter" ? rateName(name, figure) : undefined;
            const { itemsOf, ratesOf } = placeOf(kind, part);
            return { kind, part, name, figure, table, itemsOf, rate, ratesOf };
          }),
      ),
    ]),
  );
}

/** Those of them that a segment of this kind has. */
function figuresOf(info: SegmentInfo, all: FiguresOfKinds = totals()): FoundFigure[] {
  const found: FoundFigure[] = [];
  for (const kind of KINDS) if (hasKind(info, kind)) found.push(...(all.get(kind) ?? []));
  return found;
}

function hasKind(info: SegmentInfo, kind: keyof typeof FIGURES): boolean {
  if (kind === "segment") return info.cells.length > 0;
  return (kind === "lock" ? info.mutex : info[kind]) !== undefined;
}
