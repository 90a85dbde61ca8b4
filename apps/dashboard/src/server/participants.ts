/**
 * Who takes part in a segment, and how they are doing.
 *
 * @module
 */
import {
  type ParticipantInfo,
  participantStates,
  type SegmentRates,
  type SegmentSample,
} from "@isthmus/ipc";
import type { ParticipantFrame, ParticipantState } from "../wire/frame.ts";
import { round } from "./figures.ts";

/** A ring that is fuller than this has no room worth mentioning. */
const FULL = 0.9;
/** What a participant does in a segment of its kind. */
interface Part {
  readonly position: number | null;
  readonly lag: number | null;
  readonly perSecond: number | undefined;
  /** Whether it sends and has no room to. */
  readonly isWaiting?: boolean;
}

/** Describes the participants of a segment. */
export function participantFrames(
  sample: SegmentSample,
  rates: SegmentRates | undefined,
): ParticipantFrame[] {
  const states = participantStates(sample, rates);
  return sample.participants.map((one) => {
    const part = channelPart(one, sample, rates) ??
      topicPart(one, sample, rates) ??
      servicePart(one, sample, rates) ?? { position: null, lag: null, perSecond: undefined };
    const state = states.get(one.slot) ?? "live";
    return {
      slot: one.slot,
      generation: one.generation,
      pid: one.pid,
      name: one.name,
      role: one.role,
      state: state === "live" ? restingState(part) : state,
      joined_at_ms: one.joinedAtMs,
      position: part.position,
      lag: part.lag,
      records_per_second: round(part.perSecond),
    };
  });
}

/** What somebody who lives does: nothing, because there is no room or nothing to do, or something. */
function restingState({ perSecond, isWaiting }: Part): ParticipantState {
  if (perSecond !== 0) return "live";
  return isWaiting === true ? "waiting" : "idle";
}

function channelPart(
  { slot }: ParticipantInfo,
  { channel }: SegmentSample,
  rates: SegmentRates | undefined,
): Part | undefined {
  const lane = channel?.lanes.find(({ producer }) => producer?.slot === slot);
  if (lane !== undefined) {
    const flow = rates?.channel?.lanes.find((each) => each.lane === lane.lane);
    const isWaiting = lane.fill > FULL;
    return { position: lane.position, lag: lane.lag, perSecond: flow?.recordsPerSecond, isWaiting };
  }
  if (channel?.consumer.participant?.slot !== slot) return undefined;
  const position = channel.lanes.reduce((sum, { consumedPosition }) => sum + consumedPosition, 0);
  return { position, lag: channel.lag, perSecond: rates?.channel?.consumedPerSecond };
}

/** A publisher waits for its subscribers. */
function topicPart(
  { slot }: ParticipantInfo,
  { topic }: SegmentSample,
  rates: SegmentRates | undefined,
): Part | undefined {
  const lane = topic?.publishers.find(({ publisher }) => publisher?.slot === slot);
  if (lane !== undefined) {
    const flow = rates?.topic?.publishers.find((each) => each.lane === lane.lane);
    const isWaiting = lane.fill > FULL;
    return { position: lane.position, lag: null, perSecond: flow?.recordsPerSecond, isWaiting };
  }
  const subscriber = topic?.subscribers.find(({ participant }) => participant.slot === slot);
  if (subscriber === undefined) return undefined;
  const flow = rates?.topic?.subscribers.find((each) => each.slot === slot);
  const position = subscriber.places.reduce((sum, place) => sum + place.position, 0);
  return { position, lag: subscriber.lag, perSecond: flow?.recordsPerSecond };
}

/** A requester asks so many times a second; the responder answers all of them. */
function servicePart(
  { slot }: ParticipantInfo,
  { service }: SegmentSample,
  rates: SegmentRates | undefined,
): Part | undefined {
  const lane = service?.requesters.find(({ requester }) => requester?.slot === slot);
  if (lane !== undefined) {
    const perSecond = rates?.service?.requesters.find(
      (each) => each.lane === lane.lane,
    )?.requestsPerSecond;
    const { requestPosition: position, waitingReplies: lag, wantsRoom: isWaiting } = lane;
    return { position, lag, perSecond, isWaiting };
  }
  if (service?.responder.participant?.slot !== slot) return undefined;
  return { position: null, lag: service.pending, perSecond: rates?.service?.repliesPerSecond };
}
