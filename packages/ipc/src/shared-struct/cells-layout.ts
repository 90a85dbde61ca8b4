/**
 * The state section of a shared struct: a publication counter and four copies of the record.
 *
 * ```text
 *    0 ┌ sequence   u32   number of publications, modulo 2^32; the current copy is number sequence % 4
 *    4 │ reserved   60 bytes
 *   64 │ copy 0     version u64, reserved 8 bytes, then the record; padded to a multiple of 64 bytes
 *      │ copy 1     …
 *      │ copy 2     …
 *      └ copy 3     …
 * ```
 *
 * @module
 */

/** How many copies there are; a power of two, so that the counter may wrap. */
export const COPY_COUNT = 4;

/** Bytes before the first copy. */
export const COPIES_OFFSET = 64;

/** Bytes of a copy before its record. */
export const COPY_HEADER_BYTES = 16;

const COPY_ALIGNMENT = 64;

/** Bytes of one copy of a record. */
export function copyBytes(recordBytes: number): number {
  return Math.ceil((COPY_HEADER_BYTES + recordBytes) / COPY_ALIGNMENT) * COPY_ALIGNMENT;
}

/** Bytes of the whole section. */
export function cellsBytes(recordBytes: number): number {
  return COPIES_OFFSET + COPY_COUNT * copyBytes(recordBytes);
}
