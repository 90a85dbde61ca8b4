/**
 * What happened between two samples of a segment.
 *
 * @module
 */
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import type { ChannelInfo, ChannelLaneInfo } from "./channel-info.ts";
import { type ServiceRates, serviceRates, type TopicRates, topicRates } from "./flow-rates.ts";
import { grown, grown32, type PerSecond, perSecond } from "./growth.ts";
import { sumOf } from "./participant-state.ts";
import type { SegmentSample } from "./segment-observer.ts";

/** Traffic of one lane of a channel, or of all of them. */
export interface LaneRates {
  /** Records that were published. */
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Records that were consumed. */
  readonly consumedPerSecond: number;
  readonly consumedBytesPerSecond: number;
  /** Records that were refused because there was no room. */
  readonly dropsPerSecond: number;
  /** Waits of producers for room. */
  readonly fullWaitsPerSecond: number;
}

/** Traffic of a channel. */
export interface ChannelRates extends LaneRates {
  /** Waits of the consumer for records. */
  readonly emptyWaitsPerSecond: number;
  /** Impossible things that the consumer found. */
  readonly corruptionsPerSecond: number;
  /** Whether records were waiting at both times, and the consumer has taken none in between. */
  readonly isStandingStill?: boolean | undefined;
  /** The lanes of the later sample, each with its number. */
  readonly lanes: readonly (LaneRates & { readonly lane: number })[];
  /** How long the records that were consumed in between took; undefined when that is not measured. */
  readonly latency: HistogramSnapshot | undefined;
}

/** What happened between two samples. */
export interface SegmentRates {
  /** The time in between, in milliseconds. */
  readonly elapsedMs: number;
  /** Acquisitions of the mutex; 0 for a kind without one. */
  readonly acquisitionsPerSecond: number;
  /** Acquisitions that had to wait. */
  readonly contentionsPerSecond: number;
  /** Wake-ups at all wait cells. */
  readonly wakesPerSecond: number;
  /** Traffic of the channel, for segments of that kind. */
  readonly channel: ChannelRates | undefined;
  /** Traffic of the topic, for segments of that kind. */
  readonly topic?: TopicRates | undefined;
  /** Traffic of the service, for segments of that kind. */
  readonly service?: ServiceRates | undefined;
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
  return {
    elapsedMs,
    acquisitionsPerSecond: per(grown32(previous.mutex?.acquisitions, current.mutex?.acquisitions)),
    contentionsPerSecond: per(grown32(previous.mutex?.contentions, current.mutex?.contentions)),
    wakesPerSecond: per(
      current.cells.reduce(
        (sum, { index, wakes }) =>
          sum + grown32(previous.cells.find((cell) => cell.index === index)?.wakes, wakes),
        0,
      ),
    ),
    channel: current.channel && channelRates(previous.channel, current.channel, per),
    topic: current.topic && topicRates(previous.topic, current.topic, per),
    service: current.service && serviceRates(previous.service, current.service, per),
    setsPerSecond: per(grown31(previous.event?.setCount, current.event?.setCount)),
    updatesPerSecond: per(grown(previous.struct?.version ?? 0, current.struct?.version ?? 0)),
  };
}

/** An event counts its setCount modulo 2^31. */
function grown31(before: number | undefined, after: number | undefined): number {
  return grown32(before, after) & 0x7fff_ffff;
}

function channelRates(
  previous: ChannelInfo | undefined,
  current: ChannelInfo,
  per: PerSecond,
): ChannelRates | undefined {
  if (previous === undefined) return undefined;
  const { consumer } = current;
  const before = previous.consumer;
  const lanes = current.lanes.map((lane) => ({
    lane: lane.lane,
    ...laneRates(
      previous.lanes.find((candidate) => candidate.lane === lane.lane),
      lane,
      per,
    ),
  }));
  const sum = (name: keyof LaneRates): number =>
    lanes.reduce((total, lane) => total + lane[name], 0);
  return {
    recordsPerSecond: sum("recordsPerSecond"),
    bytesPerSecond: sum("bytesPerSecond"),
    consumedPerSecond: sum("consumedPerSecond"),
    consumedBytesPerSecond: sum("consumedBytesPerSecond"),
    dropsPerSecond: sum("dropsPerSecond"),
    fullWaitsPerSecond: sum("fullWaitsPerSecond"),
    emptyWaitsPerSecond: per(grown(before.emptyWaits, consumer.emptyWaits)),
    corruptionsPerSecond: per(grown(before.corruptions, consumer.corruptions)),
    isStandingStill:
      previous.lag > 0 &&
      current.lag > 0 &&
      sumOf(previous.lanes, "consumedPosition") === sumOf(current.lanes, "consumedPosition"),
    lanes,
    latency: previous.latency && current.latency?.since(previous.latency),
  };
}

function laneRates(
  previous: ChannelLaneInfo | undefined,
  current: ChannelLaneInfo,
  per: PerSecond,
): LaneRates {
  const rate = (name: NumberName): number => per(grown(previous?.[name] ?? 0, current[name]));
  return {
    recordsPerSecond: rate("records"),
    bytesPerSecond: rate("bytes"),
    consumedPerSecond: rate("consumedRecords"),
    consumedBytesPerSecond: rate("consumedBytes"),
    dropsPerSecond: rate("drops"),
    fullWaitsPerSecond: rate("fullWaits"),
  };
}

type NumberName = "records" | "bytes" | "consumedRecords" | "consumedBytes" | "drops" | "fullWaits";
