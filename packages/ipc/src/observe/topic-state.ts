/**
 * The sizes of a topic as an observer finds them.
 *
 * @module
 */

import { SENDERS_MAX } from "../flow/lane-options.ts";
import { SUBSCRIBER_BYTES, SUBSCRIBERS_MAX, TOPIC, topicLanes } from "../topic/topic-layout.ts";
import { TOPIC_PLACES_MAX } from "../topic/topic-options.ts";
import { type RingSizes, readRingSizes } from "./lane-sizes.ts";
import type { StateBytes } from "./state-bytes.ts";

/** The most of section "state" that any topic uses. */
export const TOPIC_STATE_BYTES_MAX: number =
  topicLanes(SUBSCRIBERS_MAX).headerBytes +
  SENDERS_MAX * topicLanes(0).entryBytes +
  TOPIC_PLACES_MAX * SUBSCRIBER_BYTES;

/** What a topic's creator chose. */
export interface TopicSizes extends RingSizes {
  /** How many subscribers there can be. */
  readonly places: number;
}

/**
 * Reads the sizes, and believes none that cannot be.
 *
 * @throws {CorruptSegmentError} Naming the first one that cannot.
 */
export function readTopicSizes(state: StateBytes): TopicSizes {
  const isPossible = (count: number): boolean => count >= 1 && count <= SUBSCRIBERS_MAX;
  const places = state.chosen(TOPIC.places, "number of subscribers", isPossible);
  const entries = { ...topicLanes(places), countMax: SENDERS_MAX };
  return { ...readRingSizes(state, TOPIC, entries), places };
}

/** Word at which a lane begins. */
export function topicLaneWord({ places }: TopicSizes, lane: number): number {
  const { headerBytes, entryBytes } = topicLanes(places);
  return (headerBytes + lane * entryBytes) / 4;
}
