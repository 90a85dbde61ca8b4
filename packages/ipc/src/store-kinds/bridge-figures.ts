/**
 * The figures of a bridge: what goes to other machines, and what comes from them.
 *
 * @module
 */

/** What a bridge tells of itself. */
export const BRIDGE_FIGURES = {
  end: {
    /** Records that were carried: the server has acknowledged them, or they have been put into memory here. */
    records: {
      type: "counter",
      unit: "records",
      writer: "user",
      help: "Records that were carried: the server has acknowledged them, or they have been put into memory here.",
    },
    /** Bytes of their payloads. */
    bytes: {
      type: "counter",
      unit: "bytes",
      writer: "user",
      help: "Bytes of their payloads.",
    },
    /** Messages that they were carried in. */
    messages: {
      type: "counter",
      unit: "count",
      writer: "user",
      help: "Messages that they were carried in.",
    },
    /** Messages that were sent again, because nobody knew whether the server had them. */
    resends: {
      type: "counter",
      unit: "count",
      writer: "user",
      help: "Messages that were sent again, because nobody knew whether the server had them.",
    },
    /** Records that came again and were there already; each counts once among the carried ones. */
    duplicates: {
      type: "counter",
      unit: "records",
      writer: "user",
      help: "Records that came again and were there already; each counts once among the carried ones.",
    },
    /** How often records were missing, as their positions tell. */
    gaps: {
      type: "counter",
      unit: "count",
      writer: "user",
      alarm: "records are missing",
      help: "How often records were missing, as their positions tell.",
    },
    /** Records that were gone before they could be carried: overwritten here, or removed from the server's stream. */
    lost: {
      type: "counter",
      unit: "records",
      writer: "user",
      alarm: "records were gone before they could be carried",
      help: "Records that were gone before they could be carried: overwritten here, or removed from the server's stream.",
    },
    /** Records that were given up, as was asked for, because the server was away or its stream full. */
    drops: {
      type: "counter",
      unit: "records",
      writer: "user",
      alarm: "records are given up: the server is away, or its stream full",
      help: "Records that were given up, as was asked for, because the server was away or its stream full.",
    },
    /** How often it could not go on: the server away, its stream full, no room here. */
    stalls: {
      type: "counter",
      unit: "count",
      writer: "user",
      help: "How often it could not go on: the server away, its stream full, no room here.",
    },
    /** How often the connection to the server was lost and made anew. */
    reconnects: {
      type: "counter",
      unit: "count",
      writer: "user",
      alarm: "the connection to the server was lost",
      help: "How often the connection to the server was lost and made anew.",
    },
    /** Records that are still to be carried. */
    lag: {
      type: "gauge",
      unit: "records",
      total: "sum",
      writer: "user",
      help: "Records that are still to be carried.",
    },
    /** Messages that were sent, and that the server has not acknowledged yet. */
    inFlight: {
      type: "gauge",
      unit: "count",
      total: "sum",
      writer: "user",
      help: "Messages that were sent, and that the server has not acknowledged yet.",
    },
    /** Bytes of the journal in which records wait while the server is away. */
    spilledBytes: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      writer: "user",
      help: "Bytes of the journal in which records wait while the server is away.",
    },
    /** How long the server has lately taken to acknowledge a message, in milliseconds. */
    acknowledgeMs: {
      type: "gauge",
      unit: "milliseconds",
      total: "max",
      writer: "user",
      help: "How long the server has lately taken to acknowledge a message.",
    },
    /** Whether there is no connection to the server. */
    isAway: {
      type: "gauge",
      unit: "boolean",
      total: "max",
      writer: "user",
      help: "Whether there is no connection to the server.",
    },
    /** Whether there is no room for what it carries: in the server's stream, or here. */
    isStalled: {
      type: "gauge",
      unit: "boolean",
      total: "max",
      writer: "user",
      help: "Whether there is no room for what it carries: in the server's stream, or here.",
    },
    /** For how long it has been away or stalled; 0 when it goes on. In milliseconds. */
    haltedMs: {
      type: "gauge",
      unit: "milliseconds",
      total: "max",
      writer: "user",
      help: "For how long it has been away or stalled; 0 when it goes on.",
    },
    /** Whether it has stopped for good: another bridge has taken its place, or the records are others. */
    isStopped: {
      type: "gauge",
      unit: "boolean",
      total: "max",
      writer: "user",
      help: "Whether it has stopped for good: another bridge has taken its place, or the records are others.",
    },
  },
} as const;
