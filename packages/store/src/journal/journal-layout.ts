/**
 * The files of a journal: a directory with `meta`, `lock`, segments and their indexes named by the sequence of their first record,
 * and `tailers`, a directory with a file for each named tailer.
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
 *             80 │ mark          f64   a sequence up to which everything is on the disk; changes
 *             88 │ markOffset    u32   where that record begins; changes
 *             92 │ markCrc       u32   of bytes 80 to 91; where it is another one, there is no mark
 *             96 │ reserved      4000 bytes
 *           4096 └ frames
 *
 * frame        0 ┌ size          u32   up to the end of the last payload; the top bit: being written; 0: nothing is here
 *              4 │ crc           u32   of bytes 8 to `size`, begun with the CRC of the id, XOR `size`
 *              8 │ sequence      f64   of the first record
 *             16 │ time          f64   of all records, milliseconds since 1970; never less than that of the frame before
 *             24 │ count         u32   how many records there are; 0: the segment goes on in the next one
 *             28 └ records       padded with zeros to a multiple of 8
 *
 * record       0 ┌ length        u32   of the payload; begins 4 bytes before a multiple of 8
 *              4 └ payload       padded with zeros up to where the next record begins
 *
 * index        0 ┌ magic         "ISTHMUSX"
 *              8 │ version       u32
 *             12 │ blockCount    u32   blocks behind the header: the file has 4096 x (1 + blockCount) bytes
 *             16 │ id            16 bytes, as in meta
 *             32 │ first         f64   of the segment, as in the file's name
 *             40 │ segmentBytes  f64   of the segment
 *             48 │ segmentCrc    u32   `crc` of the segment's header
 *             52 │ reserved      8 bytes
 *             60 │ crc           u32   of bytes 0 to 59
 *             64 │ reserved      4032 bytes
 *           4096 └ blocks
 *
 * block        0 ┌ crc           u32   of bytes 4 to 4095, begun with the `crc` of the index
 *              4 │ number        u32   of the block, from 1
 *              8 │ entryCount    u32   1 to 204; only the last block has fewer than 204
 *             12 │ reserved      4 bytes
 *             16 └ entries       ascending; zeros behind them
 *
 * entry        0 ┌ sequence      f64   of a record; that of the segment's first whole one, then one every 8 KiB
 *              8 │ time          f64   of that record
 *             16 └ offset        u32   where it begins in the segment
 *
 * tailer       0 ┌ copies        2, of 512 bytes each: odd commits in the first, even ones in the second
 *           1024 └ kept          2, of 512 bytes each: what was brought to the disk, over the older one
 *
 * copy         0 ┌ magic         "ISTHMUST"
 *              8 │ version       u32
 *             12 │ crc           u32   of bytes 16 to 39, begun with the CRC of the id
 *             16 │ commits       f64   how often it was committed, from 1; of the whole copies the one with the most is right
 *             24 │ sequence      f64   everything up to it has been handled
 *             32 │ time          f64   of the commit, milliseconds since 1970
 *             40 └ reserved      472 bytes
 *
 * lock         0 ┌ version       u32   0 until it is opened for the first time
 *              4 │ last          u32   who had the turn last: what it stored in the mutex's holder
 *              8 │ reserved      120 bytes
 *            128 │ mutex         128 bytes: strategy 2, whose turn it is; a holder is a slot of this file
 *            256 │ syncMutex     128 bytes: strategy 2, who brings records to the disk for all that wait
 *            384 │ generations   512 x u32: how often each slot was taken
 *           2432 │ group         128 bytes: see `group-commit.ts`
 *           2560 │ reserved      1536 bytes
 *           4096 └ slots         nothing; whoever has slot n has byte 4096 + n locked
 * ```
 *
 * All numbers are little-endian. CRCs are those of zlib. Nothing but time is lost with an index: it says where to begin to look, and
 * what is there is looked at as anywhere. Where the kernel cannot lock single bytes `lock` is empty, and locked as a whole.
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
  mark: 80,
  markOffset: 88,
  markCrc: 92,
  frames: 4096,
} as const;
export const SEGMENT_MAGIC = "ISTHMUSS";
export const ID_BYTES = 16;
/** The smallest and the largest file of records. */
export const SEGMENT_BYTES_MIN: number = 2 ** 16;
export const SEGMENT_BYTES_MAX: number = 2 ** 30;
/** The last time that there is, in milliseconds since 1970. */
const TIME_MAX = 8_640_000_000_000_000;

/** Byte offsets in a frame: records that were appended together, under one checksum. */
export const FRAME = {
  size: 0,
  crc: 4,
  sequence: 8,
  time: 16,
  count: 24,
  records: 28,
} as const;
/** The shortest frame: the seal, which has no record, or one record without a payload. */
export const FRAME_BYTES_MIN = 32;
/** A frame ends before it would be longer than this, unless it has one record only. */
export const FRAME_BYTES_MAX = 8192;
/** Byte offsets in a record. */
export const RECORD = { length: 0, payload: 4 } as const;
/** The least that a record takes in a frame. */
export const RECORD_BYTES_MIN = 8;
/** In `size`, while the frame is written. */
export const PENDING: number = 0x8000_0000 | 0;

/** Byte offsets in an index. */
export const INDEX = {
  magic: 0,
  version: 8,
  blockCount: 12,
  id: 16,
  first: 32,
  segmentBytes: 40,
  segmentCrc: 48,
  crc: 60,
  blocks: 4096,
} as const;
export const INDEX_MAGIC = "ISTHMUSX";
/** Byte offsets in a block of an index. */
export const BLOCK = { crc: 0, number: 4, entryCount: 8, entries: 16 } as const;
export const BLOCK_BYTES = 4096;
/** Byte offsets in an entry. */
export const ENTRY = { sequence: 0, time: 8, offset: 16 } as const;
export const ENTRY_BYTES = 20;
export const ENTRIES_MAX: number = (BLOCK_BYTES - BLOCK.entries) / ENTRY_BYTES;
/** At most every so many bytes of records there is an entry. */
export const INDEX_STRIDE_BYTES = 8192;

/** Byte offsets in a copy of a tailer's position. */
export const TAILER = {
  magic: 0,
  version: 8,
  crc: 12,
  commits: 16,
  sequence: 24,
  time: 32,
  reserved: 40,
} as const;
export const TAILER_MAGIC = "ISTHMUST";
/** Of a copy: what a disk writes at once. */
export const TAILER_COPY_BYTES = 512;
/** Two for commits, two that are kept. */
export const TAILER_COPIES = 4;

/** Byte offsets in `lock`. */
export const LOCK = {
  version: 0,
  last: 4,
  mutex: 128,
  syncMutex: 256,
  generations: 384,
  group: 2432,
  slots: 4096,
} as const;
export const LOCK_VERSION = 2;
export const LOCK_SLOTS = 512;

/** What `meta` and segments are called. */
export const META_NAME = "meta";
export const LOCK_NAME = "lock";
/** The segment that is made ready, until it gets its name. */
export const ASIDE_NAME = ".next";
/** The directory of tailers, and what their files end with. */
export const TAILERS_NAME = "tailers";
export const TAILER_SUFFIX = ".tailer";
/** What an index begins with until it gets its name. */
export const INDEX_ASIDE = ".index-";
const NAME_DIGITS = 20;
export const SEGMENT_SUFFIX = ".seg";
const SEGMENT_NAME = /^\d{20}\.seg$/;
const INDEX_NAME = /^\d{20}\.idx$/;

/** The file's name of the segment that begins with a sequence. */
export function segmentName(first: number): string {
  return `${String(first).padStart(NAME_DIGITS, "0")}${SEGMENT_SUFFIX}`;
}

/** The file's name of the index of that segment. */
export function indexName(first: number): string {
  return `${String(first).padStart(NAME_DIGITS, "0")}.idx`;
}

/** With which sequence a segment begins, by its file's name; undefined for any other file. */
export function firstOf(name: string): number | undefined {
  return numberIn(name, SEGMENT_NAME);
}

/** Of which segment a file is the index, by its name; undefined for any other file. */
export function indexedBy(name: string): number | undefined {
  return numberIn(name, INDEX_NAME);
}

function numberIn(name: string, form: RegExp): number | undefined {
  if (!form.test(name)) return undefined;
  const first = Number(name.slice(0, NAME_DIGITS));
  return Number.isSafeInteger(first) && first > 0 ? first : undefined;
}

/** Whether a number can be a time, in milliseconds since 1970. */
export function isTime(value: number): boolean {
  return value >= 0 && value <= TIME_MAX;
}

/** The length of a frame with its padding, in bytes. */
export function paddedBytes(size: number): number {
  return (size + 7) & -8;
}

/** Where the record behind another one begins. */
export function nextRecord(at: number, lengthBytes: number): number {
  return ((at + lengthBytes + 15) & -8) - 4;
}

/** The longest payload that fits into a segment, with the seal behind it. */
export function payloadBytesMax(segmentBytes: number): number {
  return segmentBytes - SEGMENT.frames - 2 * FRAME_BYTES_MIN;
}
