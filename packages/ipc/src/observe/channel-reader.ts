/**
 * Reading a channel from outside.
 *
 * @module
 */

import { CHANNEL_FIGURES } from "../channel/channel-figures.ts";
import {
  CHANNEL,
  CONSUMER_COUNTERS_OFFSET,
  LANE_CONSUMER_COUNTERS_OFFSET,
  LANE_OWNER,
  LANE_PRODUCER_COUNTERS_OFFSET,
} from "../channel/channel-layout.ts";
import { counterTotals, readFigures, totalOf } from "../figures/read-figures.ts";
import { DATA_CELL, SPACE_CELL } from "../flow/record-layout.ts";
import type { ChannelConsumerInfo, ChannelInfo, ChannelLaneInfo } from "./channel-info.ts";
import { laneWord, readChannelSizes, STATE_BYTES_MAX } from "./channel-state.ts";
import type { KindSource } from "./kind-readers.ts";
import type { RingSizes } from "./lane-sizes.ts";
import { readLatencies } from "./latencies.ts";
import { participantOf, timeoutWakesOf, wakesOf } from "./participant-state.ts";
import type { ParticipantInfo } from "./segment-info.ts";
import { readState, type StateBytes } from "./state-bytes.ts";

/**
 * Describes a channel.
 *
 * @throws {CorruptSegmentError} When the sizes in its header cannot be. What only its ends write is never an error: a
 * number that cannot be counts as 0, or as the nearest that can.
 */
export function readChannel(source: KindSource): ChannelInfo {
  const { reader, participants, cells } = source;
  const state = readState(source, STATE_BYTES_MAX);
  const sizes = readChannelSizes(state);
  const lanes: ChannelLaneInfo[] = [];
  for (let lane = 0; lane < sizes.laneCount; lane++) {
    if (state.word(laneWord(lane) + LANE_OWNER.isReady) !== 1) continue;
    lanes.push(readLane(state, lane, sizes, participants));
  }
  return {
    mode: sizes.mode,
    recordBytes: sizes.recordBytes,
    capacityBytes: sizes.ringBytes,
    capacity: sizes.ringBytes / sizes.stepBytes,
    maxProducers: sizes.laneCount,
    ...counterTotals(CHANNEL_FIGURES.producer, lanes),
    lag: totalOf(CHANNEL_FIGURES.lane, "lag", lanes),
    fill: totalOf(CHANNEL_FIGURES.lane, "fill", lanes),
    consumerWakes: wakesOf(cells, DATA_CELL),
    producerWakes: wakesOf(cells, SPACE_CELL),
    timeoutWakes: timeoutWakesOf(cells),
    lanes,
    consumer: readConsumer(state, lanes, participants),
    latency: readLatencies(reader, 1)[0],
  };
}

function readLane(
  state: StateBytes,
  lane: number,
  { mode, ringBytes, stepBytes }: RingSizes,
  participants: readonly ParticipantInfo[],
): ChannelLaneInfo {
  const base = laneWord(lane);
  const producer = state.counters(base * 4 + LANE_PRODUCER_COUNTERS_OFFSET);
  const consumer = state.counters(base * 4 + LANE_CONSUMER_COUNTERS_OFFSET);
  const sent = readFigures(CHANNEL_FIGURES.producer, { producer });
  const consumed = readFigures(CHANNEL_FIGURES.lane, { consumer });
  const { tail, head } = state.positions(base);
  const capacity = ringBytes / stepBytes;
  const used = Math.min(capacity, Math.max(0, tail - head));
  // A record has one unit or more, and the counters may be behind the positions: by a batch, for good after a crash.
  const counted = Math.min(used, Math.max(1, sent.records - consumed.consumedRecords));
  return {
    lane,
    producer: participantOf(state.slot(base + LANE_OWNER.owner), participants),
    position: tail,
    ...sent,
    consumedPosition: head,
    ...consumed,
    lag: mode === "fixed" ? used : counted,
    fill: used / capacity,
  };
}

function readConsumer(
  state: StateBytes,
  lanes: readonly ChannelLaneInfo[],
  participants: readonly ParticipantInfo[],
): ChannelConsumerInfo {
  const consumer = state.counters(CONSUMER_COUNTERS_OFFSET);
  const { lastActivityMs, ...counted } = readFigures(CHANNEL_FIGURES.consumer, { consumer });
  return {
    participant: participantOf(state.slot(CHANNEL.consumer), participants),
    records: totalOf(CHANNEL_FIGURES.lane, "consumedRecords", lanes),
    bytes: totalOf(CHANNEL_FIGURES.lane, "consumedBytes", lanes),
    ...counted,
    isIdle: state.word(CHANNEL.isIdle) !== 0,
    lastActivityMs,
  };
}
