/**
 * The two counters of a lane: one producer, one consumer, and nothing that both write.
 *
 * ```text
 *   0 ┌ tail       u32   everything before this position is published; written by the producer
 *   4 │ tailHigh   u32   bits 31 and up of the same position
 *   8 └ reserved   56 bytes, then 64 for the producer's metrics
 * 128 ┌ head       u32   everything before this position is consumed; written by the consumer
 * 132 │ headHigh   u32   bits 31 and up of the same position
 * 136 └ reserved   56 bytes, then 64 for the consumer's metrics
 * 256
 * ```
 *
 * Each side has 128 bytes of its own: two cache lines, because CPUs fetch them in pairs.
 *
 * The high word repeats the low word's top bit. It is stored first, so that whoever finds the two bits different,
 * a reader at a bad moment or the successor of a writer that died between the two, knows that it is one ahead.
 *
 * @module
 */
import type { Words } from "../words.ts";

/** Bytes of a lane's counters. */
export const LANE_HEADER_BYTES = 256;

/** Word offsets within a lane's counters. */
export const LANE = { tail: 0, tailHigh: 1, head: 32, headHigh: 33 } as const;

const TWO_POW_31 = 2 ** 31;
/** Positions are whole numbers that JavaScript can hold: bits 31 to 52. */
const HIGH_MASK = 0x3f_ffff;

/**
 * A position in full, below 2^53.
 *
 * @param words The segment.
 * @param index Word of the position's low half; its high half follows.
 */
export function positionAt(words: Pick<Words, "load">, index: number): number {
  const low = words.load(index);
  const high = words.load(index + 1);
  const isAhead = (high & 1) !== low >>> 31;
  return ((high - (isAhead ? 1 : 0)) & HIGH_MASK) * TWO_POW_31 + (low & 0x7fff_ffff);
}

/**
 * Moves a position forward by less than 2^31.
 *
 * @param words The segment.
 * @param index Word of the position's low half.
 * @param from The low half as it is.
 * @param to The low half as it will be.
 */
export function storePosition(words: Words, index: number, from: number, to: number): void {
  // Bit 31 changes once every 2^31 steps, and then the high word has to be right before the low one is.
  if ((from ^ to) < 0) words.store(index + 1, (words.load(index + 1) + 1) & HIGH_MASK);
  words.store(index, to);
}

/** Repairs the high word that the last owner of a position left behind. */
export function repairPosition(words: Words, index: number): void {
  const low = words.load(index);
  const high = words.load(index + 1);
  if ((high & 1) !== low >>> 31) words.store(index + 1, (high - 1) & HIGH_MASK);
}
