/**
 * What subscribers tell publishers: a bit of each that wants to see the next record at once, and one word for all of them.
 *
 * Publishers look at the word alone, after every record. Who sets its bit sets the word after it, and who has cleared the
 * last bit looks again after it has cleared the word: one of the two sees the other. At worst the word stays set without
 * a bit until somebody clears one again, and records are published at once meanwhile.
 *
 * @module
 */
import { gateBit } from "../ring/broadcast-gates.ts";
import type { Words } from "../words.ts";

/** Where they are. */
export interface IdleBits {
  /** The first word of bits, and how many there are. */
  readonly bits: number;
  readonly bitWords: number;
  /** The word for all of them: not 0 while a bit is set. */
  readonly any: number;
}

/** Says that the subscriber in a slot wants to see the next record at once. */
export function setIdle(words: Words, { bits, any }: IdleBits, slot: number): void {
  const { word, bit } = gateBit(bits, slot);
  words.or(word, bit);
  words.store(any, 1);
}

/** Says that the subscriber in a slot does not, or is none any more. */
export function clearIdle(words: Words, where: IdleBits, slot: number): void {
  const { word, bit } = gateBit(where.bits, slot);
  words.and(word, ~bit);
  if (isAnySet(words, where)) return;
  words.store(where.any, 0);
  if (isAnySet(words, where)) words.store(where.any, 1);
}

function isAnySet(words: Words, { bits, bitWords }: IdleBits): boolean {
  for (let word = 0; word < bitWords; word++) {
    if (words.load(bits + word) !== 0) return true;
  }
  return false;
}
