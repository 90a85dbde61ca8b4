/**
 * The figures of a cache.
 *
 * @module
 */

/** What a cache tells of itself. */
export const CACHE_FIGURES = {
  segment: {
    /** How often a value was found. */
    hits: {
      type: "counter",
      unit: "count",
      writer: "user",
      help: "How often a value was found.",
    },
    /** How often none was found that could be used. */
    misses: {
      type: "counter",
      unit: "count",
      writer: "user",
      help: "How often none was found that could be used.",
    },
    /** How often one was given out that was fresh no more; not among the hits. */
    staleHits: {
      type: "counter",
      unit: "count",
      writer: "user",
      help: "How often one was given out that was fresh no more; not among the hits.",
    },
    /** Hits and stale hits of all that was asked for, 0 to 1; 0 before the first. */
    hitRatio: {
      type: "gauge",
      unit: "ratio",
      total: "max",
      writer: "user",
      help: "Hits and stale hits of all that was asked for, 0 to 1; 0 before the first.",
    },
    /** Values that were set. */
    sets: {
      type: "counter",
      unit: "count",
      writer: "user",
      help: "Values that were set.",
    },
    /** Keys that were deleted. */
    deletes: {
      type: "counter",
      unit: "count",
      writer: "user",
      help: "Keys that were deleted.",
    },
    /** Values that were computed by getOrCompute. */
    computes: {
      type: "counter",
      unit: "count",
      writer: "user",
      help: "Values that were computed by getOrCompute.",
    },
    /** Computations that threw. */
    computeErrors: {
      type: "counter",
      unit: "count",
      writer: "user",
      help: "Computations that threw.",
    },
    /** How often somebody waited for the computation of another process. */
    waits: {
      type: "counter",
      unit: "count",
      writer: "user",
      help: "How often somebody waited for the computation of another process.",
    },
    /** Entries that made room for others, modulo 2^32. */
    evictions: {
      type: "counter",
      unit: "count",
      writer: "user",
      bits: 32,
      help: "Entries that made room for others, modulo 2^32.",
    },
    /** Entries that were dropped because their time was over, modulo 2^32. */
    expirations: {
      type: "counter",
      unit: "count",
      writer: "user",
      bits: 32,
      help: "Entries that were dropped because their time was over, modulo 2^32.",
    },
    /** How often a process has died in the middle of a change, modulo 2^32. */
    recoveries: {
      type: "counter",
      unit: "count",
      writer: "user",
      bits: 32,
      help: "How often a process has died in the middle of a change, modulo 2^32.",
    },
    /** How often a shard was emptied because something impossible was found in it, modulo 2^32. */
    resets: {
      type: "counter",
      unit: "count",
      writer: "user",
      bits: 32,
      alarm: "something impossible was found in it",
      help: "How often a shard was emptied because something impossible was found in it, modulo 2^32.",
    },
    /** Entries that are there, those whose time is over included. */
    entries: {
      type: "gauge",
      unit: "count",
      total: "sum",
      writer: "user",
      help: "Entries that are there, those whose time is over included.",
    },
    /** Bytes that they take. */
    bytes: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      writer: "user",
      help: "Bytes that they take.",
    },
    /** Bytes that there are for entries. */
    capacityBytes: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      writer: "creator",
      help: "Bytes that there are for entries.",
    },
    /** Parts that can be changed at the same time. */
    shards: {
      type: "gauge",
      unit: "count",
      total: "sum",
      writer: "creator",
      help: "Parts that can be changed at the same time.",
    },
  },
} as const;
