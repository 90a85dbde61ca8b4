/**
 * What an observer sees of a topic.
 *
 * @module
 */
import type { Mode } from "../channel/channel-layout.ts";
import type { ParticipantState } from "./participant-state.ts";
import type { ParticipantInfo } from "./segment-info.ts";

/** One publisher's lane. What it counts goes on from one owner to the next. */
export interface TopicPublisherInfo {
  /** Number of the lane. */
  readonly lane: number;
  /** Who publishes on it; undefined when nobody does. One that is not alive died before it left. */
  readonly publisher: ParticipantInfo | undefined;
  /** Where it is published up to: in records for a struct, in units of 8 bytes otherwise. */
  readonly position: number;
  /** The oldest record that is still there for certain. */
  readonly oldestPosition: number;
  /** Records that were published. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
  /** Records that were refused because there was no room. */
  readonly drops: number;
  /** How often there was no room and the publisher waited. */
  readonly fullWaits: number;
  /** When it last published, in milliseconds since 1970, roughly; 0: never. */
  readonly lastActivityMs: number;
  /** How much of the ring is kept for subscribers that publishers wait for, 0 to 1. */
  readonly fill: number;
}

/** A subscriber in one lane, since it has joined. */
export interface TopicPlaceInfo {
  readonly lane: number;
  /** Where it has read, or lost, up to; compare the lane's `position`. */
  readonly position: number;
  /** Records that it read. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
  /** Records that it found to be overwritten before it could read them. */
  readonly lost: number;
  /** How often that happened. */
  readonly laps: number;
  /** Records that were published and that it has not read or found to be lost yet. */
  readonly lag: number;
}

/** Somebody who subscribes, or died subscribing. What it counts begins when it joins. */
export interface TopicSubscriberInfo {
  readonly participant: ParticipantInfo;
  readonly state: ParticipantState;
  /** Whether publishers wait for it, or lap it; undefined before it has begun and after others cleared up after it. */
  readonly onSlow: "gate" | "lap" | undefined;
  /** Records that it read, in all lanes. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
  /** Records that it found to be overwritten before it could read them. */
  readonly lost: number;
  /** How often that happened. */
  readonly laps: number;
  /** Records that were published and that it has not read or found to be lost yet. */
  readonly lag: number;
  /** How often there was nothing to read and it waited. */
  readonly emptyWaits: number;
  /** Impossible positions, lengths and contents that it found. */
  readonly corruptions: number;
  /** Whether it has found nothing and wants to see the next record at once. */
  readonly isIdle: boolean;
  /** When it last read, in milliseconds since 1970, roughly; 0: never. */
  readonly lastActivityMs: number;
  /** The lanes that have ever had a publisher. */
  readonly places: readonly TopicPlaceInfo[];
}

/** A topic at one moment. */
export interface TopicInfo {
  /** Records of a struct, of raw bytes, or of JSON. */
  readonly mode: Mode;
  /** Bytes of a record of a struct; 0 otherwise. */
  readonly recordBytes: number;
  /** Room for the records of one publisher, in bytes. */
  readonly capacityBytes: number;
  /** The same in what positions count: records of a struct, else units of 8 bytes. */
  readonly capacity: number;
  /** How many publishers there can be. */
  readonly maxPublishers: number;
  /** Records that were published, on all lanes together. */
  readonly records: number;
  /** Bytes of their payloads. */
  readonly bytes: number;
  /** Records that were refused because there was no room. */
  readonly drops: number;
  /** How often publishers waited for room. */
  readonly fullWaits: number;
  /** Records that the subscribers that there are have lost, all together. */
  readonly lost: number;
  /** Records that the slowest subscriber has not read yet. */
  readonly lag: number;
  /** How much of the fullest ring is kept for subscribers that publishers wait for, 0 to 1. */
  readonly fill: number;
  /** How often sleeping subscribers were woken. */
  readonly subscriberWakes: number;
  /** How often sleeping publishers were woken. */
  readonly publisherWakes: number;
  /** Waiters that found what they waited for without having been woken. Should be 0 while nobody dies. */
  readonly timeoutWakes: number;
  /** The lanes that have ever had a publisher. */
  readonly publishers: readonly TopicPublisherInfo[];
  readonly subscribers: readonly TopicSubscriberInfo[];
}
