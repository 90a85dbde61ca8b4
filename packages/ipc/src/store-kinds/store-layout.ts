/**
 * What an observer must know of the layouts of caches, tables, counters and live heads of journals. The floor above, which they
 * belong to, describes them whole and takes these numbers from here: no import climbs a floor.
 *
 * @module
 */
import { COPY_COUNT } from "../shared-struct/cells-layout.ts";
import { f64 } from "../struct/scalars.ts";
import { struct } from "../struct/struct.ts";
import type { StructSchema } from "../struct/struct-schema.ts";
import { MUTEX_BYTES } from "../sync/mutex-layout.ts";

/** Word offsets within the state section of a cache. */
export const CACHE = { seed: 0, factor: 1, shardCount: 2, logBytes: 3, boot: 4 } as const;
/** Bytes before the counters. */
export const CACHE_HEADER_BYTES = 64;
/** Bytes of one participant's counters. */
export const COUNTS_BYTES = 64;

/** What every participant of a cache counts, in units of 8 bytes. */
export const COUNT = {
  hits: 0,
  misses: 1,
  staleHits: 2,
  sets: 3,
  deletes: 4,
  computes: 5,
  computeErrors: 6,
  waits: 7,
} as const;

/** Word offsets within a shard. */
export const SHARD = {
  head: 32,
  tail: 33,
  entries: 34,
  usedUnits: 35,
  evictions: 36,
  expirations: 37,
  moves: 38,
  recoveries: 39,
  resets: 40,
  ticket: 41,
  isWatched: 42,
  flights: 48,
  buckets: 176,
} as const;

/** Bytes of a unit, in which positions in a shard count. */
export const UNIT_BYTES = 8;
/** Words of a bucket. */
export const BUCKET_WORDS = 2;
/** Bytes of the log for each bucket: what an entry of ordinary size takes. */
export const BYTES_PER_BUCKET = 128;
/** Shards begin at multiples of so many bytes. */
const SHARD_ALIGNMENT = 64;

/** How many buckets and units a shard has. */
export interface ShardShape {
  readonly bucketCount: number;
  readonly logUnits: number;
}

/** The shape of a shard by its log. */
export function shapeOfLog(logBytes: number): ShardShape {
  return { bucketCount: logBytes / BYTES_PER_BUCKET, logUnits: logBytes / UNIT_BYTES };
}

/** The word of a shard at which its log begins. */
export function logWordOf({ bucketCount }: ShardShape): number {
  return SHARD.buckets + bucketCount * BUCKET_WORDS;
}

/** Bytes of a whole shard. */
export function shardBytes(shape: ShardShape): number {
  const bytes = logWordOf(shape) * 4 + shape.logUnits * UNIT_BYTES;
  return Math.ceil(bytes / SHARD_ALIGNMENT) * SHARD_ALIGNMENT;
}

/** Word offsets within the state section of a table. */
export const TABLE = { rowCount: 0, rowBytes: 1 } as const;
/** Bytes before the locks. */
export const TABLE_HEADER_BYTES = 64;
/** How many locks a table has: as many rows can be changed at a time. */
export const LOCK_COUNT = 64;
/** Bytes of the state section of a table. */
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

/** Word offsets within the state section of a journal's live head. */
export const HEAD = {
  appends: 0,
  last: 1,
  pathBytes: 2,
  records: 4,
  bytes: 6,
  lastSequence: 8,
  synced: 10,
  first: 12,
  segments: 14,
  diskBytes: 16,
  followers: 32,
  path: 1056,
} as const;
/** How many can be noted who follow a journal; more follow it unnoted. */
export const FOLLOWER_COUNT = 64;
/** Word offsets within the place of one of them. */
export const FOLLOWER = { owner: 0, reserved: 1, position: 2, name: 4 } as const;
/** Words of such a place. */
export const FOLLOWER_WORDS = 16;
/** The longest name of a follower, in bytes of UTF-8. */
export const FOLLOWER_NAME_BYTES: number = (FOLLOWER_WORDS - FOLLOWER.name) * 4;
/** Bytes of the state section of a live head. */
export const HEAD_BYTES = 8192;
/** The longest path that it can tell, in bytes of UTF-8. */
export const HEAD_PATH_BYTES: number = HEAD_BYTES - HEAD.path * 4;

if (HEAD.followers + FOLLOWER_COUNT * FOLLOWER_WORDS !== HEAD.path) {
  throw new Error("journal: the path begins behind the followers");
}

/** What tells the segment of a rate limiter from those of caches. Its entries have no value: the time says all. */
export function limiterSchema(): StructSchema {
  limiter ??= struct({ rateLimitFullAtMs: f64 });
  return limiter;
}

let limiter: StructSchema | undefined;

/** Word offsets within the state section of counters. */
export const COUNTERS = {
  columnBytes: 0,
  directoryBytes: 1,
  usedBytes: 2,
  series: 3,
  numbers: 4,
} as const;
/** Where the lock of the directory is, in bytes. */
export const LOCK_OFFSET = 64;
/** Where the lives are, in bytes. */
export const LIVES_OFFSET: number = LOCK_OFFSET + MUTEX_BYTES;
/** The number of each column that counts what found no room. */
export const DROPPED = 0;
