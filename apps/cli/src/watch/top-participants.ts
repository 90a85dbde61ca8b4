/**
 * Who takes part in a segment, and in which state it is: the words at the end of a line of `top`.
 *
 * @module
 */
import {
  type BridgeEndInfo,
  type ParticipantInfo,
  type ParticipantState,
  participantStates,
  type SegmentRates,
  type SegmentSample,
} from "@isthmus/ipc";
import { formatCount, formatDuration } from "../output/format.ts";
import type { Style } from "../output/style.ts";
import { ageText, NOTHING, ownerText, participantsText } from "../segments/segment-text.ts";

/** Participants of one side whose pids are shown. */
const PARTIES_SHOWN = 3;

/** Of what flows who sends to whom, of anything else how many take part. */
export function whoText(
  sample: SegmentSample,
  rates: SegmentRates | undefined,
  style: Style,
): string {
  const sides = sidesOf(sample);
  if (sides === undefined) return participantsText(sample, style);
  const states = participantStates(sample, rates);
  return sides.map((side) => sideText(side, states, style)).join(" → ");
}

type Side = readonly (ParticipantInfo | undefined)[];

/** Who sends, and who receives; undefined for kinds through which nothing passes. */
function sidesOf({ channel, topic, service }: SegmentSample): [Side, Side] | undefined {
  if (channel) {
    return [channel.lanes.map(({ producer }) => producer), [channel.consumer.participant]];
  }
  if (topic) {
    const subscribers = topic.subscribers.map(({ participant }) => participant);
    return [topic.publishers.map(({ publisher }) => publisher), subscribers];
  }
  return (
    service && [
      service.requesters.map(({ requester }) => requester),
      [service.responder.participant],
    ]
  );
}

/**
 * Who holds the lock, or what else can be said in a word or two.
 *
 * @param isTerse Whether the holder's pid must do.
 */
export function stateText(
  sample: SegmentSample,
  nowMs: number,
  style: Style,
  isTerse: boolean,
): string {
  const { semaphore, event, struct, mutex, bridge } = sample;
  if (bridge) return bridgeText(bridge.ends, style);
  if (event) return event.isSet ? "set" : "not set";
  if (semaphore) {
    return `${formatCount(semaphore.available)} of ${formatCount(semaphore.max)} free`;
  }
  if (struct && !mutex?.owner) return `version ${formatCount(struct.version)}`;
  const { owner } = mutex ?? {};
  if (!isTerse || owner === undefined) return ownerText(sample, nowMs, style);
  const pid = owner.isAlive ? String(owner.pid) : style.red(`${owner.pid} dead`);
  return `${pid} ${ageText(owner.sinceMs, nowMs)}`;
}

/** The worst that can be said of any end. */
function bridgeText(ends: readonly BridgeEndInfo[], style: Style): string {
  if (ends.some(({ isStopped }) => isStopped)) return style.red("stopped");
  const halted = ends.filter(({ isAway, isStalled }) => isAway || isStalled);
  if (halted.length > 0) {
    const longestMs = Math.max(...halted.map(({ haltedMs }) => haltedMs));
    const how = halted.some(({ isAway }) => isAway) ? "away" : "full";
    return style.yellow(`${how} ${formatDuration(longestMs)}`);
  }
  return ends.map(({ direction }) => direction).join(", ") || NOTHING;
}

function sideText(side: Side, states: ReadonlyMap<number, ParticipantState>, style: Style): string {
  const present = side.filter((one) => one !== undefined);
  const shown = present
    .slice(0, PARTIES_SHOWN)
    .map(({ slot, pid }) => participantText(String(pid), states.get(slot) ?? "live", style));
  const rest = present.length - shown.length;
  return [...shown, ...(rest > 0 ? [`+${rest}`] : [])].join(" ") || NOTHING;
}

function participantText(pid: string, state: ParticipantState, style: Style): string {
  if (state === "live") return style.green(pid);
  return state === "dead" ? style.red(`${pid} dead`) : style.yellow(`${pid} stalled`);
}
