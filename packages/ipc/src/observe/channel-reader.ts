/**
 * Reading a channel from outside.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import {
  CHANNEL,
  CONSUMER_COUNTERS_OFFSET,
  DATA_CELL,
  LANE_CONSUMER_COUNTERS_OFFSET,
  LANE_OWNER,
  LANE_PRODUCER_COUNTERS_OFFSET,
  SPACE_CELL,
} from "../channel/channel-layout.ts";
import { HISTOGRAM_BYTES } from "../metrics/histogram-layout.ts";
import { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import type { ChannelConsumerInfo, ChannelInfo, ChannelLaneInfo } from "./channel-info.ts";
import { type ChannelSizes, laneWord, readChannelSizes, STATE_BYTES_MAX } from "./channel-state.ts";
import type { KindSource } from "./kind-readers.ts";
import { participantOf, timeoutWakesOf, wakesOf } from "./participant-state.ts";
import type { SectionReader } from "./section-reader.ts";
import type { ParticipantInfo } from "./segment-info.ts";
import { StateBytes } from "./state-bytes.ts";

/**
 * Describes a channel.
 *
 * @throws {CorruptSegmentError} When the sizes in its header cannot be. What only its ends write is never an error: a
 * number that cannot be counts as 0, or as the nearest that can.
 */
export function readChannel(source: KindSource): ChannelInfo {
  const { reader, name, participants, cells } = source;
  const bytes = reader.bytes(SECTION.state, STATE_BYTES_MAX) ?? new Uint8Array();
  const state = new StateBytes(bytes, name);
  const sizes = readChannelSizes(state);
  const lanes: ChannelLaneInfo[] = [];
  for (let lane = 0; lane < sizes.laneCount; lane++) {
    if (state.word(laneWord(lane) + LANE_OWNER.isReady) !== 1) continue;
    lanes.push(readLane(state, lane, sizes, participants));
  }
  const sum = (name: "records" | "bytes" | "drops" | "fullWaits" | "lag"): number =>
    lanes.reduce((total, lane) => total + lane[name], 0);
  return {
    mode: sizes.mode,
    recordBytes: sizes.recordBytes,
    capacityBytes: sizes.ringBytes,
    capacity: sizes.ringBytes / sizes.stepBytes,
    maxProducers: sizes.laneCount,
    records: sum("records"),
    bytes: sum("bytes"),
    drops: sum("drops"),
    fullWaits: sum("fullWaits"),
    lag: sum("lag"),
    fill: lanes.reduce((most, { fill }) => Math.max(most, fill), 0),
    consumerWakes: wakesOf(cells, DATA_CELL),
    producerWakes: wakesOf(cells, SPACE_CELL),
    timeoutWakes: timeoutWakesOf(cells),
    lanes,
    consumer: readConsumer(state, lanes, participants),
    latency: readLatency(reader),
  };
}

function readLane(
  state: StateBytes,
  lane: number,
  { mode, ringBytes, stepBytes }: ChannelSizes,
  participants: readonly ParticipantInfo[],
): ChannelLaneInfo {
  const base = laneWord(lane);
  const sent = state.counters(base * 4 + LANE_PRODUCER_COUNTERS_OFFSET);
  const consumed = state.counters(base * 4 + LANE_CONSUMER_COUNTERS_OFFSET);
  const { tail, head } = state.positions(base);
  const capacity = ringBytes / stepBytes;
  const used = Math.min(capacity, Math.max(0, tail - head));
  // A record has one unit or more, and the counters may be behind the positions: by a batch, for good after a crash.
  const counted = Math.min(used, Math.max(1, sent.records - consumed.records));
  return {
    lane,
    producer: participantOf(state.slot(base + LANE_OWNER.owner), participants),
    position: tail,
    records: sent.records,
    bytes: sent.bytes,
    drops: sent.drops,
    fullWaits: sent.waits,
    lastActivityMs: sent.lastActivity,
    consumedPosition: head,
    consumedRecords: consumed.records,
    consumedBytes: consumed.bytes,
    lag: mode === "fixed" ? used : counted,
    fill: used / capacity,
  };
}

function readConsumer(
  state: StateBytes,
  lanes: readonly ChannelLaneInfo[],
  participants: readonly ParticipantInfo[],
): ChannelConsumerInfo {
  const counters = state.counters(CONSUMER_COUNTERS_OFFSET);
  return {
    participant: participantOf(state.slot(CHANNEL.consumer), participants),
    records: lanes.reduce((total, { consumedRecords }) => total + consumedRecords, 0),
    bytes: lanes.reduce((total, { consumedBytes }) => total + consumedBytes, 0),
    emptyWaits: counters.waits,
    corruptions: counters.corruptions,
    isIdle: state.word(CHANNEL.isIdle) !== 0,
    lastActivityMs: counters.lastActivity,
  };
}

function readLatency(reader: SectionReader): HistogramSnapshot | undefined {
  const bytes = reader.glance(SECTION.latency, HISTOGRAM_BYTES);
  return bytes && HistogramSnapshot.read(bytes);
}
