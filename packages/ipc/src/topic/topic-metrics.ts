/**
 * What the participants of a topic tell about themselves and each other.
 *
 * @module
 */
import type { Counters } from "../metrics/counters.ts";
import { BROADCAST, PLACE, UNIT_BYTES, UNIT_WORDS } from "../ring/broadcast-layout.ts";
import { positionAt } from "../ring/lane-layout.ts";
import type { Topic } from "./topic.ts";
import { ON_SLOW, SUBSCRIBER } from "./topic-layout.ts";

/** A live subscriber as a publisher sees it. */
export interface SubscriberInfo {
  readonly pid: number;
  /** What it calls itself. */
  readonly name: string;
  /** Whether publishers wait for it, or lap it. */
  readonly onSlow: "gate" | "lap";
  /** Records of this publisher's lane that were published and that it has not read or lost yet. */
  readonly lag: number;
  /** Records of all lanes that it has found to be lost. */
  readonly lost: number;
}

/** Counters of one publisher's lane, its earlier owners included. */
export interface PublisherMetrics {
  /** Number of the lane. */
  readonly lane: number;
  /** Records that were published. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
  /** Where the lane is published up to: in records for a struct, in units of 8 bytes otherwise. Never goes back. */
  readonly position: number;
  /** How often there was no room and the publisher waited. */
  readonly fullWaits: number;
  /** Records that were refused because there was no room: `trySend` gave false, or `onFull: "fail"` threw. */
  readonly drops: number;
  /** How often subscribers of the topic were woken. */
  readonly wakes: number;
  /** When it last published, in milliseconds since 1970, roughly; 0: never. */
  readonly lastActivityMs: number;
  /** Who subscribes now. */
  readonly subscribers: readonly SubscriberInfo[];
}

/** Counters of a lane as a subscriber sees it. */
export interface TopicLaneMetrics {
  readonly lane: number;
  /** The publisher's process; undefined when the lane has no live one. */
  readonly publisherPid: number | undefined;
  /** Records that were read. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
  /** Records that were overwritten before they were read. */
  readonly lost: number;
  /** How often that happened. */
  readonly laps: number;
  /** Where the lane is read up to; see {@link PublisherMetrics.position}. */
  readonly position: number;
  /** Records that were published and that were not read or found to be lost yet. */
  readonly lag: number;
}

/** Counters of one subscriber, since it has joined. */
export interface SubscriberMetrics {
  /** Records that were read. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
  /** Records that were overwritten before they were read. */
  readonly lost: number;
  /** How often that happened. */
  readonly laps: number;
  /** Records that were published and that were not read or found to be lost yet. */
  readonly lag: number;
  /** How often there was nothing to read and the subscriber waited. */
  readonly emptyWaits: number;
  /** Impossible positions, lengths and contents that were found in the segment. */
  readonly corruptions: number;
  /** How often a waiting publisher of the topic was woken. */
  readonly wakes: number;
  /** When it last read, in milliseconds since 1970, roughly; 0: never. */
  readonly lastActivityMs: number;
  /** The lanes that have ever had a publisher. */
  readonly lanes: readonly TopicLaneMetrics[];
}

/** Reads what a publisher's lane says. */
export function publisherMetrics(topic: Topic, lane: number, counters: Counters): PublisherMetrics {
  return {
    lane,
    records: counters.get("records"),
    bytes: counters.get("bytes"),
    position: positionAt(topic.words, topic.laneWord(lane) + BROADCAST.tail),
    fullWaits: counters.get("waits"),
    drops: counters.get("drops"),
    wakes: topic.data.wakes,
    lastActivityMs: counters.get("lastActivity"),
    subscribers: subscribersOf(topic, lane),
  };
}

/** Reads what a subscriber and its lanes say. */
export function subscriberMetrics(topic: Topic, counters: Counters): SubscriberMetrics {
  const lanes: TopicLaneMetrics[] = [];
  for (let lane = 0; lane < topic.laneCount; lane++) {
    if (topic.isLaneReady(lane)) lanes.push(laneMetrics(topic, lane));
  }
  const sum = (name: "records" | "bytes" | "lost" | "laps" | "lag"): number =>
    lanes.reduce((total, lane) => total + lane[name], 0);
  return {
    records: sum("records"),
    bytes: sum("bytes"),
    lost: sum("lost"),
    laps: sum("laps"),
    lag: sum("lag"),
    emptyWaits: counters.get("waits"),
    corruptions: counters.get("corruptions"),
    wakes: topic.space.wakes,
    lastActivityMs: counters.get("lastActivity"),
    lanes,
  };
}

function subscribersOf(topic: Topic, lane: number): SubscriberInfo[] {
  const found: SubscriberInfo[] = [];
  for (const { slot, role, pid, name, isAlive } of topic.segment.participants.list()) {
    if (role !== "subscriber" || !isAlive || slot >= topic.geometry.places) continue;
    const code = topic.words.load(topic.subscriberWord(slot) + SUBSCRIBER.onSlow);
    // It has joined the segment and not yet the topic, or says what cannot be.
    if (code !== ON_SLOW.gate && code !== ON_SLOW.lap) continue;
    const onSlow = code === ON_SLOW.gate ? "gate" : "lap";
    found.push({ pid, name, onSlow, lag: lagOf(topic, lane, slot), lost: lostBy(topic, slot) });
  }
  return found;
}

function lostBy(topic: Topic, slot: number): number {
  let lost = 0;
  for (let lane = 0; lane < topic.laneCount; lane++) {
    lost += topic.subscriberCounters(slot, lane).get("drops");
  }
  return lost;
}

function laneMetrics(topic: Topic, lane: number): TopicLaneMetrics {
  const { participants, slot } = topic.segment;
  const owner = topic.laneOwner(lane);
  const publisher = owner === undefined ? undefined : participants.at(owner);
  const counters = topic.subscriberCounters(slot, lane);
  const place = topic.placeWord(lane, slot);
  return {
    lane,
    publisherPid: publisher?.isAlive === true ? publisher.pid : undefined,
    records: counters.get("records"),
    bytes: counters.get("bytes"),
    lost: counters.get("drops"),
    laps: topic.words.load(place + PLACE.laps) >>> 0,
    position: positionAt(topic.words, place + PLACE.head),
    lag: lagOf(topic, lane, slot),
  };
}

/** How far a subscriber is behind a lane's publisher, in records. */
function lagOf(topic: Topic, lane: number, slot: number): number {
  const { words, shape, geometry } = topic;
  const place = topic.placeWord(lane, slot);
  const tail = positionAt(words, topic.laneWord(lane) + BROADCAST.tail);
  const behind = tail - positionAt(words, place + PLACE.head);
  if (shape.mode === "fixed") return Math.max(0, behind);
  if (behind === 0 || !topic.isLaneReady(lane)) return 0;
  // Where the tail is, there is the number of the next record.
  const unit = (tail | 0) & (geometry.ringBytes / UNIT_BYTES - 1);
  const next = words.load(topic.ringOffset(lane) / 4 + unit * UNIT_WORDS + 1);
  return (next - words.load(place + PLACE.sequence)) >>> 0;
}
