/**
 * The sizes of a channel as an observer finds them.
 *
 * @module
 */
import {
  CHANNEL,
  CHANNEL_HEADER_BYTES,
  LANE_BYTES,
  type Mode,
  STAMP_BYTES,
} from "../channel/channel-layout.ts";
import { PRODUCERS_MAX } from "../channel/channel-options.ts";
import { isRingSize, readLaneCount, readMode, readStepBytes } from "./lane-sizes.ts";
import type { StateBytes } from "./state-bytes.ts";

/** The most of section "state" that any channel uses. */
export const STATE_BYTES_MAX: number = CHANNEL_HEADER_BYTES + PRODUCERS_MAX * LANE_BYTES;

/** What a channel's creator chose. */
export interface ChannelSizes {
  readonly mode: Mode;
  readonly laneCount: number;
  /** From one ring to the next, in bytes. */
  readonly laneBytes: number;
  readonly ringBytes: number;
  readonly recordBytes: number;
  /** Bytes of the time with every record: behind one of a struct, in front of any other; or 0. */
  readonly stampBytes: number;
  /** What positions count: from one record of a struct to the next, else a unit of a ring of bytes. */
  readonly stepBytes: number;
}

/**
 * Reads the sizes, and believes none that cannot be.
 *
 * @throws {CorruptSegmentError} Naming the first one that cannot.
 */
export function readChannelSizes(state: StateBytes): ChannelSizes {
  const mode = readMode(state, CHANNEL.mode);
  const stepBytes = readStepBytes(state, CHANNEL.slotBytes, mode);
  const stampBytes = state.chosen(
    CHANNEL.stampBytes,
    "stamp size",
    (value) => value === 0 || value === STAMP_BYTES,
  );
  const recordBytes = state.chosen(CHANNEL.recordBytes, "record size", (value) =>
    mode === "fixed" ? value > 0 && value + stampBytes <= stepBytes : value === 0,
  );
  const ringBytes = state.chosen(CHANNEL.ringBytes, "ring size", (value) =>
    isRingSize(value, mode, stepBytes),
  );
  const laneCount = readLaneCount(state, {
    word: CHANNEL.laneCount,
    headerBytes: CHANNEL_HEADER_BYTES,
    entryBytes: LANE_BYTES,
    countMax: PRODUCERS_MAX,
  });
  const laneBytes = state.chosen(CHANNEL.laneBytes, "lane size", (value) => value >= ringBytes);
  return { mode, laneCount, laneBytes, ringBytes, recordBytes, stampBytes, stepBytes };
}

/** Word at which a lane begins. */
export function laneWord(lane: number): number {
  return (CHANNEL_HEADER_BYTES + lane * LANE_BYTES) / 4;
}
