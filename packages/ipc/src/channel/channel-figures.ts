/**
 * The figures of a channel.
 *
 * @module
 */

/** What a channel tells of itself, of each lane, and of its consumer. */
export const CHANNEL_FIGURES = {
  segment: {
    /** Bytes of a record of a struct; 0 otherwise. */
    recordBytes: {
      type: "gauge",
      unit: "bytes",
      help: "Bytes of a record of a struct; 0 otherwise.",
      writer: "creator",
    },
    /** Room for the records of one producer, in bytes. */
    capacityBytes: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      help: "Room for the records of one producer, in bytes.",
      writer: "creator",
    },
    /** The same in what positions count: records of a struct, else units of 8 bytes. */
    capacity: {
      type: "gauge",
      unit: "positions",
      help: "The same in what positions count.",
      writer: "creator",
    },
    /** How many producers there can be. */
    maxProducers: {
      type: "gauge",
      unit: "participants",
      total: "sum",
      help: "How many producers there can be.",
      writer: "creator",
    },
    /** How often a sleeping consumer was woken. */
    consumerWakes: {
      type: "counter",
      unit: "count",
      bits: 32,
      help: "How often a sleeping consumer was woken.",
      writer: "producer",
    },
    /** How often sleeping producers were woken. */
    producerWakes: {
      type: "counter",
      unit: "count",
      bits: 32,
      help: "How often sleeping producers were woken.",
      writer: "consumer",
    },
    /** Waiters that found what they waited for without having been woken. Should be 0 while nobody dies. */
    timeoutWakes: {
      type: "counter",
      unit: "count",
      bits: 32,
      help: "Waiters that found what they waited for without having been woken.",
      writer: "waiter",
    },
  },
  producer: {
    /** Where it is published up to: in records for a struct, in units of 8 bytes otherwise. Never goes back. */
    position: {
      type: "gauge",
      unit: "positions",
      help: "Where it is published up to.",
      writer: "producer",
    },
    /** Records that were published. */
    records: {
      type: "counter",
      unit: "records",
      help: "Records that were published.",
      writer: "producer",
      counter: "records",
      column: "records",
      direction: "published",
    },
    /** Bytes of their payloads. */
    bytes: {
      type: "counter",
      unit: "bytes",
      help: "Bytes of their payloads.",
      writer: "producer",
      counter: "bytes",
      column: "bytes",
      direction: "published",
    },
    /** Records that were refused because there was no room: `trySend` gave false, or `onFull: "fail"` threw. */
    drops: {
      type: "counter",
      unit: "records",
      help: "Records that were refused because there was no room.",
      writer: "producer",
      counter: "drops",
      column: "drops",
      alarm: "records are refused because there is no room",
    },
    /** How often there was no room and the producer waited. */
    fullWaits: {
      type: "counter",
      unit: "count",
      help: "How often there was no room and the producer waited.",
      writer: "producer",
      counter: "waits",
      column: "fullWaits",
    },
    /** When it last published, in milliseconds since 1970, roughly; 0: never. */
    lastActivityMs: {
      type: "gauge",
      unit: "milliseconds",
      help: "When it last published.",
      writer: "producer",
      counter: "lastActivity",
    },
  },
  lane: {
    /** Where it is consumed up to; compare `position`. Up to there: everything published has been taken. */
    consumedPosition: {
      type: "gauge",
      unit: "positions",
      help: "Where it is consumed up to.",
      writer: "consumer",
    },
    /** Records that were consumed. */
    consumedRecords: {
      type: "counter",
      unit: "records",
      help: "Records that were consumed.",
      writer: "consumer",
      counter: "records",
      rate: "consumed",
      family: "records",
      direction: "consumed",
      column: "consumed",
    },
    /** Bytes of their payloads. */
    consumedBytes: {
      type: "counter",
      unit: "bytes",
      help: "Bytes of their payloads.",
      writer: "consumer",
      counter: "bytes",
      family: "bytes",
      direction: "consumed",
    },
    /** Records that were published and have not been consumed. */
    lag: {
      type: "gauge",
      unit: "records",
      total: "sum",
      help: "Records that were published and have not been consumed.",
      writer: "consumer",
      column: "lag",
    },
    /** How much of the lane's room they take, 0 to 1. */
    fill: {
      type: "gauge",
      unit: "ratio",
      total: "max",
      help: "How much of the lane's room they take, 0 to 1.",
      writer: "consumer",
      column: "fill",
    },
  },
  consumer: {
    /** How often there was nothing to consume and the consumer waited. */
    emptyWaits: {
      type: "counter",
      unit: "count",
      help: "How often there was nothing to consume and the consumer waited.",
      writer: "consumer",
      counter: "waits",
      column: "emptyWaits",
    },
    /** Records that a poll for the latest passed over because a newer one was there; among those that were consumed. */
    skipped: {
      type: "counter",
      unit: "records",
      help: "Records that a poll for the latest passed over because a newer one was there.",
      writer: "consumer",
      counter: "drops",
    },
    /** Impossible positions, lengths and contents that it found. */
    corruptions: {
      type: "counter",
      unit: "count",
      help: "Impossible positions, lengths and contents that it found.",
      writer: "consumer",
      counter: "corruptions",
      column: "corruptions",
    },
    /** Whether it has found nothing and wants to see the next record at once. */
    isIdle: {
      type: "gauge",
      unit: "boolean",
      help: "Whether it has found nothing and wants to see the next record at once.",
      writer: "consumer",
    },
    /** When it last consumed, in milliseconds since 1970, roughly; 0: never. */
    lastActivityMs: {
      type: "gauge",
      unit: "milliseconds",
      help: "When it last consumed.",
      writer: "consumer",
      counter: "lastActivity",
    },
  },
  latency: {
    /** How long records took from being sent to being handed out. */
    latency: {
      type: "histogram",
      unit: "seconds",
      writer: "consumer",
      column: "latency",
      help: "How long records took from being sent to being handed out.",
    },
  },
} as const;
