/**
 * The state section of a cache: what its shards are, and what its users count.
 *
 * ```text
 *    0 ┌ seed         u32   random, for the hash of keys
 *    4 │ factor       u32   random and odd, for the same
 *    8 │ shardCount   u32   1 to 65536
 *   12 │ logBytes     u32   of each shard's log, a power of two
 *   16 │ boot         u64   of the machine's last start; what was cached before another one is over
 *   24 │ reserved     40 bytes
 *   64 └ counters     64 bytes for each place of a participant: 8 x f64, see COUNT
 * ```
 *
 * The shards are in the data section, one behind the other. A key is in shard (hash >>> 16) × shardCount >>> 16.
 *
 * @module
 */
import { outOfRange } from "@isthmus/core/internal";
import {
  LOG_BYTES_MAX,
  LOG_BYTES_MIN,
  type ShardShape,
  shapeOfLog,
  shardBytes,
} from "./shard-layout.ts";

export { CACHE, CACHE_HEADER_BYTES, COUNT, COUNTS_BYTES } from "@isthmus/ipc/internal";

/** The smallest and the largest cache in bytes: an `ArrayBuffer` holds 4 GiB, and the rest of the segment is in it, too. */
export const CAPACITY_BYTES_MIN = 8192;
export const CAPACITY_BYTES_MAX: number = 2 ** 32 - 2 ** 24;

/** How many shards a cache has at least, when it is large enough: each can be changed by one process at a time. */
const SHARDS_WANTED = 16;
/** And when it is not, so that its entries can be larger. */
const SHARDS_MIN = 4;
const LOG_BYTES_WANTED = 65_536;

/** The most shards that a hash can choose from. */
const SHARDS_MAX = 65_536;

/** What a cache's shards are. */
export interface CacheShape extends ShardShape {
  readonly shardCount: number;
  readonly logBytes: number;
  readonly bytesPerShard: number;
}

/** The shards for a capacity: as few as there should be at least, and as many more as fit. */
export function shapeOfCapacity(capacityBytes: number): CacheShape {
  let logBytes = LOG_BYTES_MIN;
  for (;;) {
    const next = cacheShape(1, logBytes * 2);
    const shards = Math.floor(capacityBytes / next.bytesPerShard);
    const isLarge = next.logBytes > LOG_BYTES_WANTED;
    if (next.logBytes > LOG_BYTES_MAX || shards < (isLarge ? SHARDS_WANTED : SHARDS_MIN)) break;
    logBytes *= 2;
  }
  const { bytesPerShard } = cacheShape(1, logBytes);
  return cacheShape(Math.max(1, Math.floor(capacityBytes / bytesPerShard)), logBytes);
}

/**
 * The shape of a cache that exists.
 *
 * @throws {RangeError} When there can be no such cache.
 */
export function cacheShape(shardCount: number, logBytes: number): CacheShape {
  if (shardCount < 1 || shardCount > SHARDS_MAX) {
    throw outOfRange("shardCount", `1 to ${SHARDS_MAX}`, shardCount);
  }
  const isPowerOfTwo = logBytes > 0 && (logBytes & (logBytes - 1)) === 0;
  if (!isPowerOfTwo || logBytes < LOG_BYTES_MIN || logBytes > 2 * LOG_BYTES_MAX) {
    throw outOfRange("logBytes", "a power of two", logBytes);
  }
  const shape = shapeOfLog(logBytes);
  return { ...shape, shardCount, logBytes, bytesPerShard: shardBytes(shape) };
}
