/**
 * What is in a service's segment besides participants and wait cells.
 *
 * ```text
 *   section "state"
 *     0 ┌ requestMode   u32   1 a struct, 2 bytes, 3 JSON
 *     4 │ responseMode  u32   the same for responses
 *     8 │ laneCount     u32   how many requesters there can be
 *    12 │ requestBytes  u32   length of each lane's ring of requests, a power of two
 *    16 │ replyBytes    u32   length of each lane's ring of replies, a power of two
 *    20 │ laneBytes     u32   distance of two lanes in section "lanes", whole pages
 *    24 └ reserved      104 bytes
 *   128 ┌ responder     u32   participant slot of the responder + 1; 0: nobody answers
 *   132 │ serving       u32   term of the responder; 0: nobody answers
 *   136 │ lastTerm      u32   grows by 1 with every responder; never 0 for one
 *   140 │ readyCount    u32   grows by 1 when a lane has become ready
 *   144 └ reserved      112 bytes
 *   256 ┌ lane 0, lane 1, …, each 640 bytes:
 *         0 ┌ counters of the ring of requests (see ring/lane-layout.ts), with at 64 the requester's and at 192 the
 *           │ responder's counters (see metrics/counter-layout.ts)
 *       256 │ counters of the ring of replies, with at 320 the responder's and at 448 the requester's counters
 *       512 │ owner       u32   participant slot of the requester + 1; 0: free
 *       516 │ isReady     u32   1 once the lane's memory has really been allocated
 *       520 │ generation  u32   grows by 1 with every owner; written by the owner
 *       524 │ wantsRoom   u32   1 while the requester waits for room in the ring of requests
 *       528 └ reserved    112 bytes
 *
 *   section "lanes", one lane every `laneBytes`: the ring of requests, then the ring of replies
 *
 *   a message, the payload of a record of either ring; the record's tag is the number of the request
 *     0 ┌ generation  u32   of the lane when the request was made
 *     4 │ detail      u32   request: term of the responder it is for; reply: see OUTCOME
 *     8 └ body              the record; for a reply of outcome 1 the error as JSON
 * ```
 *
 * A request is for one responder, that of its term, so that no other ever handles it: a second one would not know
 * what the first has done. A reply is for one owner of the lane, that of its generation.
 *
 * Cell 0 is woken when there are requests, cell 1 when there is room for replies. Lane n's requester waits at cell
 * 2 + n mod 30: for replies, for room, for a responder. Who waits for the responder's place waits at cell 31.
 *
 * @module
 */

import type { LaneTable } from "../flow/laned-segment.ts";
import { COUNTERS_BYTES } from "../metrics/counter-layout.ts";
import { LANE, LANE_HEADER_BYTES } from "../ring/lane-layout.ts";

/** Bytes of section "state" before the first lane. */
export const SERVICE_HEADER_BYTES = 256;

/** Word offsets within section "state". */
export const SERVICE = {
  requestMode: 0,
  responseMode: 1,
  laneCount: 2,
  requestBytes: 3,
  replyBytes: 4,
  laneBytes: 5,
  responder: 32,
  serving: 33,
  lastTerm: 34,
  readyCount: 35,
} as const;

/** Bytes of one lane within section "state". */
export const SERVICE_LANE_BYTES = 640;

/** Word offsets within a lane: the counters of its two rings, and whose it is. */
export const SERVICE_LANE = {
  requests: 0,
  replies: 64,
  owner: 128,
  isReady: 129,
  generation: 130,
  wantsRoom: 131,
} as const;

/** Byte offsets within a lane of what each side counts of each ring. */
export const SERVICE_COUNTERS = {
  /** Requests as the requester sent them. */
  sent: 64,
  /** Requests as the responder took them. */
  taken: 192,
  /** Replies as the responder sent them. */
  answered: 320,
  /** Replies as the requester got them. */
  received: 448,
} as const;

/** Where the lanes of a service are described. */
export const SERVICE_LANES: LaneTable = {
  headerBytes: SERVICE_HEADER_BYTES,
  entryBytes: SERVICE_LANE_BYTES,
  owner: SERVICE_LANE.owner,
  isReady: SERVICE_LANE.isReady,
  readyCount: SERVICE.readyCount,
};

/** Bytes of a message before its body, and the word offsets within them. */
export const MESSAGE_HEADER_BYTES = 8;
export const MESSAGE = { generation: 0, detail: 1 } as const;

/** What a reply is. */
export const OUTCOME = { value: 0, error: 1 } as const;

/** Wait cells of a service. */
export const REQUEST_CELL = 0;
export const ROOM_CELL = 1;
const LANE_CELL = 2;
/** A participant asks for cells with the bits of one word, so that there cannot be more. */
export const SERVICE_CELL_COUNT = 32;

/** The cell of those who wait for the responder's place: that of the lane that is used last, as there are no more. */
export const RESPONDER_CELL: number = SERVICE_CELL_COUNT - 1;

/** The cell at which a lane's requester waits. */
export function laneCellOf(lane: number): number {
  return LANE_CELL + (lane % (SERVICE_CELL_COUNT - LANE_CELL));
}

if (SERVICE.readyCount * 4 + 4 > SERVICE_HEADER_BYTES || SERVICE_HEADER_BYTES % 128 !== 0) {
  throw new Error("service: the header overlaps the lanes");
}
if (SERVICE_LANE.replies * 4 !== LANE_HEADER_BYTES) {
  throw new Error("service: the counters of the replies do not follow those of the requests");
}
if (SERVICE_LANE.owner * 4 !== 2 * LANE_HEADER_BYTES || SERVICE_LANE_BYTES % 128 !== 0) {
  throw new Error("service: a lane's owner is not on a line of its own");
}
for (const [name, offset] of Object.entries(SERVICE_COUNTERS)) {
  const start = offset % 128;
  const isApart = start >= (LANE.tailHigh + 1) * 4 && start + COUNTERS_BYTES <= 128;
  if (!isApart) throw new Error(`service: the counters "${name}" overlap a position`);
}
