/**
 * Counters: a directory of what is counted, and a column of numbers for each place of a participant.
 *
 * ```text
 * state    0 ┌ columnBytes     u32   of each column, a multiple of 64
 *          4 │ directoryBytes  u32   room of the directory, a multiple of 8
 *          8 │ usedBytes       u32   of the directory; what is before it never changes
 *         12 │ series          u32   in the directory, as its last writer counted them; for observers only
 *         16 │ numbers         u32   of each column that are in use, as its last writer counted them; the same
 *         20 │ reserved        44 bytes
 *         64 │ lock            a mutex of strategy 2: whoever has it adds to the directory
 *        192 │ lives           u32 for each place: generation of the participant whose gauges its column has; 0: no column
 *            └ directory       records, aligned to 8
 *
 * record   0 ┌ recordBytes     u32   all of it, a multiple of 8
 *          4 │ textBytes       u32
 *          8 └ text            JSON in UTF-8: a family or a series, zero-padded
 * ```
 *
 * The data section has one column more than there are places: column 0 is everybody's, column 1 + slot is that of a place. A
 * column is f64s. Number 0 counts what found no room; the series have the others, in the order of the directory.
 *
 * @module
 */
import { LIVES_OFFSET } from "@isthmus/ipc/internal";

export { COUNTERS, DROPPED, LIVES_OFFSET, LOCK_OFFSET } from "@isthmus/ipc/internal";

/** Word offsets within a record of the directory. */
export const RECORD = { recordBytes: 0, textBytes: 1 } as const;
/** Bytes before a record's text. */
export const RECORD_HEADER_BYTES = 8;

/** The number at which those of series begin. */
export const FIRST_NUMBER = 1;

/** Bytes of the directory for each byte of a column: a series of one number takes some 60. */
export const DIRECTORY_RATIO = 8;
/** The smallest and the largest column in bytes. */
export const CAPACITY_BYTES_MIN = 4096;
export const CAPACITY_BYTES_MAX: number = 2 ** 26;
/** The most bytes of all columns: an `ArrayBuffer` holds 4 GiB, and the rest of the segment is in it, too. */
export const COLUMNS_BYTES_MAX: number = 2 ** 32 - 2 ** 30;

/** Where the directory begins, in bytes. */
export function directoryOffset(placeCount: number): number {
  return LIVES_OFFSET + Math.ceil(placeCount / 2) * 8;
}

/** Bytes of a record. */
export function recordBytesOf(textBytes: number): number {
  return RECORD_HEADER_BYTES + Math.ceil(textBytes / 8) * 8;
}
