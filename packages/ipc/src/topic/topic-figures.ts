/**
 * The figures of a topic.
 *
 * @module
 */

/** What a topic tells of itself, of each publisher's lane, of each subscriber, and of its place in each lane. */
export const TOPIC_FIGURES = {
  segment: {
    /** Bytes of a record of a struct; 0 otherwise. */
    recordBytes: {
      type: "gauge",
      unit: "bytes",
      help: "Bytes of a record of a struct; 0 otherwise.",
      writer: "creator",
    },
    /** Room for the records of one publisher, in bytes. */
    capacityBytes: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      help: "Room for the records of one publisher, in bytes.",
      writer: "creator",
    },
    /** The same in what positions count: records of a struct, else units of 8 bytes. */
    capacity: {
      type: "gauge",
      unit: "positions",
      help: "The same in what positions count.",
      writer: "creator",
    },
    /** How many publishers there can be. */
    maxPublishers: {
      type: "gauge",
      unit: "participants",
      total: "sum",
      help: "How many publishers there can be.",
      writer: "creator",
    },
    /** How often sleeping subscribers were woken. */
    subscriberWakes: {
      type: "counter",
      unit: "count",
      bits: 32,
      help: "How often sleeping subscribers were woken.",
      writer: "publisher",
    },
    /** How often sleeping publishers were woken. */
    publisherWakes: {
      type: "counter",
      unit: "count",
      bits: 32,
      help: "How often sleeping publishers were woken.",
      writer: "subscriber",
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
  publisher: {
    /** Where it is published up to: in records for a struct, in units of 8 bytes otherwise. Never goes back. */
    position: {
      type: "gauge",
      unit: "positions",
      help: "Where it is published up to.",
      writer: "publisher",
    },
    /** The oldest record that is still there for certain. */
    oldestPosition: {
      type: "gauge",
      unit: "positions",
      help: "The oldest record that is still there for certain.",
      writer: "publisher",
    },
    /** Records that were published. */
    records: {
      type: "counter",
      unit: "records",
      help: "Records that were published.",
      writer: "publisher",
      counter: "records",
      column: "records",
      direction: "published",
    },
    /** Bytes of their payloads. */
    bytes: {
      type: "counter",
      unit: "bytes",
      help: "Bytes of their payloads.",
      writer: "publisher",
      counter: "bytes",
      column: "bytes",
      direction: "published",
    },
    /** Records that were refused because there was no room: `trySend` gave false, or `onFull: "fail"` threw. */
    drops: {
      type: "counter",
      unit: "records",
      help: "Records that were refused because there was no room.",
      writer: "publisher",
      counter: "drops",
      column: "drops",
      alarm: "records are refused because there is no room",
    },
    /** How often there was no room and the publisher waited. */
    fullWaits: {
      type: "counter",
      unit: "count",
      help: "How often there was no room and the publisher waited.",
      writer: "publisher",
      counter: "waits",
      column: "fullWaits",
    },
    /** When it last published, in milliseconds since 1970, roughly; 0: never. */
    lastActivityMs: {
      type: "gauge",
      unit: "milliseconds",
      help: "When it last published.",
      writer: "publisher",
      counter: "lastActivity",
    },
    /** How much of the ring is kept for subscribers that publishers wait for, 0 to 1. */
    fill: {
      type: "gauge",
      unit: "ratio",
      total: "max",
      help: "How much of the ring is kept for subscribers that publishers wait for, 0 to 1.",
      writer: "subscriber",
      column: "fill",
    },
  },
  place: {
    /** Where it has read, or lost, up to; compare the lane's `position`. */
    position: {
      type: "gauge",
      unit: "positions",
      help: "Where it has read, or lost, up to.",
      writer: "subscriber",
    },
    /** Records that were read. */
    records: {
      type: "counter",
      unit: "records",
      help: "Records that were read.",
      writer: "subscriber",
      counter: "records",
      direction: "read",
      column: "consumed",
    },
    /** Bytes of their payloads. */
    bytes: {
      type: "counter",
      unit: "bytes",
      help: "Bytes of their payloads.",
      writer: "subscriber",
      counter: "bytes",
      direction: "read",
    },
    /** Records that were overwritten before they were read. */
    lost: {
      type: "counter",
      unit: "records",
      help: "Records that were overwritten before they were read.",
      writer: "subscriber",
      counter: "drops",
      column: "drops",
      alarm: "subscribers lose records that are overwritten before they read them",
    },
    /** How often a subscriber was lapped. */
    laps: {
      type: "counter",
      unit: "count",
      bits: 32,
      help: "How often a subscriber was lapped.",
      writer: "subscriber",
    },
    /** Records that were published and that were not read or found to be lost yet. */
    lag: {
      type: "gauge",
      unit: "records",
      help: "Records that were published and that were not read or found to be lost yet.",
      writer: "subscriber",
    },
  },
  subscriber: {
    /** Records of all lanes that were published and that were not read or found to be lost yet. */
    lag: {
      type: "gauge",
      unit: "records",
      total: "max",
      help: "Records of all lanes that were published and that were not read or found to be lost yet.",
      writer: "subscriber",
      column: "lag",
    },
    /** How often there was nothing to read and the subscriber waited. */
    emptyWaits: {
      type: "counter",
      unit: "count",
      help: "How often there was nothing to read and the subscriber waited.",
      writer: "subscriber",
      counter: "waits",
      column: "emptyWaits",
    },
    /** Records that a poll for the latest passed over because a newer one was there; among those that were read. */
    skipped: {
      type: "counter",
      unit: "records",
      help: "Records that a poll for the latest passed over because a newer one was there.",
      writer: "subscriber",
      counter: "drops",
    },
    /** Impossible positions, lengths and contents that were found in the segment. */
    corruptions: {
      type: "counter",
      unit: "count",
      help: "Impossible positions, lengths and contents that were found in the segment.",
      writer: "subscriber",
      counter: "corruptions",
      column: "corruptions",
    },
    /** Whether it has found nothing and wants to see the next record at once. */
    isIdle: {
      type: "gauge",
      unit: "boolean",
      help: "Whether it has found nothing and wants to see the next record at once.",
      writer: "subscriber",
    },
    /** When it last read, in milliseconds since 1970, roughly; 0: never. */
    lastActivityMs: {
      type: "gauge",
      unit: "milliseconds",
      help: "When it last read.",
      writer: "subscriber",
      counter: "lastActivity",
    },
  },
  latency: {
    /** How long records took from being sent to being handed out to a subscriber. */
    latency: {
      type: "histogram",
      unit: "seconds",
      writer: "subscriber",
      column: "latency",
      help: "How long records took from being sent to being handed out to a subscriber.",
    },
  },
} as const;
