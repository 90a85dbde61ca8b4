/**
 * A table: locks, and rows of four copies each.
 *
 * ```text
 * state    0 ┌ rowCount     u32
 *          4 │ rowBytes     u32   of a record, as its schema has it
 *          8 │ reserved     56 bytes
 *         64 └ locks        64 mutexes of strategy 2, 128 bytes each: row i has number i % 64; acquisitions are updates
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
export {
  copyWords,
  LOCK_COUNT,
  ROW,
  rowWords,
  TABLE,
  TABLE_HEADER_BYTES,
  TABLE_STATE_BYTES,
} from "@isthmus/ipc/internal";

/** The most bytes of all rows: an `ArrayBuffer` holds 4 GiB, and the rest of the segment is in it, too. */
export const ROWS_BYTES_MAX: number = 2 ** 32 - 2 ** 24;
