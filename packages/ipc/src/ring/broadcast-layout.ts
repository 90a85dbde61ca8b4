/**
 * What a publisher and its subscribers share about a ring that is read by many.
 *
 * ```text
 *   counters, written by the publisher
 *     0 ┌ tail         u32   everything before this position is published
 *     4 │ tailHigh     u32   bits 31 and up of the same position (see lane-layout.ts)
 *     8 │ oldest       u32   everything before this position may be overwritten already
 *    12 │ oldestHigh   u32   bits 31 and up of the same position
 *    16 └
 *
 *   place of a subscriber, written by it
 *     0 ┌ head         u32   everything before this position it has read, or lost
 *     4 │ headHigh     u32   bits 31 and up of the same position
 *     8 │ sequence     u32   the number of the next record that it waits for, modulo 2^32; of variable size only
 *    12 │ laps         u32   how often the publisher has come round to it
 *    16 └
 *
 *   a record of variable size, aligned to 8 bytes
 *     0 ┌ length       u32   bytes of the payload; bit 31: padding, to be skipped
 *     4 │ sequence     u32   the record's number among those of its ring, modulo 2^32; of padding: the next record's
 *     8 │ payload      length bytes, then up to 7 of padding
 * ```
 *
 * Records of one size have no header: their position is their number. Where a record of variable size will begin, its
 * sequence is written before the tail moves there: so whoever stands at any position up to the tail knows how many
 * records were before it, and counts exactly what it missed.
 *
 * @module
 */
import type { Words } from "../words.ts";

/** Bytes of the publisher's counters. */
export const BROADCAST_BYTES = 16;

/** Word offsets within the publisher's counters. */
export const BROADCAST = { tail: 0, tailHigh: 1, oldest: 2, oldestHigh: 3 } as const;

/** Bytes of a subscriber's place. */
export const PLACE_BYTES = 16;

/** Word offsets within a subscriber's place. */
export const PLACE = { head: 0, headHigh: 1, sequence: 2, laps: 3 } as const;

/** Positions and lengths of records of variable size are multiples of this, in bytes. */
export const UNIT_BYTES = 8;
export const UNIT_WORDS = 2;

/** Bytes of a record of variable size before its payload. */
export const RECORD_HEADER_BYTES = 8;

/** Set in the length of what is no record. */
export const PADDING: number = 1 << 31;

/** Limits of the length of a ring, in slots or units: positions must be comparable modulo 2^32. */
const BROADCAST_LENGTH_MAX: number = 2 ** 30;

const TWO_POW_31 = 2 ** 31;

/** Positions are whole numbers that JavaScript can hold: their upper part has 22 bits. */
const HIGH_MASK = 0x3f_ffff;

/** How many units a record of variable size takes. */
export function unitsOf(payloadBytes: number): number {
  return (payloadBytes + RECORD_HEADER_BYTES + UNIT_BYTES - 1) >>> 3;
}

/**
 * A position that only this side writes. Its upper half is written every time, so that a corrupt one does not
 * last; plainly, because storing the lower half puts it in order.
 */
export class OwnPosition {
  /** The lower 32 bits. */
  low: number;
  readonly #words: Words;
  readonly #index: number;
  #high: number;

  /**
   * @param index Word of the position's lower half; its upper half follows.
   * @param position What was read there.
   */
  constructor(words: Words, index: number, position: number) {
    this.#words = words;
    this.#index = index;
    this.low = position | 0;
    this.#high = Math.floor(position / TWO_POW_31);
  }

  /** Moves forward by less than 2^31. */
  moveTo(low: number): void {
    if ((this.low ^ low) < 0) this.#high = (this.#high + 1) & HIGH_MASK;
    this.low = low;
    this.#words.set(this.#index + 1, this.#high);
    this.#words.store(this.#index, low);
  }

  /** Moves to any position. */
  reset(position: number): void {
    this.#high = Math.floor(position / TWO_POW_31) & HIGH_MASK;
    this.low = position | 0;
    writePosition(this.#words, this.#index, position);
  }
}

/** Stores a position that has nothing to do with the one before it. */
export function writePosition(words: Words, index: number, position: number): void {
  words.store(index + 1, Math.floor(position / TWO_POW_31) & HIGH_MASK);
  words.store(index, position | 0);
}

/** Throws unless a ring can be so long. */
export function checkLength(length: number, lengthMin: number): void {
  const isPowerOfTwo = Number.isInteger(length) && Math.log2(length) % 1 === 0;
  if (isPowerOfTwo && length >= lengthMin && length <= BROADCAST_LENGTH_MAX) return;
  throw new RangeError(
    `A ring's length is a power of two from ${lengthMin} to ${BROADCAST_LENGTH_MAX}: received ${length}`,
  );
}
