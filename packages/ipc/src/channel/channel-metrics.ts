/**
 * What the two ends of a channel tell about themselves.
 *
 * @module
 */
import type { Figures, Stored } from "../figures/figure.ts";
import { readFigures } from "../figures/read-figures.ts";

import type { TravelTimes } from "../flow/travel-times.ts";
import type { Counters } from "../metrics/counters.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import { LANE, positionAt } from "../ring/lane-layout.ts";
import type { Channel } from "./channel.ts";
import { CHANNEL_FIGURES } from "./channel-figures.ts";
import {
  CHANNEL,
  LANE_CONSUMER_COUNTERS_OFFSET,
  LANE_PRODUCER_COUNTERS_OFFSET,
} from "./channel-layout.ts";

/** Whether somebody consumes a channel. */
export type ConsumerState = "none" | "alive" | "dead";

/** Counters of one producer's lane, its earlier owners included. */
export interface ProducerMetrics
  extends Figures<typeof CHANNEL_FIGURES.producer>,
    Pick<Figures<typeof CHANNEL_FIGURES.lane>, "consumedPosition" | "lag"> {
  /** Number of the lane. */
  readonly lane: number;
  /** Whether the channel has a consumer; `"dead"` from its death until somebody clears up after it. */
  readonly consumer: ConsumerState;
  /** How many consumers have left, and not died, since the channel was made. */
  readonly consumerDepartures: number;
  /** How often the consumer was woken. */
  readonly wakes: number;
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
export interface ConsumerMetrics extends Stored<typeof CHANNEL_FIGURES.consumer> {
  /** Records that were consumed. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
  /** Records that were published and have not been consumed. */
  readonly lag: number;
  /** How often a waiting producer was woken. */
  readonly wakes: number;
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
    ...readFigures(CHANNEL_FIGURES.producer, { producer: counters }),
    position: positionAt(channel.words, channel.laneWord(lane) + LANE.tail),
    consumedPosition: positionAt(channel.words, channel.laneWord(lane) + LANE.head),
    consumer: consumerState(channel),
    consumerDepartures: channel.words.load(channel.base + CHANNEL.departures) >>> 0,
    lag: lagOf(channel, lane),
    wakes: channel.data.wakes,
  };
}

/** Reads what the consumer and its lanes say. */
export function consumerMetrics(
  channel: Channel,
  counters: Counters,
  times: TravelTimes | undefined,
): ConsumerMetrics {
  const lanes = channel.readyLanes().map((lane) => laneMetrics(channel, lane));
  const sum = (name: keyof LaneMetrics & ("records" | "bytes" | "lag")): number =>
    lanes.reduce((total, lane) => total + lane[name], 0);
  return {
    records: sum("records"),
    bytes: sum("bytes"),
    lag: sum("lag"),
    ...readFigures(CHANNEL_FIGURES.consumer, { consumer: counters }),
    wakes: channel.space.wakes,
    latency: times?.read(),
    lanes,
  };
}

function laneMetrics(channel: Channel, lane: number): LaneMetrics {
  const consumer = channel.laneCounters(lane, LANE_CONSUMER_COUNTERS_OFFSET);
  const { consumedRecords, consumedBytes } = readFigures(CHANNEL_FIGURES.lane, { consumer });
  return {
    lane,
    producerPid: channel.laneOwnerPid(lane),
    records: consumedRecords,
    bytes: consumedBytes,
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
  const sent = channel.laneCounters(lane, LANE_PRODUCER_COUNTERS_OFFSET).get("records");
  const consumed = channel.laneCounters(lane, LANE_CONSUMER_COUNTERS_OFFSET).get("records");
  return Math.max(0, sent - consumed);
}
