/**
 * What a cache counts, as users see it.
 *
 * @module
 */
import type { CacheStore } from "./cache-store.ts";
import { UNIT_BYTES } from "./shard-layout.ts";

/** Figures of a cache, of all who use it together. Who has found no place among the participants counts for itself. */
export interface CacheMetrics {
  /** How often a value was found. */
  readonly hits: number;
  /** How often none was found that could be used. */
  readonly misses: number;
  /** How often one was given out that was fresh no more; not among the hits. */
  readonly staleHits: number;
  /** Values that were set. */
  readonly sets: number;
  /** Keys that were deleted. */
  readonly deletes: number;
  /** Values that were computed by `getOrCompute`. */
  readonly computes: number;
  /** Computations that threw. */
  readonly computeErrors: number;
  /** How often somebody waited for the computation of another process. */
  readonly waits: number;
  /** Entries that made room for others, modulo 2^32. */
  readonly evictions: number;
  /** Entries that were dropped because their time was over, modulo 2^32. */
  readonly expirations: number;
  /** How often a process has died in the middle of a change. */
  readonly recoveries: number;
  /** How often a shard was emptied because something impossible was found in it. */
  readonly resets: number;
  /** Entries that are there, those whose time is over and that nobody has dropped yet included. */
  readonly entries: number;
  /** Bytes that they take, keys and all that is known of them included. */
  readonly bytes: number;
  /** Bytes that there are for entries. */
  readonly capacityBytes: number;
  /** Entries of each shard. */
  readonly entriesByShard: readonly number[];
}

/** Reads the figures. */
export function metricsOf(store: CacheStore): CacheMetrics {
  const { shape } = store;
  return {
    hits: store.total("hits"),
    misses: store.total("misses"),
    staleHits: store.total("staleHits"),
    sets: store.total("sets"),
    deletes: store.total("deletes"),
    computes: store.total("computes"),
    computeErrors: store.total("computeErrors"),
    waits: store.total("waits"),
    evictions: store.sum("evictions"),
    expirations: store.sum("expirations"),
    recoveries: store.sum("recoveries"),
    resets: store.sum("resets"),
    entries: store.sum("entries"),
    bytes: store.sum("usedUnits") * UNIT_BYTES,
    capacityBytes: shape.shardCount * shape.logBytes,
    entriesByShard: store.each("entries"),
  };
}
