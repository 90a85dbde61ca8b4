/**
 * Who is behind a word that names a slot, and how they are doing.
 *
 * @module
 */
import { totalOf } from "../figures/read-figures.ts";
import { CELL_FIGURES } from "../sync/sync-figures.ts";
import type { BridgeEndInfo } from "./bridge-reader.ts";
import type { ChannelInfo } from "./channel-info.ts";
import type { SegmentRates } from "./rates.ts";
import type { CellInfo, ParticipantInfo, SegmentInfo } from "./segment-info.ts";

/** Standing still for less than this, in milliseconds, is nothing to speak of. */
export const STALLED_AFTER_MS = 1000;

/**
 * How a participant is doing. `"dead"` is what the kernel says. `"stalled"` is a guess from the times of last activity:
 * there has been work for it for a second or more, and it has done none.
 */
export type ParticipantState = "live" | "stalled" | "dead";

/** What a participant's state is judged by. Times in milliseconds since 1970; 0: never. */
export interface Heartbeat {
  /** Whether something waits to be done by it. */
  readonly hasWork: boolean;
  /** When it last did something. */
  readonly lastActivityMs: number;
  /** When the newest of its work came. */
  readonly workSinceMs: number;
  /** Now. */
  readonly nowMs: number;
}

/** Judges how a participant is doing. */
export function stateOf(participant: ParticipantInfo, heartbeat: Heartbeat): ParticipantState {
  if (!participant.isAlive) return "dead";
  const { hasWork, lastActivityMs, workSinceMs, nowMs } = heartbeat;
  // Also the newest work must be old: of what has just come, nobody can say that it has been left lying.
  const newestMs = Math.max(lastActivityMs, workSinceMs);
  return hasWork && nowMs - newestMs >= STALLED_AFTER_MS ? "stalled" : "live";
}

/**
 * Judges how everybody in a segment is doing: the one place where that is done.
 *
 * @param info What an observer saw.
 * @param rates What has happened since it looked before, where it did. Two looks tell more than one: what has not moved
 * between them, with work before it, has stalled; what has is live, however long ago its last activity was noted.
 * @returns The states by the slots of the participants.
 *
 * @example Who is live?
 * ```ts
 * import { NamedMutex, observe, participantStates } from "@isthmus/ipc";
 *
 * using mutex = NamedMutex.createOrOpen("judged-mutex");
 * console.log([...participantStates(observe("judged-mutex")).values()]); // [ "live" ]
 * ```
 */
export function participantStates(
  info: SegmentInfo,
  rates?: SegmentRates,
): ReadonlyMap<number, ParticipantState> {
  const states = new Map<number, ParticipantState>();
  for (const { slot, isAlive } of info.participants) states.set(slot, isAlive ? "live" : "dead");
  const isLong = (rates?.elapsedMs ?? 0) >= STALLED_AFTER_MS;
  for (const { participant, state, isStandingStill } of judgedOnes(info, rates)) {
    if (participant === undefined || state === undefined) continue;
    const isMoving = state !== "dead" && isLong && isStandingStill !== undefined;
    const moved = isStandingStill === true ? "stalled" : "live";
    states.set(participant.slot, isMoving ? moved : state);
  }
  return states;
}

/** Somebody for whom there can be work, and what is known of them. */
interface Judged {
  readonly participant: ParticipantInfo | undefined;
  /** By the times. */
  readonly state: ParticipantState | undefined;
  /** By two looks; undefined where there was but one, or they do not tell. */
  readonly isStandingStill?: boolean | undefined;
}

function judgedOnes(info: SegmentInfo, rates?: SegmentRates): Judged[] {
  const { channel, topic, service, bridge } = info;
  if (channel) {
    const { participant } = channel.consumer;
    const state = participant && stateOf(participant, consumerHeartbeat(channel));
    return [{ participant, state, isStandingStill: rates?.channel?.isStandingStill }];
  }
  if (topic) {
    return topic.subscribers.map(({ participant, state }) => {
      const flow = rates?.topic?.subscribers.find(({ slot }) => slot === participant.slot);
      return { participant, state, isStandingStill: flow?.isStandingStill };
    });
  }
  if (bridge) {
    // Of who works on several ends, one that has stalled counts: the last one does.
    const isStalled = ({ state }: Judged): number => Number(state === "stalled");
    return bridge.ends.map(bridgeEndState).sort((one, two) => isStalled(one) - isStalled(two));
  }
  if (!service) return [];
  const requesters = service.requesters.map(({ requester, state }) => ({
    participant: requester,
    state,
  }));
  const { participant, state } = service.responder;
  return [...requesters, { participant, state, isStandingStill: rates?.service?.isStandingStill }];
}

/** A bridge says itself what keeps it from going on. */
function bridgeEndState({ participant, haltedMs, lag }: BridgeEndInfo): Judged {
  const hasStalled = lag > 0 && haltedMs >= STALLED_AFTER_MS;
  return { participant, state: hasStalled ? "stalled" : "live" };
}

function consumerHeartbeat({ lag, lanes, consumer }: ChannelInfo): Heartbeat {
  const behind = lanes.filter((lane) => lane.lag > 0);
  return {
    hasWork: lag > 0,
    lastActivityMs: consumer.lastActivityMs,
    workSinceMs: behind.reduce((newest, lane) => Math.max(newest, lane.lastActivityMs), 0),
    nowMs: Date.now(),
  };
}

/** Nobody, when the slot's owner has left in this very moment, or a damaged word names a slot that there is not. */
export function participantOf(
  slot: number | undefined,
  participants: readonly ParticipantInfo[],
): ParticipantInfo | undefined {
  return slot === undefined ? undefined : participants.find((one) => one.slot === slot);
}

/** How often somebody was woken at a cell. */
export function wakesOf(cells: readonly CellInfo[], index: number): number {
  return cells.find((cell) => cell.index === index)?.wakes ?? 0;
}

/** How often waiters of any cell found what they waited for without having been woken. */
export function timeoutWakesOf(cells: readonly CellInfo[]): number {
  return totalOf(CELL_FIGURES.cell, "timeoutWakes", cells);
}
