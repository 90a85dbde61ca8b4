/**
 * Reading a topic from outside.
 *
 * @module
 */

import { SECTION } from "@isthmus/core/internal";
import { counterTotals, readFigures, totalOf } from "../figures/read-figures.ts";
import { DATA_CELL, SPACE_CELL } from "../flow/record-layout.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import { gateBit } from "../ring/broadcast-gates.ts";
import { BROADCAST, PLACE } from "../ring/broadcast-layout.ts";
import { TOPIC_FIGURES } from "../topic/topic-figures.ts";
import {
  ON_SLOW,
  PLACES_OFFSET,
  PUBLISHER_COUNTERS_OFFSET,
  SUBSCRIBER,
  SUBSCRIBER_BYTES,
  SUBSCRIBER_COUNTERS_OFFSET,
  SUBSCRIBERS_OFFSET,
  TOPIC,
  TOPIC_LANE_OWNER,
} from "../topic/topic-layout.ts";
import type { KindSource } from "./kind-readers.ts";
import { mergeLatencies, readLatencies } from "./latencies.ts";
import { participantOf, stateOf, timeoutWakesOf, wakesOf } from "./participant-state.ts";
import type { ParticipantInfo } from "./segment-info.ts";
import { readState, type StateBytes } from "./state-bytes.ts";
import type {
  TopicInfo,
  TopicPlaceInfo,
  TopicPublisherInfo,
  TopicSubscriberInfo,
} from "./topic-info.ts";
import {
  readTopicSizes,
  TOPIC_STATE_BYTES_MAX,
  type TopicSizes,
  topicLaneWord,
} from "./topic-state.ts";

/** What is known of one lane before anybody's place in it is looked at. */
interface Lane {
  readonly lane: number;
  readonly tail: number;
  /** Number of the record that will begin at the tail, modulo 2^32; of records of variable size only. */
  readonly nextNumber: number;
}

/** The counters of somebody who has not begun. */
const NO_COUNTERS = { get: () => 0 };

/** A copy of the state, and what helps to read it. */
interface Look {
  readonly state: StateBytes;
  readonly sizes: TopicSizes;
  readonly source: KindSource;
  /** By slot; none when they are not measured. */
  readonly latencies: readonly HistogramSnapshot[];
  readonly nowMs: number;
}

/**
 * Describes a topic.
 *
 * @throws {CorruptSegmentError} When the sizes in its header cannot be. What only its participants write is never an error: a
 * number that cannot be counts as 0, or as the nearest that can.
 */
export function readTopic(source: KindSource): TopicInfo {
  const { reader, participants, cells } = source;
  const state = readState(source, TOPIC_STATE_BYTES_MAX);
  const sizes = readTopicSizes(state);
  const latencies = readLatencies(reader, sizes.timestampBytes === 0 ? 0 : sizes.places);
  const look = { state, sizes, source, latencies, nowMs: Date.now() };
  const lanes = readLanes(look);
  const subscribers = participants
    .filter(({ role, slot }) => role === "subscriber" && slot < sizes.places)
    .map((participant) => readSubscriber(look, participant, lanes));
  const publishers = lanes.map((lane) => readPublisher(look, lane, subscribers));
  return {
    mode: sizes.mode,
    recordBytes: sizes.recordBytes,
    capacityBytes: sizes.ringBytes,
    capacity: sizes.ringBytes / sizes.stepBytes,
    maxPublishers: sizes.laneCount,
    ...counterTotals(TOPIC_FIGURES.publisher, publishers),
    lost: totalOf(TOPIC_FIGURES.place, "lost", subscribers),
    lag: totalOf(TOPIC_FIGURES.subscriber, "lag", subscribers),
    fill: totalOf(TOPIC_FIGURES.publisher, "fill", publishers),
    subscriberWakes: wakesOf(cells, DATA_CELL),
    publisherWakes: wakesOf(cells, SPACE_CELL),
    timeoutWakes: timeoutWakesOf(cells),
    publishers,
    subscribers,
    latency: mergeLatencies(subscribers.map(({ latency }) => latency)),
  };
}

function readLanes({ state, sizes, source }: Look): Lane[] {
  const lanes: Lane[] = [];
  for (let lane = 0; lane < sizes.laneCount; lane++) {
    const base = topicLaneWord(sizes, lane);
    if (state.word(base + TOPIC_LANE_OWNER.isReady) !== 1) continue;
    const tail = state.position(base + BROADCAST.tail);
    lanes.push({ lane, tail, nextNumber: numberAt(sizes, source, lane, tail) });
  }
  return lanes;
}

/** Where the tail is, there is the number of the next record. */
function numberAt(sizes: TopicSizes, { reader }: KindSource, lane: number, tail: number): number {
  if (sizes.mode === "fixed") return 0;
  const units = sizes.ringBytes / sizes.stepBytes;
  const offset = lane * sizes.laneBytes + (tail % units) * sizes.stepBytes;
  const bytes = reader.peek(SECTION.lanes, offset + 4, 4);
  return new DataView(bytes.buffer).getUint32(0, true);
}

function readSubscriber(
  { state, sizes, latencies, nowMs }: Look,
  participant: ParticipantInfo,
  lanes: readonly Lane[],
): TopicSubscriberInfo {
  const { slot } = participant;
  const start = SUBSCRIBERS_OFFSET + slot * SUBSCRIBER_BYTES;
  const code = state.word(start / 4 + SUBSCRIBER.onSlow);
  // Who has joined the segment and not yet the topic has a predecessor's places.
  const isMember = code === ON_SLOW.gate || code === ON_SLOW.lap;
  const places = isMember ? lanes.map((lane) => readPlace(state, sizes, slot, lane)) : [];
  // And nothing counted of its own.
  const subscriber = isMember ? state.counters(start + SUBSCRIBER_COUNTERS_OFFSET) : NO_COUNTERS;
  const { lastActivityMs, ...counted } = readFigures(TOPIC_FIGURES.subscriber, { subscriber });
  const behind = places.filter(({ lag }) => lag > 0);
  const workSinceMs = behind.reduce((newest, { lane }) => {
    const start = topicLaneWord(sizes, lane) * 4 + PUBLISHER_COUNTERS_OFFSET;
    return Math.max(newest, state.counters(start).get("lastActivity"));
  }, 0);
  const { word, bit } = gateBit(TOPIC.idle, slot);
  return {
    participant,
    state: stateOf(participant, { hasWork: behind.length > 0, lastActivityMs, workSinceMs, nowMs }),
    onSlow: isMember ? (code === ON_SLOW.gate ? "gate" : "lap") : undefined,
    ...counterTotals(TOPIC_FIGURES.place, places),
    lag: totalOf(TOPIC_FIGURES.place, "lag", places),
    ...counted,
    isIdle: isMember && (state.word(word) & bit) !== 0,
    lastActivityMs,
    places,
    // Who has not begun has counted nothing of what is there.
    latency: isMember ? latencies[slot] : undefined,
  };
}

function readPlace(state: StateBytes, sizes: TopicSizes, slot: number, lane: Lane): TopicPlaceInfo {
  const start = topicLaneWord(sizes, lane.lane) * 4 + PLACES_OFFSET + slot * SUBSCRIBER_BYTES;
  const subscriber = state.counters(start + SUBSCRIBER_COUNTERS_OFFSET);
  const position = state.position(start / 4 + PLACE.head);
  const behind = Math.max(0, lane.tail - position);
  // A record has one unit or more, and its number says how many there were before it.
  const numbered = (lane.nextNumber - state.word(start / 4 + PLACE.sequence)) >>> 0;
  return {
    lane: lane.lane,
    position,
    ...readFigures(TOPIC_FIGURES.place, { subscriber }),
    laps: state.word(start / 4 + PLACE.laps),
    lag: sizes.mode === "fixed" ? behind : Math.min(behind, numbered),
  };
}

function readPublisher(
  { state, sizes, source }: Look,
  { lane, tail }: Lane,
  subscribers: readonly TopicSubscriberInfo[],
): TopicPublisherInfo {
  const base = topicLaneWord(sizes, lane);
  const counters = state.counters(base * 4 + PUBLISHER_COUNTERS_OFFSET);
  const capacity = sizes.ringBytes / sizes.stepBytes;
  const kept = subscribers.flatMap(({ onSlow, places }) => {
    const place = onSlow === "gate" ? places.find((one) => one.lane === lane) : undefined;
    const behind = place === undefined ? 0 : tail - place.position;
    // Who is ahead of the tail, or further behind than the ring is long, holds nobody up.
    return behind >= 0 && behind <= capacity ? [behind] : [];
  });
  return {
    lane,
    publisher: participantOf(state.slot(base + TOPIC_LANE_OWNER.owner), source.participants),
    position: tail,
    oldestPosition: Math.min(tail, state.position(base + BROADCAST.oldest)),
    ...readFigures(TOPIC_FIGURES.publisher, { publisher: counters }),
    fill: Math.max(0, ...kept) / capacity,
  };
}
