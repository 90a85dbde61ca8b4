/**
 * What a cache counts, as users see it.
 *
 * @module
 */
import type { CacheInfo } from "@isthmus/ipc";
import type { CacheStore } from "./cache-store.ts";

/** Figures of a cache, of all who use it together. Who has found no place among the participants counts for itself. */
export interface CacheMetrics extends Omit<CacheInfo, "hitRatio" | "shards"> {}

/** Reads the figures. */
export function metricsOf(store: CacheStore): CacheMetrics {
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
    bytes: store.usedBytes,
    capacityBytes: store.capacityBytes,
    entriesByShard: store.each("entries"),
  };
}
