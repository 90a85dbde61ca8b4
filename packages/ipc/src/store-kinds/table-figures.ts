/**
 * The figures of a table.
 *
 * @module
 */

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
