/**
 * The figures of a rate limiter.
 *
 * @module
 */

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
