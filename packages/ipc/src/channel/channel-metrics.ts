/**
 * What the two ends of a channel tell about themselves.
 *
 * @module
 */
import { Counters } from "../metrics/counters.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import { LANE, positionAt } from "../ring/lane-layout.ts";
import type { Channel } from "./channel.ts";
import {
  CHANNEL,
  LANE_CONSUMER_COUNTERS_OFFSET,
  LANE_PRODUCER_COUNTERS_OFFSET,
} from "./channel-layout.ts";
import type { TravelTimes } from "./travel-times.ts";

/** Whether somebody consumes a channel. */
export type ConsumerState = "none" | "alive" | "dead";

/** Counters of one producer's lane, its earlier owners included. */
export interface ProducerMetrics {
  /** Number of the lane. */
  readonly lane: number;
  /** Records that were published. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
  /** Where the lane is published up to: in records for a struct, in units of 8 bytes otherwise. Never goes back. */
  readonly position: number;
  /** Where the lane is consumed up to, in the same unit. Up to `position`: everything published has been taken. */
  readonly consumedPosition: number;
  /** Whether the channel has a consumer; `"dead"` from its death until somebody clears up after it. */
  readonly consumer: ConsumerState;
  /** How many consumers have left, and not died, since the channel was made. */
  readonly consumerDepartures: number;
  /** How often there was no room and the producer waited. */
  readonly fullWaits: number;
  /** Records that were refused because there was no room: `trySend` gave false, or `onFull: "fail"` threw. */
  readonly drops: number;
  /** Records that were published and have not been consumed. */
  readonly lag: number;
  /** How often the consumer was woken. */
  readonly wakes: number;
  /** When it last published, in milliseconds since 1970, roughly; 0: never. */
  readonly lastActivityMs: number;
}

/** Counters of a lane as the consumer sees it. */
export interface LaneMetrics {
  readonly lane: number;
  /** The producer's process; undefined when the lane has no live one. */
  readonly producerPid: number | undefined;
  /** Records that were consumed. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
  /** Where the lane is consumed up to; see {@link ProducerMetrics.position}. */
  readonly position: number;
  /** Records that were published and have not been consumed. */
  readonly lag: number;
}

/** Counters of the consumer, its predecessors included. */
export interface ConsumerMetrics {
  /** Records that were consumed. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
  /** Records that were published and have not been consumed. */
  readonly lag: number;
  /** How often there was nothing to consume and the consumer waited. */
  readonly emptyWaits: number;
  /** Impossible positions, lengths and contents that were found in the segment. */
  readonly corruptions: number;
  /** How often a waiting producer was woken. */
  readonly wakes: number;
  /** When it last consumed, in milliseconds since 1970, roughly; 0: never. */
  readonly lastActivityMs: number;
  /** How long records took from being sent to being handed out; undefined unless made with `latency: true`. */
  readonly latency: HistogramSnapshot | undefined;
  /** The lanes that have ever had a producer. */
  readonly lanes: readonly LaneMetrics[];
}

/** Reads what a producer's lane says. */
export function producerMetrics(
  channel: Channel,
  lane: number,
  counters: Counters,
): ProducerMetrics {
  return {
    lane,
    records: counters.get("records"),
    bytes: counters.get("bytes"),
    position: positionAt(channel.words, channel.laneWord(lane) + LANE.tail),
    consumedPosition: positionAt(channel.words, channel.laneWord(lane) + LANE.head),
    consumer: consumerState(channel),
    consumerDepartures: channel.words.load(channel.base + CHANNEL.departures) >>> 0,
    fullWaits: counters.get("waits"),
    drops: counters.get("drops"),
    lag: lagOf(channel, lane),
    wakes: channel.data.wakes,
    lastActivityMs: counters.get("lastActivity"),
  };
}

/** Reads what the consumer and its lanes say. */
export function consumerMetrics(
  channel: Channel,
  counters: Counters,
  times: TravelTimes | undefined,
): ConsumerMetrics {
  const lanes: LaneMetrics[] = [];
  for (let lane = 0; lane < channel.geometry.laneCount; lane++) {
    if (channel.isLaneReady(lane)) lanes.push(laneMetrics(channel, lane));
  }
  const sum = (name: keyof LaneMetrics & ("records" | "bytes" | "lag")): number =>
    lanes.reduce((total, lane) => total + lane[name], 0);
  return {
    records: sum("records"),
    bytes: sum("bytes"),
    lag: sum("lag"),
    emptyWaits: counters.get("waits"),
    corruptions: counters.get("corruptions"),
    wakes: channel.space.wakes,
    lastActivityMs: counters.get("lastActivity"),
    latency: times?.read(),
    lanes,
  };
}

function laneMetrics(channel: Channel, lane: number): LaneMetrics {
  const owner = channel.laneOwner(lane);
  const { participants } = channel.segment;
  const producer = participants.list().find(({ slot, isAlive }) => slot === owner && isAlive);
  const counters = countersOf(channel, lane, LANE_CONSUMER_COUNTERS_OFFSET);
  return {
    lane,
    producerPid: producer?.pid,
    records: counters.get("records"),
    bytes: counters.get("bytes"),
    position: positionAt(channel.words, channel.laneWord(lane) + LANE.head),
    lag: lagOf(channel, lane),
  };
}

function consumerState({ words, base, segment }: Channel): ConsumerState {
  const slot = words.load(base + CHANNEL.consumer) - 1;
  if (slot < 0) return "none";
  return segment.participants.isAlive(slot) ? "alive" : "dead";
}

/** How far a lane's consumer is behind its producer, in records. */
function lagOf(channel: Channel, lane: number): number {
  if (channel.shape.mode === "fixed") {
    const word = channel.laneWord(lane);
    const { words } = channel;
    const lag = (words.load(word + LANE.tail) - words.load(word + LANE.head)) | 0;
    return Math.max(0, lag);
  }
  const sent = countersOf(channel, lane, LANE_PRODUCER_COUNTERS_OFFSET).get("records");
  const consumed = countersOf(channel, lane, LANE_CONSUMER_COUNTERS_OFFSET).get("records");
  return Math.max(0, sent - consumed);
}

function countersOf(channel: Channel, lane: number, offset: number): Counters {
  return new Counters(channel.segment.memory.mapping, channel.laneOffset(lane) + offset);
}
