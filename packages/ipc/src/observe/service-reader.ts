/**
 * Reading a service from outside.
 *
 * @module
 */
import { type CounterBlock, counterTotals, readFigures, totalOf } from "../figures/read-figures.ts";
import { UNIT_BYTES } from "../ring/byte-ring.ts";
import { SERVICE_FIGURES } from "../service/service-figures.ts";
import {
  laneCellOf,
  REQUEST_CELL,
  ROOM_CELL,
  SERVICE,
  SERVICE_COUNTERS,
  SERVICE_LANE,
} from "../service/service-layout.ts";
import { CELL_FIGURES } from "../sync/sync-figures.ts";
import type { KindSource } from "./kind-readers.ts";
import { mergeLatencies, readLatencies } from "./latencies.ts";
import { participantOf, stateOf, timeoutWakesOf, wakesOf } from "./participant-state.ts";
import type { ParticipantInfo } from "./segment-info.ts";
import type { ServiceInfo, ServiceRequesterInfo, ServiceResponderInfo } from "./service-info.ts";
import {
  readServiceSizes,
  SERVICE_STATE_BYTES_MAX,
  type ServiceSizes,
  serviceLaneWord,
} from "./service-state.ts";
import { readState, type StateBytes } from "./state-bytes.ts";

/**
 * Describes a service.
 *
 * @throws {CorruptSegmentError} When the sizes in its header cannot be. What only its participants write is never an error: a
 * number that cannot be counts as 0, or as the nearest that can.
 */
export function readService(source: KindSource): ServiceInfo {
  const { reader, participants, cells } = source;
  const state = readState(source, SERVICE_STATE_BYTES_MAX);
  const sizes = readServiceSizes(state);
  const latencies = readLatencies(reader, sizes.laneCount);
  const nowMs = Date.now();
  const requesters: ServiceRequesterInfo[] = [];
  for (let lane = 0; lane < sizes.laneCount; lane++) {
    if (state.word(serviceLaneWord(lane) + SERVICE_LANE.isReady) !== 1) continue;
    requesters.push({
      ...readRequester(state, sizes, lane, participants, nowMs),
      latency: latencies[lane],
    });
  }
  const responder = readResponder(state, requesters, participants, nowMs);
  const total = (name: "queued" | "unanswered"): number =>
    totalOf(SERVICE_FIGURES.flow, name, requesters);
  const [queued, unanswered] = [total("queued"), total("unanswered")];
  return {
    requestMode: sizes.requestMode,
    responseMode: sizes.responseMode,
    requestCapacityBytes: sizes.requestBytes,
    replyCapacityBytes: sizes.replyBytes,
    maxRequesters: sizes.laneCount,
    pending: queued + (responder.isServing ? unanswered : 0),
    ...counterTotals(SERVICE_FIGURES.flow, requesters),
    queued,
    unanswered,
    fill: totalOf(SERVICE_FIGURES.requester, "fill", requesters),
    responderWakes: wakesOf(cells, REQUEST_CELL) + wakesOf(cells, ROOM_CELL),
    requesterWakes: totalOf(
      CELL_FIGURES.cell,
      "wakes",
      cells.filter(({ index }) => index >= laneCellOf(0)),
    ),
    timeoutWakes: timeoutWakesOf(cells),
    requesters,
    responder,
    latency: mergeLatencies(requesters.map(({ latency }) => latency)),
  };
}

function readRequester(
  state: StateBytes,
  sizes: ServiceSizes,
  lane: number,
  participants: readonly ParticipantInfo[],
  nowMs: number,
): Omit<ServiceRequesterInfo, "latency"> {
  const base = serviceLaneWord(lane);
  const counters = (offset: number): CounterBlock => state.counters(base * 4 + offset);
  const sent = counters(SERVICE_COUNTERS.sent);
  const taken = counters(SERVICE_COUNTERS.taken);
  const answered = counters(SERVICE_COUNTERS.answered);
  const received = counters(SERVICE_COUNTERS.received);
  const requests = readRing(state, base + SERVICE_LANE.requests, sizes.requestBytes);
  const replies = readRing(state, base + SERVICE_LANE.replies, sizes.replyBytes);
  const requester = participantOf(state.slot(base + SERVICE_LANE.owner), participants);
  const blocks = { sent, taken, answered, received };
  const flow = readFigures(SERVICE_FIGURES.flow, blocks);
  const finished = flow.skippedRequests + answered.get("records") + flow.droppedReplies;
  const waitingReplies = within(replies.used, answered.get("records") - flow.replies);
  const { lastActivityMs } = readFigures(SERVICE_FIGURES.requester, blocks);
  const heartbeat = {
    hasWork: waitingReplies > 0,
    lastActivityMs: Math.max(lastActivityMs, received.get("lastActivity")),
    workSinceMs: answered.get("lastActivity"),
    nowMs,
  };
  return {
    lane,
    requester,
    state: requester && stateOf(requester, heartbeat),
    ...flow,
    corruptions: taken.get("corruptions") + received.get("corruptions"),
    queued: within(requests.used, flow.requests - taken.get("records")),
    unanswered: Math.max(0, taken.get("records") - finished),
    waitingReplies,
    requestPosition: requests.tail,
    replyPosition: replies.tail,
    wantsRoom: state.word(base + SERVICE_LANE.wantsRoom) !== 0,
    fill: Math.max(requests.fill, replies.fill),
    lastActivityMs,
  };
}

function readResponder(
  state: StateBytes,
  requesters: readonly ServiceRequesterInfo[],
  participants: readonly ParticipantInfo[],
  nowMs: number,
): ServiceResponderInfo {
  const participant = participantOf(state.slot(SERVICE.responder), participants);
  let lastActivityMs = 0;
  let workSinceMs = 0;
  for (const { lane, queued, lastActivityMs: askedAtMs } of requesters) {
    const answered = state.counters(serviceLaneWord(lane) * 4 + SERVICE_COUNTERS.answered);
    lastActivityMs = Math.max(lastActivityMs, answered.get("lastActivity"));
    if (queued > 0) workSinceMs = Math.max(workSinceMs, askedAtMs);
  }
  const hasWork = requesters.some(({ queued }) => queued > 0);
  return {
    participant,
    state: participant && stateOf(participant, { hasWork, lastActivityMs, workSinceMs, nowMs }),
    isServing: state.word(SERVICE.serving) !== 0,
    terms: state.word(SERVICE.lastTerm),
    lastActivityMs,
  };
}

/** One ring: where it is written up to, and how many of its units are used. */
interface RingLook {
  readonly tail: number;
  readonly used: number;
  readonly fill: number;
}

function readRing(state: StateBytes, base: number, ringBytes: number): RingLook {
  const { tail, head } = state.positions(base);
  const capacity = ringBytes / UNIT_BYTES;
  const used = Math.min(capacity, Math.max(0, tail - head));
  return { tail, used, fill: used / capacity };
}

/** What counters say of messages that lie in so many units: one or more in some, none in none. */
function within(units: number, counted: number): number {
  // The counters may be behind the positions: by a batch, for good after a crash.
  return Math.min(units, Math.max(1, counted));
}
