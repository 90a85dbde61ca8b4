/**
 * What happened between two samples of a segment.
 *
 * @module
 */
import { CHANNEL_FIGURES } from "../channel/channel-figures.ts";
import type { CounterFigures, FigureTable } from "../figures/figure.ts";
import { type PerSecond, perSecond, type Rates, ratesOf, rateTotals } from "../figures/rates-of.ts";
import { totalOf } from "../figures/read-figures.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import { isSameLife } from "../segment/slot-record.ts";
import { STRUCT_FIGURES } from "../shared-struct/struct-figures.ts";
import { BRIDGE_FIGURES } from "../store-kinds/bridge-figures.ts";
import { CACHE_FIGURES } from "../store-kinds/cache-figures.ts";
import { COUNTERS_FIGURES } from "../store-kinds/counters-figures.ts";
import { JOURNAL_FIGURES } from "../store-kinds/journal-figures.ts";
import { LIMITER_FIGURES } from "../store-kinds/limiter-figures.ts";
import { TABLE_FIGURES } from "../store-kinds/table-figures.ts";
import { CELL_FIGURES, EVENT_FIGURES, MUTEX_FIGURES } from "../sync/sync-figures.ts";
import type { BridgeInfo } from "./bridge-reader.ts";
import type { ChannelInfo } from "./channel-info.ts";
import {
  latencySince,
  type QueueRates,
  queueRates,
  type ServiceRates,
  serviceRates,
  type TopicRates,
  topicRates,
} from "./flow-rates.ts";
import type { SegmentSample } from "./segment-observer.ts";

/** Traffic of one lane of a channel, or of all of them: the rate of every counter of a lane. */
export interface LaneRates
  extends Rates<typeof CHANNEL_FIGURES.producer>,
    Rates<typeof CHANNEL_FIGURES.lane> {}

/** Traffic of a channel: of its lanes together, and the rate of every counter of its consumer. */
export interface ChannelRates extends LaneRates, Rates<typeof CHANNEL_FIGURES.consumer> {
  /** Whether records were waiting at both times, and the consumer has taken none in between. */
  readonly isStandingStill?: boolean | undefined;
  /** The lanes of the later sample, each with its number. */
  readonly lanes: readonly (LaneRates & { readonly lane: number })[];
  /** How long the records that were consumed in between took; undefined when that is not measured. */
  readonly latency: HistogramSnapshot | undefined;
}

/** What happened between two samples. What a kind does not have is 0. */
export interface SegmentRates extends Rates<typeof MUTEX_FIGURES.mutex> {
  /** The time in between, in milliseconds. */
  readonly elapsedMs: number;
  /** Wake-ups at all wait cells. */
  readonly wakesPerSecond: number;
  /** Traffic of the channel, for segments of that kind. */
  readonly channel: ChannelRates | undefined;
  /** Traffic of the topic, for segments of that kind. */
  readonly topic?: TopicRates | undefined;
  /** Traffic of the service, for segments of that kind. */
  readonly service?: ServiceRates | undefined;
  /** Traffic of the work queue, for segments of that kind. */
  readonly queue?: QueueRates | undefined;
  /** Use of the cache, for a cache. */
  readonly cache?: Rates<typeof CACHE_FIGURES.segment> | undefined;
  /** Use of the rate limiter, for a limiter. */
  readonly limiter?: Rates<typeof LIMITER_FIGURES.segment> | undefined;
  /** Use of the table, for a table. */
  readonly table?: Rates<typeof TABLE_FIGURES.segment> | undefined;
  /** What the shared counters had no room for. */
  readonly counters?: Rates<typeof COUNTERS_FIGURES.segment> | undefined;
  /** What is appended to the journal, for a journal. */
  readonly journal?: Rates<typeof JOURNAL_FIGURES.segment> | undefined;
  /** What is carried to and from other machines, by all ends of the bridge, for a bridge. */
  readonly bridge?: Rates<typeof BRIDGE_FIGURES.end> | undefined;
  /** How often the event was set; 0 for another kind. */
  readonly setsPerSecond?: number | undefined;
  /** Updates of the struct; 0 for another kind. */
  readonly updatesPerSecond?: number | undefined;
}

/**
 * Compares two samples of a {@link SegmentObserver}. Nothing is remembered in between: any two will do, so that a
 * window of ten seconds costs no more than one of a tenth.
 *
 * @param previous The earlier sample.
 * @param current The later one.
 * @returns Undefined when they tell nothing: not the same segment (the name was made again), damaged, or no time
 * between them.
 */
export function ratesBetween(
  previous: SegmentSample,
  current: SegmentSample,
): SegmentRates | undefined {
  const elapsedMs = (current.takenAtNs - previous.takenAtNs) / 1e6;
  const isSame = previous.name === current.name && previous.epoch === current.epoch;
  if (!isSame || previous.error || current.error || !(elapsedMs > 0)) return undefined;
  const per = perSecond(elapsedMs);
  const since = <Table extends FigureTable>(
    table: Table,
    before: CounterFigures<Table> | undefined,
    after: CounterFigures<Table> | undefined,
  ): Rates<Table> | undefined => after && ratesOf(table, before, after, per);
  const cells = current.cells.map((cell) =>
    ratesOf(
      CELL_FIGURES.cell,
      previous.cells.find(({ index }) => index === cell.index),
      cell,
      per,
    ),
  );
  return {
    elapsedMs,
    ...ratesOf(MUTEX_FIGURES.mutex, previous.mutex, current.mutex, per),
    wakesPerSecond: rateTotals(CELL_FIGURES.cell, cells).wakesPerSecond,
    channel: current.channel && channelRates(previous.channel, current.channel, per),
    topic: current.topic && topicRates(previous.topic, current.topic, per),
    service: current.service && serviceRates(previous.service, current.service, per),
    queue: current.queue && queueRates(previous.queue, current.queue, per),
    cache: since(CACHE_FIGURES.segment, previous.cache, current.cache),
    limiter: since(LIMITER_FIGURES.segment, previous.limiter, current.limiter),
    table: since(TABLE_FIGURES.segment, previous.table, current.table),
    counters: since(COUNTERS_FIGURES.segment, previous.counters, current.counters),
    journal: since(JOURNAL_FIGURES.segment, previous.journal, current.journal),
    bridge: current.bridge && bridgeRates(previous.bridge, current.bridge, per),
    ...ratesOf(EVENT_FIGURES.segment, previous.event, current.event, per),
    ...ratesOf(STRUCT_FIGURES.segment, previous.struct, current.struct, per),
  };
}

/** An end is the same one as long as the same participant carries the same thing in the same direction. */
function bridgeRates(
  previous: BridgeInfo | undefined,
  current: BridgeInfo,
  per: PerSecond,
): Rates<typeof BRIDGE_FIGURES.end> {
  const ends = current.ends.map((end) => {
    const before = previous?.ends.find(
      ({ participant, direction, source }) =>
        isSameLife(participant, end.participant) &&
        direction === end.direction &&
        source === end.source,
    );
    return ratesOf(BRIDGE_FIGURES.end, before, end, per);
  });
  return rateTotals(BRIDGE_FIGURES.end, ends);
}

function channelRates(
  previous: ChannelInfo | undefined,
  current: ChannelInfo,
  per: PerSecond,
): ChannelRates | undefined {
  if (previous === undefined) return undefined;
  const lanes = current.lanes.map((lane) => {
    const before = previous.lanes.find((candidate) => candidate.lane === lane.lane);
    return {
      lane: lane.lane,
      ...ratesOf(CHANNEL_FIGURES.producer, before, lane, per),
      ...ratesOf(CHANNEL_FIGURES.lane, before, lane, per),
    };
  });
  const consumedUpTo = ({ lanes: all }: ChannelInfo): number =>
    totalOf(CHANNEL_FIGURES.lane, "consumedPosition", all);
  return {
    ...rateTotals(CHANNEL_FIGURES.producer, lanes),
    ...rateTotals(CHANNEL_FIGURES.lane, lanes),
    ...ratesOf(CHANNEL_FIGURES.consumer, previous.consumer, current.consumer, per),
    isStandingStill:
      previous.lag > 0 && current.lag > 0 && consumedUpTo(previous) === consumedUpTo(current),
    lanes,
    latency: latencySince(previous, current),
  };
}
