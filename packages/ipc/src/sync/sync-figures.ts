/**
 * The figures of mutexes, semaphores, events, and of the cells where participants wait.
 *
 * @module
 */

/** What a mutex tells of itself. */
export const MUTEX_FIGURES = {
  mutex: {
    /** How often it was acquired. Counters wrap at 2^32. */
    acquisitions: {
      type: "counter",
      unit: "count",
      bits: 32,
      writer: "owner",
      help: "How often it was acquired.",
    },
    /** Acquisitions that had to wait. */
    contentions: {
      type: "counter",
      unit: "count",
      bits: 32,
      writer: "owner",
      help: "Acquisitions that had to wait.",
    },
    /** Acquisitions after an owner's death. */
    recoveries: {
      type: "counter",
      unit: "count",
      bits: 32,
      writer: "owner",
      help: "Acquisitions after an owner's death.",
    },
  },
} as const;

/** What a semaphore tells of itself, and of each holder. */
export const SEMAPHORE_FIGURES = {
  segment: {
    /** The most permits there can be. */
    max: {
      type: "gauge",
      unit: "permits",
      total: "sum",
      writer: "creator",
      help: "The most permits there can be.",
    },
    /** Permits that can be taken. */
    available: {
      type: "gauge",
      unit: "permits",
      total: "sum",
      writer: "holder",
      help: "Permits that can be taken.",
    },
    /** Whether the permits of a holder that dies come back, so that it is known who has them. */
    returnsOnDeath: {
      type: "gauge",
      unit: "boolean",
      total: "max",
      writer: "creator",
      help: "Whether the permits of a holder that dies come back.",
    },
  },
  held: {
    /** Permits that somebody has. */
    permits: {
      type: "gauge",
      unit: "permits",
      total: "sum",
      writer: "holder",
      family: "held",
      help: "Permits that somebody has.",
    },
  },
} as const;

/** What an event tells of itself. */
export const EVENT_FIGURES = {
  segment: {
    /** Whether it is set. */
    isSet: {
      type: "gauge",
      unit: "boolean",
      total: "max",
      writer: "setter",
      help: "Whether it is set.",
    },
    /** How often it has been set, modulo 2^31. */
    setCount: {
      type: "counter",
      unit: "count",
      bits: 31,
      writer: "setter",
      rate: "sets",
      family: "sets",
      help: "How often it has been set.",
    },
  },
} as const;

/** What a wait cell tells of itself, in a segment of any kind. */
export const CELL_FIGURES = {
  cell: {
    /** How often somebody was woken. */
    wakes: {
      type: "counter",
      unit: "count",
      bits: 32,
      writer: "waker",
      help: "How often somebody was woken.",
    },
    /** How often a waiter found what it waited for without having been woken. Should be 0. */
    timeoutWakes: {
      type: "counter",
      unit: "count",
      bits: 32,
      writer: "waiter",
      help: "How often a waiter found what it waited for without having been woken.",
    },
  },
} as const;
