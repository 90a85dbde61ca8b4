/**
 * The sizes of a topic as an observer finds them.
 *
 * @module
 */
import { TOPIC, TOPIC_HEADER_BYTES, TOPIC_LANE_BYTES } from "../channel/topic/topic-layout.ts";
import { PUBLISHERS_MAX } from "../channel/topic/topic-options.ts";
import { type RingSizes, readRingSizes } from "./lane-sizes.ts";
import type { StateBytes } from "./state-bytes.ts";

/** The most of section "state" that any topic uses. */
export const TOPIC_STATE_BYTES_MAX: number = TOPIC_HEADER_BYTES + PUBLISHERS_MAX * TOPIC_LANE_BYTES;

const ENTRIES = {
  headerBytes: TOPIC_HEADER_BYTES,
  entryBytes: TOPIC_LANE_BYTES,
  countMax: PUBLISHERS_MAX,
};

/**
 * Reads the sizes, and believes none that cannot be.
 *
 * @throws {CorruptSegmentError} Naming the first one that cannot.
 */
export function readTopicSizes(state: StateBytes): RingSizes {
  return readRingSizes(state, TOPIC, ENTRIES, 0);
}

/** Word at which a lane begins. */
export function topicLaneWord(lane: number): number {
  return (TOPIC_HEADER_BYTES + lane * TOPIC_LANE_BYTES) / 4;
}
