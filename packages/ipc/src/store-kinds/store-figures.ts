/**
 * The figures of caches, rate limiters, tables, shared counters and journals.
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

/** What a rate limiter tells of itself. */
export const LIMITER_FIGURES = {
  segment: {
    /** Requests that were allowed. */
    allowed: {
      type: "counter",
      unit: "requests",
      writer: "user",
      help: "Requests that were allowed.",
    },
    /** Requests that were not. */
    denied: {
      type: "counter",
      unit: "requests",
      writer: "user",
      help: "Requests that were not.",
    },
    /** Keys that are remembered, those whose units are all back included. */
    keys: {
      type: "gauge",
      unit: "count",
      total: "sum",
      writer: "user",
      help: "Keys that are remembered, those whose units are all back included.",
    },
    /** Keys that made room for others while they still lacked units, modulo 2^32. */
    evictions: {
      type: "counter",
      unit: "count",
      writer: "user",
      bits: 32,
      help: "Keys that made room for others while they still lacked units, modulo 2^32.",
    },
    /** How often a process has died in the middle of a change, modulo 2^32. */
    recoveries: {
      type: "counter",
      unit: "count",
      writer: "user",
      bits: 32,
      help: "How often a process has died in the middle of a change, modulo 2^32.",
    },
    /** Bytes that the keys take. */
    bytes: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      writer: "user",
      help: "Bytes that the keys take.",
    },
    /** Bytes that there are for keys. */
    capacityBytes: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      writer: "creator",
      help: "Bytes that there are for keys.",
    },
  },
} as const;

/** What a table tells of itself. */
export const TABLE_FIGURES = {
  segment: {
    /** Rows that it has. */
    rows: {
      type: "gauge",
      unit: "count",
      total: "sum",
      writer: "creator",
      help: "Rows that it has.",
    },
    /** Bytes of a row's record. */
    rowBytes: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      writer: "creator",
      help: "Bytes of a row's record.",
    },
    /** Updates of its rows, those that threw included, modulo 2^32. */
    updates: {
      type: "counter",
      unit: "count",
      writer: "user",
      bits: 32,
      help: "Updates of its rows, those that threw included, modulo 2^32.",
    },
  },
} as const;

/** What shared counters tell of themselves. */
export const COUNTERS_FIGURES = {
  segment: {
    /** Combinations of labels that are counted, in all metrics together. */
    series: {
      type: "gauge",
      unit: "count",
      total: "sum",
      writer: "user",
      help: "Combinations of labels that are counted, in all metrics together.",
    },
    /** Counts for which there was no room. */
    dropped: {
      type: "counter",
      unit: "count",
      writer: "user",
      alarm: "a label has more values than there is memory for",
      help: "Counts for which there was no room.",
    },
    /** Bytes of a process's numbers that are in use. */
    bytes: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      writer: "user",
      help: "Bytes of a process's numbers that are in use.",
    },
    /** Bytes that there are for them. */
    capacityBytes: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      writer: "creator",
      help: "Bytes that there are for them.",
    },
  },
} as const;

/** What a journal tells of itself, as far as it is open here: what those have done who share its live head. */
export const JOURNAL_FIGURES = {
  segment: {
    /** Records that were appended since somebody has had it open. */
    records: {
      type: "counter",
      unit: "records",
      writer: "appender",
      help: "Records that were appended since somebody has had it open.",
    },
    /** Bytes of their payloads. */
    bytes: {
      type: "counter",
      unit: "bytes",
      writer: "appender",
      help: "Bytes of their payloads.",
    },
    /** Sequence of the last record; 0 while nobody knows of any. */
    lastSequence: {
      type: "gauge",
      unit: "count",
      total: "max",
      writer: "appender",
      help: "Sequence of the last record; 0 while nobody knows of any.",
    },
    /** Up to this sequence, every record is known to be on the disk. */
    syncedSequence: {
      type: "gauge",
      unit: "count",
      total: "max",
      writer: "appender",
      help: "Up to this sequence, every record is known to be on the disk.",
    },
    /** Records behind that one. */
    unsynced: {
      type: "gauge",
      unit: "records",
      total: "sum",
      writer: "appender",
      help: "Records behind that one.",
    },
    /** Sequence of the first record that is kept. */
    firstSequence: {
      type: "gauge",
      unit: "count",
      total: "max",
      writer: "appender",
      help: "Sequence of the first record that is kept.",
    },
    /** Files of records. */
    segments: {
      type: "gauge",
      unit: "count",
      total: "sum",
      writer: "appender",
      help: "Files of records.",
    },
    /** What those take on the disk. */
    diskBytes: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      writer: "appender",
      help: "What those take on the disk.",
    },
  },
  follower: {
    /** Sequence of the last record that a follower is done with. */
    position: {
      type: "gauge",
      unit: "count",
      writer: "user",
      help: "Sequence of the last record that a follower is done with.",
    },
    /** Records that the slowest follower still has before it. */
    lag: {
      type: "gauge",
      unit: "records",
      total: "max",
      writer: "user",
      help: "Records that the slowest follower still has before it.",
    },
  },
} as const;
