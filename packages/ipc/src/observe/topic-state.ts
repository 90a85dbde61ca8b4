/**
 * The sizes of a topic as an observer finds them.
 *
 * @module
 */
import type { Mode } from "../channel/channel-layout.ts";
import { TOPIC, TOPIC_HEADER_BYTES, TOPIC_LANE_BYTES } from "../channel/topic/topic-layout.ts";
import { PUBLISHERS_MAX } from "../channel/topic/topic-options.ts";
import { isRingSize, readLaneCount, readMode, readStepBytes } from "./lane-sizes.ts";
import type { StateBytes } from "./state-bytes.ts";

/** The most of section "state" that any topic uses. */
export const TOPIC_STATE_BYTES_MAX: number = TOPIC_HEADER_BYTES + PUBLISHERS_MAX * TOPIC_LANE_BYTES;

/** What a topic's creator chose. */
export interface TopicSizes {
  readonly mode: Mode;
  readonly laneCount: number;
  /** From one ring to the next, in bytes. */
  readonly laneBytes: number;
  readonly ringBytes: number;
  readonly recordBytes: number;
  /** What positions count: from one record of a struct to the next, else a unit of a ring of bytes. */
  readonly stepBytes: number;
}

/**
 * Reads the sizes, and believes none that cannot be.
 *
 * @throws {CorruptSegmentError} Naming the first one that cannot.
 */
export function readTopicSizes(state: StateBytes): TopicSizes {
  const mode = readMode(state, TOPIC.mode);
  const stepBytes = readStepBytes(state, TOPIC.slotBytes, mode);
  const recordBytes = state.chosen(TOPIC.recordBytes, "record size", (value) =>
    mode === "fixed" ? value > 0 && value <= stepBytes : value === 0,
  );
  const ringBytes = state.chosen(TOPIC.ringBytes, "ring size", (value) =>
    isRingSize(value, mode, stepBytes),
  );
  const laneCount = readLaneCount(state, {
    word: TOPIC.laneCount,
    headerBytes: TOPIC_HEADER_BYTES,
    entryBytes: TOPIC_LANE_BYTES,
    countMax: PUBLISHERS_MAX,
  });
  const laneBytes = state.chosen(TOPIC.laneBytes, "lane size", (value) => value >= ringBytes);
  return { mode, laneCount, laneBytes, ringBytes, recordBytes, stepBytes };
}

/** Word at which a lane begins. */
export function topicLaneWord(lane: number): number {
  return (TOPIC_HEADER_BYTES + lane * TOPIC_LANE_BYTES) / 4;
}
