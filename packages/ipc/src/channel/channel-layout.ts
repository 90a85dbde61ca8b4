/**
 * What is in a channel's segment besides participants and wait cells.
 *
 * ```text
 *   section "state"
 *     0 ┌ mode          u32   1 slots of one size, 2 byte records, 3 byte records of JSON
 *     4 │ laneCount     u32   how many producers there can be
 *     8 │ ringBytes     u32   length of each lane's ring
 *    12 │ slotBytes     u32   mode 1: distance of two records, a multiple of 8; else 0
 *    16 │ recordBytes   u32   mode 1: size of a record; else 0
 *    20 │ laneBytes     u32   distance of two lanes in section "lanes", whole pages
 *    24 │ timestampBytes    u32   8 when every record has the time at which it was sent (see below), else 0
 *    28 └ reserved      100 bytes
 *   128 ┌ consumer      u32   participant slot of the consumer + 1; 0: nobody consumes
 *   132 │ isIdle         u32   1 while the consumer has found nothing and wants to see the next record at once
 *   136 │ readyCount    u32   grows by 1 when a lane has become ready
 *   140 │ departures    u32   grows by 1 when a consumer leaves, and not when one dies
 *   144 └ reserved      112 bytes
 *   256 ┌ counters of the consumer (see metrics/counter-layout.ts), then 64 bytes reserved
 *   384 ┌ lane 0, lane 1, …, each 384 bytes:
 *         0 ┌ the two counters, 256 bytes (see ring/lane-layout.ts), with at 64 the producer's and at 192 the
 *           │ consumer's counters of the lane (see metrics/counter-layout.ts)
 *       256 ┌ owner     u32   participant slot of the producer + 1; 0: free
 *       260 │ isReady   u32   1 once the lane's memory has really been allocated
 *       264 └ reserved  120 bytes
 *
 *   section "lanes": the rings, one every `laneBytes`. The file is sized for all of them at creation, and each is
 *   allocated by the first producer that takes its lane. Nobody touches the ring of a lane that is not ready.
 *
 *   section "latency", where timestampBytes is 8: a histogram (see metrics/histogram-layout.ts) of the times from sending to
 *   handing out, written by the consumer.
 * ```
 *
 * A stamp is a f64, nanoseconds of CLOCK_MONOTONIC: the last 8 bytes of a slot in mode 1, the first 8 of a record's
 * payload otherwise.
 *
 * Cell 0 is woken when there are records to consume, cell 1 when there is room again, cell 2 when the consumer's place may
 * be free. A channel of layout 2.0 has no cell 2.
 *
 * @module
 */

import type { LaneTable } from "../flow/laned-segment.ts";
import { CELL_COUNT } from "../flow/record-layout.ts";
import { COUNTERS_BYTES } from "../metrics/counter-layout.ts";
import { LANE_HEADER_BYTES } from "../ring/lane-layout.ts";

/** Bytes of section "state" before the first lane. */
export const CHANNEL_HEADER_BYTES = 384;

/** Word offsets within section "state". */
export const CHANNEL = {
  mode: 0,
  laneCount: 1,
  ringBytes: 2,
  slotBytes: 3,
  recordBytes: 4,
  laneBytes: 5,
  timestampBytes: 6,
  consumer: 32,
  isIdle: 33,
  readyCount: 34,
  departures: 35,
} as const;

/** The wait cell of those who wait for the consumer's place, behind those of all segments of records. */
export const CONSUMER_CELL: number = CELL_COUNT;
/** Wait cells of a channel. */
export const CHANNEL_CELL_COUNT: number = CELL_COUNT + 1;

/** Byte offset of the consumer's counters within section "state". */
export const CONSUMER_COUNTERS_OFFSET = 256;

/** Bytes of one lane within section "state". */
export const LANE_BYTES = 384;

/** Word offsets within a lane, after the counters of `LANE`. */
export const LANE_OWNER = { owner: 64, isReady: 65 } as const;

/** Where the lanes of a channel are described. */
export const CHANNEL_LANES: LaneTable = {
  headerBytes: CHANNEL_HEADER_BYTES,
  entryBytes: LANE_BYTES,
  owner: LANE_OWNER.owner,
  isReady: LANE_OWNER.isReady,
  readyCount: CHANNEL.readyCount,
};

/** Byte offsets of the counters within a lane. */
export const LANE_PRODUCER_COUNTERS_OFFSET = 64;
export const LANE_CONSUMER_COUNTERS_OFFSET = 192;

if (CONSUMER_COUNTERS_OFFSET + COUNTERS_BYTES > CHANNEL_HEADER_BYTES) {
  throw new Error("channel: the consumer's counters overlap the lanes");
}
if (LANE_OWNER.owner * 4 !== LANE_HEADER_BYTES || CHANNEL_HEADER_BYTES % 128 !== 0) {
  throw new Error("channel: a lane's owner does not follow its counters on a line of its own");
}
if (LANE_PRODUCER_COUNTERS_OFFSET + COUNTERS_BYTES > 128 || LANE_BYTES % 128 !== 0) {
  throw new Error("channel: the producer's counters overlap the consumer's");
}
