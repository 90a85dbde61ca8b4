/**
 * The figures of a journal.
 *
 * @module
 */

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
