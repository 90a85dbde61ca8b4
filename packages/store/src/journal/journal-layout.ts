/**
 * The files of a journal: a directory with `meta`, `lock`, and segments named by the sequence of their first record.
 *
 * ```text
 * meta         0 ┌ magic         "ISTHMUSJ"
 *              8 │ version       u32
 *             12 │ lengthBytes   u32   of the file
 *             16 │ id            16 random bytes
 *             32 │ segmentBytes  f64
 *             40 │ fingerprint   u64   of the schema
 *             48 │ reserved      12 bytes
 *             60 │ crc           u32   of the file, as if this were zero
 *             64 └ schema        utf8
 *
 * segment      0 ┌ magic         "ISTHMUSS"
 *              8 │ version       u32
 *             12 │ headerBytes   u32
 *             16 │ id            16 bytes, as in meta
 *             32 │ first         f64   sequence of the first record
 *             40 │ segmentBytes  f64   of the file
 *             48 │ time          f64   of the record before, in milliseconds since 1970
 *             56 │ reserved      u32
 *             60 │ crc           u32   of bytes 0 to 59
 *             64 │ synced        f64   at least up to this sequence everything is on the disk; changes
 *             72 │ failed        u32   odd: a sync has failed; even: as often it has been made good; changes
 *             76 │ syncedCrc     u32   of `synced`; changes after it, and where it is another one, nothing is known
 *             80 │ reserved      4016 bytes
 *           4096 └ records
 *
 * record       0 ┌ size          u32   32 + bytes of the payload; the top bit: being written; 0: nothing is here
 *              4 │ crc           u32   of bytes 8 to `size`, begun with the CRC of the id, XOR `size`
 *              8 │ sequence      f64
 *             16 │ time          f64   milliseconds since 1970; never less than that of the record before
 *             24 │ type          u32   1: a record; 2: the segment goes on in the next one
 *             28 │ reserved      u32
 *             32 └ payload       padded with zeros to a multiple of 8
 * ```
 *
 * All numbers are little-endian. CRCs are those of zlib. `lock` is empty.
 *
 * @module
 */

export const FORMAT_VERSION = 1;

/** Byte offsets in `meta`. */
export const META = {
  magic: 0,
  version: 8,
  lengthBytes: 12,
  id: 16,
  segmentBytes: 32,
  fingerprint: 40,
  crc: 60,
  schema: 64,
} as const;
export const META_MAGIC = "ISTHMUSJ";
/** The longest `meta`: schemas are short. */
export const META_BYTES_MAX: number = 2 ** 20;

/** Byte offsets in a segment. */
export const SEGMENT = {
  magic: 0,
  version: 8,
  headerBytes: 12,
  id: 16,
  first: 32,
  segmentBytes: 40,
  time: 48,
  crc: 60,
  synced: 64,
  failed: 72,
  syncedCrc: 76,
  records: 4096,
} as const;
export const SEGMENT_MAGIC = "ISTHMUSS";
export const ID_BYTES = 16;
/** The smallest and the largest file of records. */
export const SEGMENT_BYTES_MIN: number = 2 ** 16;
export const SEGMENT_BYTES_MAX: number = 2 ** 30;

/** Byte offsets in a record. */
export const RECORD = {
  size: 0,
  crc: 4,
  sequence: 8,
  time: 16,
  type: 24,
  payload: 32,
} as const;
/** Types of records. */
export const TYPE = { record: 1, seal: 2 } as const;
/** In `size`, while the record is written. */
export const PENDING: number = 0x8000_0000 | 0;

/** What `meta` and segments are called. */
export const META_NAME = "meta";
export const LOCK_NAME = "lock";
/** The segment that is made ready, until it gets its name. */
export const ASIDE_NAME = ".next";
const SEGMENT_NAME = /^(\d{20})\.seg$/;

/** The file's name of the segment that begins with a sequence. */
export function segmentName(first: number): string {
  return `${String(first).padStart(20, "0")}.seg`;
}

/** With which sequence a file begins, by its name; undefined for any other file. */
export function firstOf(name: string): number | undefined {
  const digits = SEGMENT_NAME.exec(name)?.[1];
  const first = Number(digits ?? Number.NaN);
  return Number.isSafeInteger(first) && first > 0 ? first : undefined;
}

/** The length of a record with its padding, in bytes. */
export function paddedBytes(size: number): number {
  return Math.ceil(size / 8) * 8;
}

/** The longest payload that fits into a segment, with the seal behind it. */
export function payloadBytesMax(segmentBytes: number): number {
  return segmentBytes - SEGMENT.records - 2 * RECORD.payload;
}
