/**
 * The sizes of rings as an observer finds them: what channels and topics have in common.
 *
 * @module
 */
import { MODES, type Mode } from "../channel/channel-layout.ts";
import { CAPACITY_BYTES_MAX } from "../channel/channel-options.ts";
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

/** Whether a ring of records, from one to the next `stepBytes`, can have so many bytes. */
export function isRingSize(bytes: number, mode: Mode, stepBytes: number): boolean {
  const least = mode === "fixed" ? stepBytes : RING_BYTES_MIN;
  const isPossible = bytes >= least && bytes <= 2 * Math.max(CAPACITY_BYTES_MAX, stepBytes);
  return isPossible && Math.log2(bytes / stepBytes) % 1 === 0;
}

/**
 * Reads from one record to the next: slots of a struct, units otherwise.
 *
 * @throws {CorruptSegmentError} When slots cannot be so long.
 */
export function readStepBytes(state: StateBytes, word: number, mode: Mode): number {
  const isFixed = mode === "fixed";
  const slotBytes = state.chosen(word, "slot size", (value) =>
    isFixed ? value > 0 && value % UNIT_BYTES === 0 : value === 0,
  );
  return isFixed ? slotBytes : UNIT_BYTES;
}

/** Where the lanes of a kind are described, as `chosen` needs it. */
interface LaneCountPlace {
  readonly word: number;
  readonly headerBytes: number;
  readonly entryBytes: number;
  readonly countMax: number;
}

/**
 * Reads how many lanes there are.
 *
 * @throws {CorruptSegmentError} When the section has no room for so many.
 */
export function readLaneCount(state: StateBytes, place: LaneCountPlace): number {
  const { word, headerBytes, entryBytes, countMax } = place;
  return state.chosen(
    word,
    "number of lanes",
    (value) =>
      value >= 1 && value <= countMax && headerBytes + value * entryBytes <= state.lengthBytes,
  );
}
