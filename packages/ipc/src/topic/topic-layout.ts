/**
 * What is in a topic's segment besides participants and wait cells.
 *
 * ```text
 *   section "state"
 *     0 ┌ mode          u32   1 slots of one size, 2 byte records, 3 byte records of JSON
 *     4 │ laneCount     u32   how many publishers there can be
 *     8 │ ringBytes     u32   length of each lane's ring
 *    12 │ slotBytes     u32   mode 1: distance of two records, a multiple of 8; else 0
 *    16 │ recordBytes   u32   mode 1: size of a record; else 0
 *    20 │ laneBytes     u32   distance of two lanes in section "lanes", whole pages
 *    24 │ places        u32   how many subscribers there can be, up to 1024: P
 *    28 │ timestampBytes u32  8 when every record has the time at which it was sent, as in a channel; else 0
 *    32 └ reserved      96 bytes
 *   128 ┌ gating        u32 × 32  bit n: publishers wait for the participant in slot n
 *   256 ┌ idle           u32 × 32  bit n: the one in slot n has found nothing and wants to see the next record at once
 *   384 ┌ readyCount    u32   grows by 1 when a lane has become ready
 *   388 │ isIdle        u32   not 0 while a bit of idle is set: the one word that publishers look at after every record
 *   392 └ reserved      120 bytes
 *   512 ┌ the subscriber in participant slot 0, in slot 1, … in slot P - 1, each 128 bytes:
 *         0 ┌ onSlow    u32   0 nobody subscribes, 1 publishers wait, 2 it is lapped
 *         4 └ reserved  60 bytes
 *        64 └ its counters (see metrics/counter-layout.ts)
 *       ┌ lane 0, lane 1, …, each 256 + 128 P bytes:
 *         0 ┌ the publisher's counters of the ring (see ring/broadcast-layout.ts), then 48 bytes reserved
 *        64 │ its other counters (see metrics/counter-layout.ts)
 *       128 │ owner     u32   participant slot of the publisher + 1; 0: free
 *       132 │ isReady   u32   1 once the lane's memory has really been allocated
 *       136 └ reserved  120 bytes
 *       256 ┌ the place in this lane of the subscriber in slot 0, in slot 1, … in slot P - 1, each 128 bytes:
 *             0 ┌ where it is (see ring/broadcast-layout.ts), then 48 bytes reserved
 *            64 └ its counters of this lane (see metrics/counter-layout.ts); its drops are the records that it lost
 *
 *   section "lanes": the rings, one every `laneBytes`. The file is sized for all of them at creation, and each is
 *   allocated by the first publisher that takes its lane. Nobody touches the ring of a lane that is not ready.
 * ```
 *
 * Subscribers join in the slots 0 to P - 1, publishers behind them. So a subscriber needs no claim: what is said by its
 * participant slot's number is its own. Everything that one participant
 * writes often is on lines of its own, 128 bytes because CPUs fetch them in pairs.
 *
 * Cell 0 is woken when there are records, cell 1 when a subscriber has given back room, or left.
 *
 * @module
 */

import type { LaneTable } from "../flow/laned-segment.ts";
import { COUNTERS_BYTES } from "../metrics/counter-layout.ts";
import { BROADCAST_BYTES, PLACE_BYTES } from "../ring/broadcast-layout.ts";

/** Word offsets within section "state". */
export const TOPIC = {
  mode: 0,
  laneCount: 1,
  ringBytes: 2,
  slotBytes: 3,
  recordBytes: 4,
  laneBytes: 5,
  places: 6,
  timestampBytes: 7,
  gating: 32,
  idle: 64,
  readyCount: 96,
  isIdle: 97,
} as const;

/** Byte offset of the subscribers within section "state". */
export const SUBSCRIBERS_OFFSET = 512;

/** Bytes of one subscriber, in the header and in every lane. */
export const SUBSCRIBER_BYTES = 128;

/** Word offset within a subscriber of the header. */
export const SUBSCRIBER = { onSlow: 0 } as const;

/** Byte offset of the counters within a subscriber, in the header and in every lane. */
export const SUBSCRIBER_COUNTERS_OFFSET = 64;

/** Values of `onSlow`. */
export const ON_SLOW = { gate: 1, lap: 2 } as const;

/** The most subscribers that a topic can have: one bit each. */
export const SUBSCRIBERS_MAX = 1024;

/** Byte offset of the publisher's other counters within a lane. */
export const PUBLISHER_COUNTERS_OFFSET = 64;

/** Word offsets within a lane, after the counters of its ring. */
export const TOPIC_LANE_OWNER = { owner: 32, isReady: 33 } as const;

/** Byte offset of the places within a lane. */
export const PLACES_OFFSET = 256;

/** Where the lanes of a topic are described that has places for so many subscribers. */
export function topicLanes(places: number): LaneTable {
  return {
    headerBytes: SUBSCRIBERS_OFFSET + places * SUBSCRIBER_BYTES,
    entryBytes: PLACES_OFFSET + places * SUBSCRIBER_BYTES,
    owner: TOPIC_LANE_OWNER.owner,
    isReady: TOPIC_LANE_OWNER.isReady,
    readyCount: TOPIC.readyCount,
  };
}

const BIT_WORDS = SUBSCRIBERS_MAX / 32;
if (TOPIC.idle + BIT_WORDS > TOPIC.readyCount || TOPIC.gating + BIT_WORDS > TOPIC.idle) {
  throw new Error("topic: the words of bits overlap what follows them");
}
if (SUBSCRIBER_COUNTERS_OFFSET + COUNTERS_BYTES > SUBSCRIBER_BYTES || SUBSCRIBER_BYTES % 128) {
  throw new Error("topic: two subscribers share a line");
}
if (PLACE_BYTES > SUBSCRIBER_COUNTERS_OFFSET || BROADCAST_BYTES > PUBLISHER_COUNTERS_OFFSET) {
  throw new Error("topic: positions overlap the counters");
}
if (PUBLISHER_COUNTERS_OFFSET + COUNTERS_BYTES > TOPIC_LANE_OWNER.owner * 4) {
  throw new Error("topic: the publisher's counters overlap the lane's owner");
}
