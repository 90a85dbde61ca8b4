/**
 * The records that `isthmus producer` sends, so that `isthmus consumer` can prove what became of them.
 *
 * ```text
 *   0 ┌ checksum   u32   of all other bytes
 *   4 │ producer   u32   random, one for each run of the command
 *   8 │ pid        u32   its process, to tell a producer that died from one that is silent
 *  12 │ length     u32   bytes of the whole record
 *  16 │ sequence   u32   number of the record, from 0: its low 32 bits
 *  20 │ high       u32   bits 0 to 20: the rest of the number; bits 24 to 31: kind
 *  24 └ payload    data: numbers that follow from producer and sequence; nothing in other kinds
 * ```
 *
 * Kind 0 is data. Kinds 1 and 2 end a producer's records, because it had sent all, or because it was interrupted;
 * their number is that of the data records before them. All in the byte order of the host.
 *
 * @module
 */

/** Bytes before the payload: the shortest record. */
export const HEADER_BYTES = 24;

/** Positions of the header's fields, in words of 4 bytes. */
export const HEADER = {
  checksum: 0,
  producer: 1,
  pid: 2,
  length: 3,
  sequence: 4,
  high: 5,
} as const;

/** What a record is. */
export const KIND = { data: 0, finished: 1, interrupted: 2 } as const;

/** How a producer's records end. */
export type EndKind = typeof KIND.finished | typeof KIND.interrupted;

/** Where the kind lies in the word `high`. */
export const KIND_SHIFT = 24;
/** The part of the word `high` that belongs to the number. */
export const SEQUENCE_HIGH_MASK = 0x1f_ffff;

/** The multiplier of FNV-1a; any odd number that spreads bits will do. */
const FNV_PRIME = 16_777_619;

/**
 * The checksum of a record. Whatever single word of it is changed, the checksum is another.
 *
 * @param words The record, zeros behind its end up to a whole word.
 * @param lengthBytes How long it really is.
 */
export function checksumOf(words: Int32Array, lengthBytes: number): number {
  const wordCount = (lengthBytes + 3) >>> 2;
  let hash = lengthBytes;
  for (let word = HEADER.checksum + 1; word < wordCount; word++) {
    hash = Math.imul(hash ^ (words[word] as number), FNV_PRIME);
  }
  return hash;
}

if (HEADER_BYTES !== Object.keys(HEADER).length * 4) throw new Error("record: its header has gaps");
