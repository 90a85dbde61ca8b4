/**
 * A subscriber's coming and going: where it begins in every lane, and whether publishers wait for it.
 *
 * @module
 */
import { COUNTERS_BYTES } from "../metrics/counter-layout.ts";
import { gateBit, settlePlace, takePlace } from "../ring/broadcast-gates.ts";
import { PLACE, UNIT_BYTES } from "../ring/broadcast-layout.ts";
import { type Start, sequenceAt } from "../ring/broadcast-reading.ts";
import type { Topic } from "./topic.ts";
import { ON_SLOW, SUBSCRIBER, SUBSCRIBER_COUNTERS_OFFSET } from "./topic-layout.ts";

/** How often a place is taken anew that was overwritten before the number of its record could be read. */
const START_ATTEMPTS_MAX = 64;

/** How a subscriber joins. */
export interface Attending {
  /** Whether it begins with the oldest records that there are. */
  readonly isHistory: boolean;
  /** Whether publishers wait for it. */
  readonly isGating: boolean;
}

/**
 * Joins all lanes, also those that have no publisher yet: nothing that is published in them later is missed.
 *
 * @returns Where the subscriber begins in each lane.
 */
export function attend(topic: Topic, { isHistory, isGating }: Attending): Start[] {
  const { words, segment, laneCount } = topic;
  const { slot } = segment;
  clearCounters(topic);
  const lanes = Array.from({ length: laneCount }, (_, lane) => lane);
  const positions = lanes.map((lane) => {
    const place = topic.placeWord(lane, slot);
    words.set(place + PLACE.sequence, 0);
    words.set(place + PLACE.laps, 0);
    return takePlace(words, topic.laneWord(lane), place, isHistory);
  });
  const onSlow = topic.subscriberWord(slot) + SUBSCRIBER.onSlow;
  words.store(onSlow, isGating ? ON_SLOW.gate : ON_SLOW.lap);
  if (isGating) {
    const { word, bit } = gateBit(topic.gating, slot);
    words.or(word, bit);
  }
  return lanes.map((lane) => {
    const position = positions[lane] as number;
    const start = startAt(topic, lane, isHistory, isGating, position);
    words.set(topic.placeWord(lane, slot) + PLACE.sequence, start.sequence ?? 0);
    return start;
  });
}

/** Lets publishers go on without this subscriber. Leaving the segment does the rest. */
export function stopGating(topic: Topic): void {
  const { word, bit } = gateBit(topic.gating, topic.segment.slot);
  topic.words.and(word, ~bit);
  topic.space.wake();
}

function startAt(
  topic: Topic,
  lane: number,
  isHistory: boolean,
  isGating: boolean,
  taken: number,
): Start {
  const { words, segment } = topic;
  const base = topic.laneWord(lane);
  const place = topic.placeWord(lane, segment.slot);
  let position = taken;
  for (let attempt = 0; attempt < START_ATTEMPTS_MAX; attempt++) {
    if (isGating) position = settlePlace(words, base, place, isHistory, position);
    const sequence = numberAt(topic, lane, position);
    if (sequence !== undefined) return { position, sequence };
    position = takePlace(words, base, place, isHistory);
  }
  return { position, sequence: undefined };
}

/** The number of the first record from a position on; undefined when the publisher has gone past it. */
function numberAt(topic: Topic, lane: number, position: number): number | undefined {
  if (topic.shape.mode === "fixed") return 0;
  // Nobody has published in it: its ring may not exist.
  if (position === 0 && !topic.isLaneReady(lane)) return 0;
  const data = topic.ringOffset(lane) / 4;
  const units = topic.geometry.ringBytes / UNIT_BYTES;
  return sequenceAt(topic.words, topic.laneWord(lane), data, units, position);
}

/** A new subscriber counts from 0, whoever had its slot before. */
function clearCounters(topic: Topic): void {
  const { segment, laneCount } = topic;
  const { mapping } = segment.memory;
  const clear = (word: number): void => {
    mapping.bytes(word * 4 + SUBSCRIBER_COUNTERS_OFFSET, COUNTERS_BYTES).fill(0);
  };
  clear(topic.subscriberWord(segment.slot));
  for (let lane = 0; lane < laneCount; lane++) clear(topic.placeWord(lane, segment.slot));
}
