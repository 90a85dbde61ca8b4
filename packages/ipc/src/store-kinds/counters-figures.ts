/**
 * The figures of shared counters.
 *
 * @module
 */

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
