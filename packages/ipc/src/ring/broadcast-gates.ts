/**
 * The subscribers for which a publisher waits, as they and the publisher see them.
 *
 * Each participant of a segment has one bit that says whether it gates, and one place per ring that says how far it
 * has read. A subscriber that joins tells its position, and looks afterwards whether the publisher has gone past it
 * meanwhile; a publisher tells how far it is going to overwrite, and looks afterwards for subscribers that it would go
 * past. Each stores before it looks, so at least one of the two sees the other.
 *
 * All of it is untrusted: a position that cannot be gates nothing.
 *
 * @module
 */
import type { Words } from "../words.ts";
import { BROADCAST, PLACE, writePosition } from "./broadcast-layout.ts";
import { positionAt } from "./lane-layout.ts";

/** Where the bits and places of one ring are. */
export interface GateTable {
  /** Word of the bits of participants 0 to 31; those of 32 to 63, and so on, follow. */
  readonly bits: number;
  /** How many words of bits there are. */
  readonly bitWords: number;
  /** Word of the place of participant 0 in this ring. */
  readonly places: number;
  /** Words from one place to the next. */
  readonly placeWords: number;
}

/** How often a joining subscriber is overtaken before it begins where it is, and is lapped there. */
const SETTLE_ATTEMPTS_MAX = 64;

/** The gating subscribers of one ring. */
export class Gates {
  readonly #words: Words;
  readonly #table: GateTable;

  constructor(words: Words, table: GateTable) {
    this.#words = words;
    this.#table = table;
  }

  /**
   * How far the slowest of them is behind a position.
   *
   * @param tail The position.
   * @param length The length of the ring: nobody can be further behind.
   * @returns 0 when nobody gates.
   */
  lag(tail: number, length: number): number {
    const words = this.#words;
    const { bits, bitWords, places, placeWords } = this.#table;
    let lag = 0;
    for (let word = 0; word < bitWords; word++) {
      let set = words.load(bits + word);
      while (set !== 0) {
        const slot = word * 32 + 31 - Math.clz32(set & -set);
        set &= set - 1;
        const behind = (tail - words.load(places + slot * placeWords + PLACE.head)) | 0;
        if (behind > lag && behind <= length) lag = behind;
      }
    }
    return lag;
  }
}

/** The numbers of all bits that are set in some words. */
export function slotsIn(words: Words, bits: number, bitWords: number): number[] {
  const slots: number[] = [];
  for (let word = 0; word < bitWords; word++) {
    for (let set = words.load(bits + word); set !== 0; set &= set - 1) {
      slots.push(word * 32 + 31 - Math.clz32(set & -set));
    }
  }
  return slots;
}

/** The bit of a participant. */
export function gateBit(
  bits: number,
  slot: number,
): { readonly word: number; readonly bit: number } {
  return { word: bits + (slot >>> 5), bit: 1 << (slot & 31) };
}

/**
 * Takes a place in a ring, without any claim to what is there.
 *
 * @param words The segment.
 * @param base Word at which the publisher's counters begin.
 * @param place Word at which the subscriber's place begins.
 * @param isHistory Whether to begin with the oldest record that there is, or with the next one that will be.
 * @returns The position.
 */
export function takePlace(words: Words, base: number, place: number, isHistory: boolean): number {
  const position = positionAt(words, base + (isHistory ? BROADCAST.oldest : BROADCAST.tail));
  writePosition(words, place + PLACE.head, position);
  return position;
}

/**
 * Makes sure of a place that was taken and gates since: nothing from there on will be overwritten.
 *
 * @param position Where the subscriber has said that it is.
 * @returns Where it is, which is further on when the publisher was faster.
 */
export function settlePlace(
  words: Words,
  base: number,
  place: number,
  isHistory: boolean,
  position: number,
): number {
  let settled = position;
  for (let attempt = 0; attempt < SETTLE_ATTEMPTS_MAX; attempt++) {
    if (positionAt(words, base + BROADCAST.oldest) <= settled) break;
    settled = takePlace(words, base, place, isHistory);
  }
  return settled;
}
