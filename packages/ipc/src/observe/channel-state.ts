/**
 * The sizes of a channel as an observer finds them.
 *
 * @module
 */
import {
  CHANNEL,
  CHANNEL_HEADER_BYTES,
  LANE_BYTES,
  MODES,
  type Mode,
  STAMP_BYTES,
} from "../channel/channel-layout.ts";
import { CAPACITY_BYTES_MAX, PRODUCERS_MAX } from "../channel/channel-options.ts";
import { RING_BYTES_MIN, UNIT_BYTES } from "../ring/byte-ring.ts";
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
  const code = state.chosen(CHANNEL.mode, "mode", (value) =>
    Object.values<number>(MODES).includes(value),
  );
  const mode = (Object.keys(MODES) as Mode[]).find((name) => MODES[name] === code) as Mode;
  const isFixed = mode === "fixed";
  const stepBytes = state.chosen(CHANNEL.slotBytes, "slot size", (value) =>
    isFixed ? value > 0 && value % UNIT_BYTES === 0 : value === 0,
  );
  const stampBytes = state.chosen(
    CHANNEL.stampBytes,
    "stamp size",
    (value) => value === 0 || value === STAMP_BYTES,
  );
  const recordBytes = state.chosen(CHANNEL.recordBytes, "record size", (value) =>
    isFixed ? value > 0 && value + stampBytes <= stepBytes : value === 0,
  );
  const step = isFixed ? stepBytes : UNIT_BYTES;
  const least = isFixed ? stepBytes : RING_BYTES_MIN;
  const ringBytes = state.chosen(CHANNEL.ringBytes, "ring size", (value) => {
    const isPossible = value >= least && value <= 2 * Math.max(CAPACITY_BYTES_MAX, step);
    return isPossible && Math.log2(value / step) % 1 === 0;
  });
  const laneCount = state.chosen(
    CHANNEL.laneCount,
    "number of lanes",
    (value) =>
      value >= 1 &&
      value <= PRODUCERS_MAX &&
      CHANNEL_HEADER_BYTES + value * LANE_BYTES <= state.lengthBytes,
  );
  const laneBytes = state.chosen(CHANNEL.laneBytes, "lane size", (value) => value >= ringBytes);
  return { mode, laneCount, laneBytes, ringBytes, recordBytes, stampBytes, stepBytes: step };
}

/** Word at which a lane begins. */
export function laneWord(lane: number): number {
  return (CHANNEL_HEADER_BYTES + lane * LANE_BYTES) / 4;
}
