/**
 * The figures of all kinds of segments. A kind is one line in each table here.
 *
 * @module
 */
import { CHANNEL_FIGURES } from "../channel/channel-figures.ts";
import type { Figure, FigureTable, FlowColumn } from "../figures/figure.ts";
import { rateName } from "../figures/figure-plan.ts";
import { totalOf } from "../figures/read-figures.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import { QUEUE_FIGURES } from "../queue/queue-figures.ts";
import { SERVICE_FIGURES } from "../service/service-figures.ts";
import { STRUCT_FIGURES } from "../shared-struct/struct-figures.ts";
import { BRIDGE_FIGURES } from "../store-kinds/bridge-figures.ts";
import {
  CACHE_FIGURES,
  COUNTERS_FIGURES,
  JOURNAL_FIGURES,
  LIMITER_FIGURES,
  TABLE_FIGURES,
} from "../store-kinds/store-figures.ts";
import {
  CELL_FIGURES,
  EVENT_FIGURES,
  MUTEX_FIGURES,
  SEMAPHORE_FIGURES,
} from "../sync/sync-figures.ts";
import { TOPIC_FIGURES } from "../topic/topic-figures.ts";
import { mergeLatencies } from "./latencies.ts";
import type { SegmentRates } from "./rates.ts";
import type { SegmentInfo } from "./segment-info.ts";

/**
 * Every figure that segments tell of themselves: by kind, then by the part of it, then by name. Frozen.
 *
 * @example What does a topic count?
 * ```ts
 * import { FIGURES } from "@isthmus/ipc";
 *
 * const { type, unit, help } = FIGURES.topic.publisher.drops;
 * console.log(type, unit, help); // counter records Records that were refused because there was no room.
 * ```
 */
export const FIGURES: {
  readonly channel: typeof CHANNEL_FIGURES;
  readonly topic: typeof TOPIC_FIGURES;
  readonly service: typeof SERVICE_FIGURES;
  readonly queue: typeof QUEUE_FIGURES;
  readonly cache: typeof CACHE_FIGURES;
  readonly limiter: typeof LIMITER_FIGURES;
  readonly table: typeof TABLE_FIGURES;
  readonly counters: typeof COUNTERS_FIGURES;
  readonly journal: typeof JOURNAL_FIGURES;
  readonly bridge: typeof BRIDGE_FIGURES;
  readonly semaphore: typeof SEMAPHORE_FIGURES;
  readonly event: typeof EVENT_FIGURES;
  readonly struct: typeof STRUCT_FIGURES;
  readonly lock: typeof MUTEX_FIGURES;
  readonly segment: typeof CELL_FIGURES;
} = deepFreeze({
  channel: CHANNEL_FIGURES,
  topic: TOPIC_FIGURES,
  service: SERVICE_FIGURES,
  queue: QUEUE_FIGURES,
  cache: CACHE_FIGURES,
  limiter: LIMITER_FIGURES,
  table: TABLE_FIGURES,
  counters: COUNTERS_FIGURES,
  journal: JOURNAL_FIGURES,
  bridge: BRIDGE_FIGURES,
  semaphore: SEMAPHORE_FIGURES,
  event: EVENT_FIGURES,
  struct: STRUCT_FIGURES,
  lock: MUTEX_FIGURES,
  segment: CELL_FIGURES,
});

/** Where an observer finds the parts of a kind; where it has added them up itself, that is what is asked. */
type Parts<Kind extends keyof typeof FIGURES> = Readonly<
  Record<keyof (typeof FIGURES)[Kind], (info: SegmentInfo) => readonly object[] | undefined>
>;

const PARTS: { readonly [Kind in keyof typeof FIGURES]: Parts<Kind> } = {
  channel: {
    segment: ({ channel }) => some(channel),
    producer: ({ channel }) => some(channel),
    lane: ({ channel }) => channel?.lanes ?? [],
    consumer: ({ channel }) => some(channel?.consumer),
    latency: ({ channel }) => some(channel),
  },
  topic: {
    segment: ({ topic }) => some(topic),
    publisher: ({ topic }) => some(topic),
    place: ({ topic }) => (topic?.subscribers ?? []).flatMap(({ places }) => places),
    subscriber: ({ topic }) => topic?.subscribers ?? [],
    latency: ({ topic }) => some(topic),
  },
  service: {
    segment: ({ service }) => some(service),
    flow: ({ service }) => some(service),
    requester: ({ service }) => service?.requesters ?? [],
    responder: ({ service }) => some(service?.responder),
    latency: ({ service }) => some(service),
  },
  queue: { segment: ({ queue }) => some(queue), times: ({ queue }) => some(queue) },
  cache: { segment: ({ cache }) => some(cache) },
  limiter: { segment: ({ limiter }) => some(limiter) },
  table: { segment: ({ table }) => some(table) },
  counters: { segment: ({ counters }) => some(counters) },
  journal: {
    segment: ({ journal }) => some(journal),
    follower: ({ journal }) => journal?.followers ?? [],
  },
  bridge: { end: ({ bridge }) => bridge?.ends ?? [] },
  semaphore: {
    segment: ({ semaphore }) => some(semaphore),
    // Where nobody notes who has what, nobody knows how many permits are held.
    held: ({ semaphore }) => (semaphore?.returnsOnDeath ? semaphore.held : undefined),
  },
  event: { segment: ({ event }) => some(event) },
  struct: { segment: ({ struct }) => some(struct) },
  lock: { mutex: ({ mutex }) => some(mutex) },
  segment: { cell: ({ cells }) => cells },
};

/** Where the rates of a part are; of a part that is not named, among those of the segment. */
const RATES: Readonly<Record<string, (rates: SegmentRates) => readonly object[]>> = {
  channel: ({ channel }) => some(channel),
  "topic.publisher": ({ topic }) => some(topic),
  "topic.place": ({ topic }) => topic?.subscribers ?? [],
  "topic.subscriber": ({ topic }) => topic?.subscribers ?? [],
  "topic.latency": ({ topic }) => some(topic),
  service: ({ service }) => some(service),
  queue: ({ queue }) => some(queue),
  cache: ({ cache }) => some(cache),
  limiter: ({ limiter }) => some(limiter),
  table: ({ table }) => some(table),
  counters: ({ counters }) => some(counters),
  journal: ({ journal }) => some(journal),
  bridge: ({ bridge }) => some(bridge),
};

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
interface FoundFigure {
  readonly kind: keyof typeof FIGURES;
  readonly part: string;
  readonly name: string;
  readonly figure: Figure;
  readonly table: FigureTable;
  readonly itemsOf: (info: SegmentInfo) => readonly object[] | undefined;
  readonly rate: string | undefined;
  readonly ratesOf: (rates: SegmentRates) => readonly object[];
}

const KINDS = Object.keys(FIGURES) as (keyof typeof FIGURES)[];

/** Under which names a segment tells what only its kind has. */
export const KIND_NAMES: readonly Exclude<keyof typeof FIGURES, "lock" | "segment">[] =
  KINDS.filter((kind) => kind !== "lock" && kind !== "segment");

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
            const ratesOf = RATES[`${kind}.${part}`] ?? RATES[kind] ?? some<SegmentRates>;
            const itemsOf = PARTS[kind][part as never] as FoundFigure["itemsOf"];
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

function some<Value>(value: Value | undefined): Value[] {
  return value === undefined ? [] : [value];
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const each of Object.values(value)) if (typeof each === "object") deepFreeze(each);
  return Object.freeze(value);
}
