/**
 * What an observer sees of a channel.
 *
 * @module
 */
import type { Mode } from "../channel/channel-layout.ts";
import type { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";
import type { ParticipantInfo } from "./segment-info.ts";

/** One producer's lane. What it counts goes on from one owner to the next. */
export interface ChannelLaneInfo {
  /** Number of the lane. */
  readonly lane: number;
  /** Who sends on it; undefined when nobody does. One that is not alive died before it left. */
  readonly producer: ParticipantInfo | undefined;
  /** Where it is published up to: in records for a struct, in units of 8 bytes otherwise. */
  readonly position: number;
  /** Records that were published. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
  /** Records that were refused because there was no room. */
  readonly drops: number;
  /** How often there was no room and the producer waited. */
  readonly fullWaits: number;
  /** When it last published, in milliseconds since 1970, roughly; 0: never. */
  readonly lastActivityMs: number;
  /** Where it is consumed up to; compare `position`. */
  readonly consumedPosition: number;
  /** Records that were consumed. */
  readonly consumedRecords: number;
  /** Bytes of their payloads. */
  readonly consumedBytes: number;
  /** Records that were published and have not been consumed. */
  readonly lag: number;
  /** How much of the lane's room they take, 0 to 1. */
  readonly fill: number;
}

/** The consuming end. What it counts goes on from one consumer to the next. */
export interface ChannelConsumerInfo {
  /** Who consumes; undefined when nobody does. One that is not alive died before it left. */
  readonly participant: ParticipantInfo | undefined;
  /** Records that were consumed. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
  /** How often there was nothing to consume and the consumer waited. */
  readonly emptyWaits: number;
  /** Impossible positions, lengths and contents that it found. */
  readonly corruptions: number;
  /** Whether it has found nothing and wants to see the next record at once. */
  readonly isIdle: boolean;
  /** When it last consumed, in milliseconds since 1970, roughly; 0: never. */
  readonly lastActivityMs: number;
}

/** A channel at one moment. */
export interface ChannelInfo {
  /** Records of a struct, of raw bytes, or of JSON. */
  readonly mode: Mode;
  /** Bytes of a record of a struct; 0 otherwise. */
  readonly recordBytes: number;
  /** Room for the records of one producer, in bytes. */
  readonly capacityBytes: number;
  /** The same in what positions count: records of a struct, else units of 8 bytes. */
  readonly capacity: number;
  /** How many producers there can be. */
  readonly maxProducers: number;
  /** Records that were published, on all lanes together. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
  /** Records that were refused because there was no room. */
  readonly drops: number;
  /** How often producers waited for room. */
  readonly fullWaits: number;
  /** Records that were published and have not been consumed. */
  readonly lag: number;
  /** How full the fullest lane is, 0 to 1. */
  readonly fill: number;
  /** How often a sleeping consumer was woken. */
  readonly consumerWakes: number;
  /** How often sleeping producers were woken. */
  readonly producerWakes: number;
  /** Waiters that found what they waited for without having been woken. Should be 0 while nobody dies. */
  readonly timeoutWakes: number;
  /** The lanes that have ever had a producer. */
  readonly lanes: readonly ChannelLaneInfo[];
  readonly consumer: ChannelConsumerInfo;
  /** How long records took from being sent to being consumed; undefined when that is not measured. */
  readonly latency: HistogramSnapshot | undefined;
}
