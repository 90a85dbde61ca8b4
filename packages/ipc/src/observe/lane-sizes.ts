/**
 * The sizes of rings as an observer finds them: what channels, topics and services have in common.
 *
 * @module
 */

import { CAPACITY_BYTES_MAX } from "../flow/lane-options.ts";
import { MODES, type Mode, TIMESTAMP_BYTES } from "../flow/record-layout.ts";
import { RING_BYTES_MIN, UNIT_BYTES } from "../ring/byte-ring.ts";
import type { StateBytes } from "./state-bytes.ts";

/**
 * Reads a mode.
 *
 * @throws {CorruptSegmentError} When there is no such mode.
 */
export function readMode(state: StateBytes, word: number, what = "mode"): Mode {
  const code = state.chosen(word, what, (value) => Object.values<number>(MODES).includes(value));
  return (Object.keys(MODES) as Mode[]).find((name) => MODES[name] === code) as Mode;
}

/** What the creator of a segment with one ring for each sender chose. */
export interface RingSizes {
  readonly mode: Mode;
  readonly laneCount: number;
  /** From one ring to the next, in bytes. */
  readonly laneBytes: number;
  readonly ringBytes: number;
  readonly recordBytes: number;
  /** What positions count: from one record of a struct to the next, else a unit of a ring of bytes. */
  readonly stepBytes: number;
  /** Bytes of the time with every record: behind one of a struct, in front of any other; or 0. */
  readonly timestampBytes: number;
}

/** The words of section "state" that hold them. */
export type SizeWords = Readonly<
  Record<
    | "mode"
    | "slotBytes"
    | "recordBytes"
    | "ringBytes"
    | "laneCount"
    | "laneBytes"
    | "timestampBytes",
    number
  >
>;

/** Where lanes are described, and how many there can be. */
export interface LaneEntries {
  readonly headerBytes: number;
  readonly entryBytes: number;
  readonly countMax: number;
}

/**
 * Reads the sizes, and believes none that cannot be.
 *
 * @throws {CorruptSegmentError} Naming the first one that cannot.
 */
export function readRingSizes(
  state: StateBytes,
  words: SizeWords,
  entries: LaneEntries,
): RingSizes {
  const timestampBytes = state.chosen(
    words.timestampBytes,
    "timestamp size",
    (value) => value === 0 || value === TIMESTAMP_BYTES,
  );
  const mode = readMode(state, words.mode);
  const isFixed = mode === "fixed";
  const slotBytes = state.chosen(words.slotBytes, "slot size", (value) =>
    isFixed ? value > 0 && value % UNIT_BYTES === 0 : value === 0,
  );
  const recordBytes = state.chosen(words.recordBytes, "record size", (value) =>
    isFixed ? value > 0 && value + timestampBytes <= slotBytes : value === 0,
  );
  const stepBytes = isFixed ? slotBytes : UNIT_BYTES;
  const ringBytes = state.chosen(words.ringBytes, "ring size", (value) => {
    const least = isFixed ? stepBytes : RING_BYTES_MIN;
    const isPossible = value >= least && value <= 2 * Math.max(CAPACITY_BYTES_MAX, stepBytes);
    return isPossible && Math.log2(value / stepBytes) % 1 === 0;
  });
  const laneCount = readLaneCount(state, words.laneCount, entries);
  const laneBytes = state.chosen(words.laneBytes, "lane size", (value) => value >= ringBytes);
  return { mode, laneCount, laneBytes, ringBytes, recordBytes, stepBytes, timestampBytes };
}

/**
 * Reads how many lanes there are.
 *
 * @throws {CorruptSegmentError} When the section has no room for so many.
 */
export function readLaneCount(
  state: StateBytes,
  word: number,
  { headerBytes, entryBytes, countMax }: LaneEntries,
): number {
  return state.chosen(
    word,
    "number of lanes",
    (value) =>
      value >= 1 && value <= countMax && headerBytes + value * entryBytes <= state.lengthBytes,
  );
}
