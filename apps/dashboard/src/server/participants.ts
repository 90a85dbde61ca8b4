/**
 * Who takes part in a segment, and how they are doing.
 *
 * @module
 */
import type { ParticipantInfo, SegmentRates, SegmentSample } from "@isthmus/ipc";
import type { ParticipantFrame, ParticipantState } from "../wire/frame.ts";
import { round } from "./figures.ts";

/** A ring that is fuller than this has no room worth mentioning. */
const FULL = 0.9;
/** With less time between two samples nobody can be said to stand still. */
const STALL_WINDOW_MS = 800;

/** What a participant does in a segment of its kind. */
interface Part {
  readonly position: number | null;
  readonly lag: number | null;
  readonly perSecond: number | undefined;
  readonly state: ParticipantState;
}

/** Describes a participant of a segment. */
export function participantFrame(
  one: ParticipantInfo,
  sample: SegmentSample,
  earlier: SegmentSample | undefined,
  rates: SegmentRates | undefined,
): ParticipantFrame {
  const part =
    producerPart(one, sample, rates) ??
    consumerPart(one, sample, earlier, rates) ??
    topicPart(one, sample, rates) ??
    servicePart(one, sample, rates) ??
    ({ position: null, lag: null, perSecond: undefined, state: "live" } satisfies Part);
  return {
    slot: one.slot,
    generation: one.generation,
    pid: one.pid,
    name: one.name,
    role: one.role,
    state: one.isAlive ? part.state : "dead",
    joined_at_ms: one.joinedAtMs,
    position: part.position,
    lag: part.lag,
    records_per_second: round(part.perSecond),
  };
}

function producerPart(
  { slot }: ParticipantInfo,
  { channel }: SegmentSample,
  rates: SegmentRates | undefined,
): Part | undefined {
  const lane = channel?.lanes.find(({ producer }) => producer?.slot === slot);
  if (lane === undefined) return undefined;
  const flow = rates?.channel?.lanes.find((each) => each.lane === lane.lane);
  const perSecond = flow?.recordsPerSecond;
  const state = senderState(perSecond, lane.fill > FULL);
  return { position: lane.position, lag: lane.lag, perSecond, state };
}

function consumerPart(
  { slot }: ParticipantInfo,
  { channel }: SegmentSample,
  earlier: SegmentSample | undefined,
  rates: SegmentRates | undefined,
): Part | undefined {
  if (channel?.consumer.participant?.slot !== slot) return undefined;
  const perSecond = rates?.channel?.consumedPerSecond;
  const hadWork = channel.lag > 0 && (earlier?.channel?.lag ?? 0) > 0;
  const isLong = (rates?.elapsedMs ?? 0) >= STALL_WINDOW_MS;
  const silent = hadWork && isLong ? "stalled" : "idle";
  const position = channel.lanes.reduce((sum, { consumedPosition }) => sum + consumedPosition, 0);
  return { position, lag: channel.lag, perSecond, state: perSecond === 0 ? silent : "live" };
}

/** A publisher waits for its subscribers; a subscriber that has something to read and does not is stalled. */
function topicPart(
  { slot }: ParticipantInfo,
  { topic }: SegmentSample,
  rates: SegmentRates | undefined,
): Part | undefined {
  const lane = topic?.publishers.find(({ publisher }) => publisher?.slot === slot);
  if (lane !== undefined) {
    const flow = rates?.topic?.publishers.find((each) => each.lane === lane.lane);
    const perSecond = flow?.recordsPerSecond;
    const state = senderState(perSecond, lane.fill > FULL);
    return { position: lane.position, lag: null, perSecond, state };
  }
  const subscriber = topic?.subscribers.find(({ participant }) => participant.slot === slot);
  if (subscriber === undefined) return undefined;
  const flow = rates?.topic?.subscribers.find((each) => each.slot === slot);
  const position = subscriber.places.reduce((sum, place) => sum + place.position, 0);
  return {
    position,
    lag: subscriber.lag,
    perSecond: flow?.recordsPerSecond,
    state: receiverState(flow?.recordsPerSecond, flow?.isStandingStill, rates),
  };
}

/** A requester asks so many times a second; the responder answers all of them. */
function servicePart(
  { slot }: ParticipantInfo,
  { service }: SegmentSample,
  rates: SegmentRates | undefined,
): Part | undefined {
  const lane = service?.requesters.find(({ requester }) => requester?.slot === slot);
  if (lane !== undefined) {
    const flow = rates?.service?.requesters.find((each) => each.lane === lane.lane);
    const perSecond = flow?.requestsPerSecond;
    const state = senderState(perSecond, lane.wantsRoom);
    return { position: lane.requestPosition, lag: lane.waitingReplies, perSecond, state };
  }
  if (service?.responder.participant?.slot !== slot) return undefined;
  const perSecond = rates?.service?.repliesPerSecond;
  const state = receiverState(perSecond, rates?.service?.isStandingStill, rates);
  return { position: null, lag: service.pending, perSecond, state };
}

function senderState(perSecond: number | undefined, isWaiting: boolean): ParticipantState {
  if (perSecond !== 0) return "live";
  return isWaiting ? "waiting" : "idle";
}

function receiverState(
  perSecond: number | undefined,
  isStandingStill: boolean | undefined,
  rates: SegmentRates | undefined,
): ParticipantState {
  if (perSecond !== 0) return "live";
  return isStandingStill === true && (rates?.elapsedMs ?? 0) >= STALL_WINDOW_MS
    ? "stalled"
    : "idle";
}
