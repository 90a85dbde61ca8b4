/**
 * The structured message of 64 bytes that the demonstration sends, whatever carries it.
 *
 * @module
 */

/** The size of every message; one cache line. */
export const MESSAGE_BYTES = 64;

const MESSAGE_WORDS = 16;
const KIND_WORD = 1;
const PRICE_OFFSET = 8;
const QUANTITY_OFFSET = 16;
const FIRST_FREE_WORD = 6;
const CHECKSUM_WORD = 15;

/** The multiplier of FNV-1a; any odd number that spreads bits will do. */
const FNV_PRIME = 16_777_619;

/**
 * Writes the message with a sequence number; all other fields follow from the number.
 *
 * @param words The memory as 32-bit words.
 * @param floats The same memory as doubles.
 * @param offset The first byte of the message; a multiple of 8.
 * @param sequence The number of the message.
 */
export function fillMessage(
  words: Int32Array,
  floats: Float64Array,
  offset: number,
  sequence: number,
): void {
  const first = offset / 4;
  words[first] = sequence;
  words[first + KIND_WORD] = sequence % 3;
  floats[(offset + PRICE_OFFSET) / 8] = sequence * 0.25;
  floats[(offset + QUANTITY_OFFSET) / 8] = sequence + 1;
  for (let word = FIRST_FREE_WORD; word < CHECKSUM_WORD; word += 1)
    words[first + word] = sequence ^ word;
  words[first + CHECKSUM_WORD] = checksum(words, first);
}

/**
 * Checks a message against its checksum.
 *
 * @param words The memory as 32-bit words.
 * @param first The index of the message's first word.
 * @returns Whether the message is as it was written.
 */
export function isMessageIntact(words: Int32Array, first: number): boolean {
  return words[first + CHECKSUM_WORD] === checksum(words, first);
}

function checksum(words: Int32Array, first: number): number {
  let hash = MESSAGE_WORDS;
  for (let word = 0; word < CHECKSUM_WORD; word += 1) {
    hash = Math.imul(hash ^ (words[first + word] ?? 0), FNV_PRIME);
  }
  return hash;
}
