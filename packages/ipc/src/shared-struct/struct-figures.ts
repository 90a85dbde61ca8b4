/**
 * The figures of a shared struct.
 *
 * @module
 */

/** What a shared struct tells of itself. */
export const STRUCT_FIGURES = {
  segment: {
    /** The version of the current value: 0 at first, 1 more with every update. */
    version: {
      type: "counter",
      unit: "count",
      writer: "writer",
      rate: "updates",
      family: "updates",
      help: "The version of the current value.",
    },
    /** The most bytes that its record can have. */
    recordBytesMax: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      writer: "creator",
      family: "recordMax",
      help: "The most bytes that its record can have.",
    },
  },
} as const;
