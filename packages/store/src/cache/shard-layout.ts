/**
 * A shard: a lock, its counters, the computations under way, buckets, and a circular log of entries.
 *
 * ```text
 *    0 ┌ mutex        128 bytes, of strategy 2: whoever changes anything below has it, but for `visited`
 *  128 │ head         u32   position behind the last record
 *  132 │ tail         u32   position of the first record that may still be read
 *  136 │ entries      u32   entries that can be found
 *  140 │ usedUnits    u32   units of the log that they take
 *  144 │ evictions    u32   entries that made room for others, modulo 2^32
 *  148 │ expirations  u32   entries that were dropped because their time was over
 *  152 │ moves        u32   entries that were written again at the head, to be kept
 *  156 │ recoveries   u32   how often the owner of the lock had died
 *  160 │ resets       u32   how often the shard was emptied because something impossible was found in it
 *  164 │ ticket       u32   number of the last computation
 *  168 │ isWatched    u32   1 from when somebody has watched: deletions and increments are written down, too
 *  172 │ reserved     20 bytes
 *  192 │ flights      32 x { hash u32, owner u32, ticket u32, reserved u32 }; owner 0: free
 *  704 │ buckets      { newest u32, visited u32 } each
 *      └ log          a power of two of bytes
 * ```
 *
 * A position counts units of 8 bytes from the beginning of the log, modulo 2^32; the log is `position % length`. 0 is
 * no position: no entry begins there. A bucket leads to the newest of its entries, each entry to the one before it.
 *
 * ```text
 *    0 ┌ control      u32   units of the record | kind << 28: 1 entry, 2 padding, 3 note
 *    4 │ older        u32   position of the next entry of the bucket, always a smaller one; 0: none
 *    8 │ hash         u32   of the key
 *   12 │ meta         u32   bytes of the key | space << 16 | type << 20 | isMoved << 24
 *   16 │ valueBytes   u32   length of the value
 *   20 │ staleMs      u32   how long it may be used after it is fresh no more
 *   24 │ freshUntil   f64   milliseconds on the machine's monotonic clock; infinite: for ever
 *   32 │ key          UTF-8, zero-padded to a multiple of 8
 *      └ value        zero-padded to a multiple of 8
 * ```
 *
 * @module
 */

import { SHARD, UNIT_BYTES } from "@isthmus/ipc/internal";

export {
  BUCKET_WORDS,
  logWordOf,
  SHARD,
  type ShardShape,
  shapeOfLog,
  shardBytes,
  UNIT_BYTES,
} from "@isthmus/ipc/internal";

/** Words of a unit. */
export const UNIT_WORDS: number = UNIT_BYTES / 4;

/** How many computations of a shard others can wait for. */
export const FLIGHT_COUNT = 32;
/** Word offsets within a flight. */
export const FLIGHT = { hash: 0, owner: 1, ticket: 2 } as const;
/** Words of a flight. */
export const FLIGHT_WORDS = 4;

/** Word offsets within a bucket. */
export const BUCKET = { newest: 0, visited: 1 } as const;

/** Word offsets within an entry; `key` is where its key begins. */
export const ENTRY = {
  control: 0,
  older: 1,
  hash: 2,
  meta: 3,
  valueBytes: 4,
  staleMs: 5,
  freshUntil: 6,
  key: 8,
} as const;
/** Units before the key. */
export const HEADER_UNITS: number = ENTRY.key / UNIT_WORDS;

/** Kinds of records. Zeros are none. */
export const KIND = { entry: 1, padding: 2, note: 3 } as const;

/** The parts of `control`. */
export const CONTROL = { unitsMask: 0x0fff_ffff, kindShift: 28 } as const;

/** The parts of `meta`. Two entries are of one key when hash, length and space are equal, and the bytes. */
export const META = {
  keyBytesMask: 0xffff,
  spaceShift: 16,
  sameKeyMask: 0x000f_ffff,
  typeShift: 20,
  typeMask: 0xf,
  moved: 0x100_0000,
} as const;

/** What an entry is for: a value, or the error of a computation. */
export const SPACE = { values: 0, errors: 1 } as const;

/** What a value is: a record of the cache's schema, a number, or for a note, what happened to its key. */
export const TYPE = { record: 0, number: 1, deleted: 2, incremented: 3, cleared: 4 } as const;

/** The shortest log in bytes, and the longest. */
export const LOG_BYTES_MIN = 4096;
export const LOG_BYTES_MAX: number = 2 ** 27;

/** Units of an entry. */
export function entryUnits(keyBytes: number, valueBytes: number): number {
  return HEADER_UNITS + unitsOf(keyBytes) + unitsOf(valueBytes);
}

/** Units for so many bytes. */
export function unitsOf(bytes: number): number {
  return Math.ceil(bytes / UNIT_BYTES);
}

if (SHARD.flights + FLIGHT_COUNT * FLIGHT_WORDS !== SHARD.buckets) {
  throw new Error("shard: the flights do not end where the buckets begin");
}
if ((SHARD.buckets * 4) % UNIT_BYTES !== 0) throw new Error("shard: the log is not aligned");
