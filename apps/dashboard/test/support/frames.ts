/**
 * Frames that nobody has sampled.
 *
 * @module
 */
import type { FlowFrame, ParticipantFrame, SegmentFrame } from "../../src/wire/frame.ts";

const FLOW: FlowFrame = {
  mode: "bytes",
  capacity_bytes: 65_536,
  record_bytes: 0,
  records: 0,
  bytes: 0,
  consumed: 0,
  records_per_second: 0,
  bytes_per_second: 0,
  consumed_per_second: 0,
  lag: 0,
  fill: 0,
  drops: 0,
  drops_per_second: 0,
  full_waits: 0,
  full_waits_per_second: 0,
  empty_waits: 0,
  corruptions: 0,
  consumed_at_ms: 0,
  has_latency: false,
  latency: null,
  lanes: [],
};

const PARTICIPANT: ParticipantFrame = {
  slot: 0,
  generation: 1,
  pid: 100,
  name: "",
  role: "consumer",
  state: "live",
  joined_at_ms: 0,
  position: 0,
  lag: 0,
  records_per_second: 0,
  waiting_ms: null,
  lapped: null,
  holds: null,
};

const SEGMENT: SegmentFrame = {
  name: "orders",
  kind: "channel",
  held: true,
  persistent: false,
  total_bytes: 1024,
  created_at_ms: 0,
  epoch: "0",
  participants: [],
  flow: null,
  lock: null,
  queue: null,
  journal: null,
  bridge: null,
  wakes_per_second: null,
  waits: [],
  figures: {},
  rates: {},
  times: {},
  error: null,
};

/** A flow in which nothing happens, except what is said. */
export function flowFrame(some: Partial<FlowFrame> = {}): FlowFrame {
  return { ...FLOW, ...some };
}

/** A consumer that is well, except for what is said. */
export function participantFrame(some: Partial<ParticipantFrame> = {}): ParticipantFrame {
  return { ...PARTICIPANT, ...some };
}

/** A segment of nobody, except for what is said. */
export function segmentFrame(some: Partial<SegmentFrame> = {}): SegmentFrame {
  return { ...SEGMENT, ...some };
}
