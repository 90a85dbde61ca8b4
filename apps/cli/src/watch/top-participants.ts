/**
 * Who takes part in a segment, and in which state it is: the words at the end of a line of `top`.
 *
 * @module
 */
import type { ParticipantInfo, ParticipantState, SegmentRates, SegmentSample } from "@isthmus/ipc";
import { formatCount } from "../output/format.ts";
import type { Style } from "../output/style.ts";
import { ageText, NOTHING, ownerText, participantsText } from "../segments/segment-text.ts";

/** With less time between two looks nobody can be said to stand still. */
const STALL_WINDOW_MS = 800;

/** Participants of one side whose pids are shown. */
const PARTIES_SHOWN = 3;

/** Somebody, and how they are doing where that is known. */
interface Participant {
  readonly participant: ParticipantInfo;
  readonly state: ParticipantState;
}

/** Of what flows who sends to whom, of anything else how many take part. */
export function whoText(
  sample: SegmentSample,
  rates: SegmentRates | undefined,
  style: Style,
): string {
  const { channel, topic, service } = sample;
  const isLong = (rates?.elapsedMs ?? 0) >= STALL_WINDOW_MS;
  if (channel) {
    const senders = channel.lanes.map(({ producer }) => producer);
    const isStill = isLong && rates?.channel?.isStandingStill === true;
    const consumer = plain([channel.consumer.participant]).map((one) => judged(one, isStill));
    return `${sideText(plain(senders), style)} → ${sideText(consumer, style)}`;
  }
  if (topic) {
    const senders = topic.publishers.map(({ publisher }) => publisher);
    const subscribers = topic.subscribers.map((one) => {
      const flow = rates?.topic?.subscribers.find(({ slot }) => slot === one.participant.slot);
      return judged(one, isLong && flow?.isStandingStill === true);
    });
    return `${sideText(plain(senders), style)} → ${sideText(subscribers, style)}`;
  }
  if (service) {
    const { responder } = service;
    const requesters = service.requesters.flatMap(({ requester, state }) =>
      requester && state ? [{ participant: requester, state }] : [],
    );
    const answering =
      responder.participant && responder.state
        ? [{ participant: responder.participant, state: responder.state }]
        : [];
    const isStill = isLong && rates?.service?.isStandingStill === true;
    const responders = answering.map((one) => judged(one, isStill));
    return `${sideText(requesters, style)} → ${sideText(responders, style)}`;
  }
  return participantsText(sample, style);
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
  const { semaphore, event, struct, mutex } = sample;
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

/** Two looks tell more than one: who has not moved between them, with work before it, stands still. */
function judged({ participant, state }: Participant, isStill: boolean): Participant {
  return { participant, state: state === "live" && isStill ? "stalled" : state };
}

function plain(participants: readonly (ParticipantInfo | undefined)[]): Participant[] {
  return participants.flatMap((participant) =>
    participant ? [{ participant, state: participant.isAlive ? "live" : "dead" } as const] : [],
  );
}

function sideText(participants: readonly Participant[], style: Style): string {
  const shown = participants.slice(0, PARTIES_SHOWN).map((one) => participantText(one, style));
  const rest = participants.length - shown.length;
  return [...shown, ...(rest > 0 ? [`+${rest}`] : [])].join(" ") || NOTHING;
}

function participantText({ participant, state }: Participant, style: Style): string {
  const pid = String(participant.pid);
  if (state === "live") return style.green(pid);
  return state === "dead" ? style.red(`${pid} dead`) : style.yellow(`${pid} stalled`);
}
