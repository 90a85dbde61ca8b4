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
import type { LappedFrame, ParticipantFrame, ParticipantState } from "../wire/frame.ts";
import { round } from "./figures.ts";
import { holdingsOf } from "./holdings.ts";
import { standsStill } from "./queue-frame.ts";

/** A ring that is fuller than this has no room worth mentioning. */
const FULL = 0.9;
/** Where who sends waits for room, in segments of every kind through which something flows. */
const ROOM_CELL = 1;

/** What a participant does in a segment of its kind. */
interface Part {
  readonly position: number | null;
  readonly lag: number | null;
  readonly perSecond: number | undefined;
  /** Whether it sends and has no room to. */
  readonly isWaiting?: boolean;
  /** When it last did something. */
  readonly lastActivityMs?: number;
  readonly lapped?: LappedFrame | undefined;
  /** Where there is no rate to tell: what it does. */
  readonly doing?: ParticipantState;
}

/** Describes the participants of a segment. */
export function participantFrames(
  sample: SegmentSample,
  rates: SegmentRates | undefined,
  atMs: number,
  takers?: ReadonlySet<number>,
): ParticipantFrame[] {
  const states = participantStates(sample, rates);
  const holdings = holdingsOf(sample);
  return sample.participants.map((one) => {
    const part = channelPart(one, sample, rates) ??
      topicPart(one, sample, rates) ??
      servicePart(one, sample, rates) ??
      followerPart(one, sample) ??
      bridgePart(one, sample) ??
      workerPart(one, sample, rates, takers) ?? { position: null, lag: null, perSecond: undefined };
    const judged = states.get(one.slot) ?? "live";
    const state = judged === "live" ? restingState(part) : judged;
    const sinceMs = Math.max(one.joinedAtMs, part.lastActivityMs ?? 0);
    return {
      slot: one.slot,
      generation: one.generation,
      pid: one.pid,
      name: one.name,
      role: one.role,
      state,
      joined_at_ms: one.joinedAtMs,
      position: part.position,
      lag: part.lag,
      records_per_second: round(part.perSecond),
      waiting_ms: state === "waiting" ? Math.max(0, atMs - sinceMs) : null,
      lapped: part.lapped ?? null,
      holds: holdings.get(one.slot) ?? null,
    };
  });
}

/** What somebody who lives does: nothing, because there is no room or nothing to do, or something. */
function restingState({ perSecond, isWaiting, doing }: Part): ParticipantState {
  if (doing !== undefined) return doing;
  if (perSecond !== 0) return "live";
  return isWaiting === true ? "waiting" : "idle";
}

/** Whether somebody is at the cell for room: in the event loop by its slot, or a thread that sleeps there. */
function wantsRoom({ cells }: SegmentSample, slot: number): boolean {
  const cell = cells.find(({ index }) => index === ROOM_CELL);
  return cell?.hasSleepers === true || cell?.waitingSlots?.includes(slot) === true;
}

function channelPart(
  { slot }: ParticipantInfo,
  sample: SegmentSample,
  rates: SegmentRates | undefined,
): Part | undefined {
  const { channel } = sample;
  const lane = channel?.lanes.find(({ producer }) => producer?.slot === slot);
  if (lane !== undefined) {
    const flow = rates?.channel?.lanes.find((each) => each.lane === lane.lane);
    const isWaiting = lane.fill > FULL && wantsRoom(sample, slot);
    const { position, lag, lastActivityMs } = lane;
    return { position, lag, perSecond: flow?.recordsPerSecond, isWaiting, lastActivityMs };
  }
  if (channel?.consumer.participant?.slot !== slot) return undefined;
  const position = channel.lanes.reduce((sum, { consumedPosition }) => sum + consumedPosition, 0);
  return { position, lag: channel.lag, perSecond: rates?.channel?.consumedPerSecond };
}

/** A publisher waits for its subscribers. */
function topicPart(
  { slot }: ParticipantInfo,
  sample: SegmentSample,
  rates: SegmentRates | undefined,
): Part | undefined {
  const { topic } = sample;
  const lane = topic?.publishers.find(({ publisher }) => publisher?.slot === slot);
  if (lane !== undefined) {
    const flow = rates?.topic?.publishers.find((each) => each.lane === lane.lane);
    const isWaiting = lane.fill > FULL && wantsRoom(sample, slot);
    const { position, lastActivityMs } = lane;
    return { position, lag: null, perSecond: flow?.recordsPerSecond, isWaiting, lastActivityMs };
  }
  const subscriber = topic?.subscribers.find(({ participant }) => participant.slot === slot);
  if (topic === undefined || subscriber === undefined) return undefined;
  const flow = rates?.topic?.subscribers.find((each) => each.slot === slot);
  const position = subscriber.places.reduce((sum, place) => sum + place.position, 0);
  const distances = subscriber.places.map((place) => {
    const newest = topic.publishers.find((one) => one.lane === place.lane)?.position ?? 0;
    return (newest - place.position) / Math.max(1, topic.capacity);
  });
  const lapped: LappedFrame | undefined =
    subscriber.onSlow === "lap"
      ? {
          lost: subscriber.lost,
          lost_per_second: round(flow?.lostPerSecond),
          distance: Math.max(0, ...distances),
        }
      : undefined;
  return { position, lag: subscriber.lag, perSecond: flow?.recordsPerSecond, lapped };
}

/** Who follows a journal, by the slowest of its readings; who appends is not among them. */
function followerPart({ slot }: ParticipantInfo, { journal }: SegmentSample): Part | undefined {
  const own = journal?.followers.filter(({ participant }) => participant.slot === slot) ?? [];
  if (own.length === 0) return undefined;
  const slowest = own.reduce((most, one) => (one.lag > most.lag ? one : most));
  return { position: slowest.position, lag: slowest.lag, perSecond: undefined };
}

/** Who works on ends of a bridge, by what all of them still have to carry. */
function bridgePart({ slot }: ParticipantInfo, { bridge }: SegmentSample): Part | undefined {
  const own = bridge?.ends.filter(({ participant }) => participant.slot === slot) ?? [];
  if (own.length === 0) return undefined;
  const lag = own.reduce((sum, end) => sum + end.lag, 0);
  return { position: null, lag, perSecond: undefined };
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
    const { requestPosition: position, waitingReplies: lag, lastActivityMs } = lane;
    return { position, lag, perSecond, isWaiting: lane.wantsRoom, lastActivityMs };
  }
  if (service?.responder.participant?.slot !== slot) return undefined;
  return { position: null, lag: service.pending, perSecond: rates?.service?.repliesPerSecond };
}

/** A worker has a job, or nothing to do; or it takes none although some are ready. */
function workerPart(
  { slot }: ParticipantInfo,
  { queue }: SegmentSample,
  rates: SegmentRates | undefined,
  takers: ReadonlySet<number> | undefined,
): Part | undefined {
  if (queue === undefined) return undefined;
  const part = { position: null, lag: null, perSecond: undefined };
  if (queue.jobs.some(({ worker }) => worker?.slot === slot)) return part;
  const isStalled = takers?.has(slot) === true && standsStill(rates);
  return { ...part, doing: isStalled ? "stalled" : "idle" };
}
