/**
 * A table: locks, and rows of four copies each.
 *
 * ```text
 * state    0 ┌ rowCount     u32
 *          4 │ rowBytes     u32   of a record, as its schema has it
 *          8 │ reserved     56 bytes
 *         64 └ locks        64 mutexes of strategy 2, 128 bytes each: row i has number i % 64
 *
 * row      0 ┌ sequence     u32   number of publications, modulo 2^32; the current copy is number sequence % 4
 *          4 │ reserved     u32
 *          8 └ copies       four records, each padded to a multiple of 8
 * ```
 *
 * The rows are in the data section, one behind the other. They work as the state of a struct does.
 *
 * @module
 */
import { COPY_COUNT, MUTEX_BYTES } from "@isthmus/ipc/internal";

/** Word offsets within the state section. */
export const TABLE = { rowCount: 0, rowBytes: 1 } as const;
/** Bytes before the locks. */
export const TABLE_HEADER_BYTES = 64;
/** How many locks there are: as many rows can be changed at a time. */
export const LOCK_COUNT = 64;
/** Bytes of the state section. */
export const TABLE_STATE_BYTES: number = TABLE_HEADER_BYTES + LOCK_COUNT * MUTEX_BYTES;

/** Word offsets within a row. */
export const ROW = { sequence: 0, copies: 2 } as const;

/** Words of one copy of a record. */
export function copyWords(recordBytes: number): number {
  return Math.ceil(recordBytes / 8) * 2;
}

/** Words of a row. */
export function rowWords(recordBytes: number): number {
  return ROW.copies + COPY_COUNT * copyWords(recordBytes);
}

/** The most bytes of all rows: an `ArrayBuffer` holds 4 GiB, and the rest of the segment is in it, too. */
export const ROWS_BYTES_MAX: number = 2 ** 32 - 2 ** 24;
