/**
 * Who takes part in a segment, and in which state it is: the words at the end of a line of `top`.
 *
 * @module
 */
import type { ParticipantInfo, PartyState, SegmentRates, SegmentSample } from "@isthmus/ipc";
import { formatCount } from "../output/format.ts";
import type { Style } from "../output/style.ts";
import { ageText, NOTHING, ownerText, participantsText } from "../segments/segment-text.ts";

/** With less time between two looks nobody can be said to stand still. */
const STALL_WINDOW_MS = 800;

/** Parties of one side whose pids are shown. */
const PARTIES_SHOWN = 3;

/** Somebody, and how they are doing where that is known. */
interface Party {
  readonly party: ParticipantInfo;
  readonly state: PartyState;
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
    const consumer = plain([channel.consumer.party]).map((one) => judged(one, isStill));
    return `${sideText(plain(senders), style)} → ${sideText(consumer, style)}`;
  }
  if (topic) {
    const senders = topic.publishers.map(({ publisher }) => publisher);
    const subscribers = topic.subscribers.map((one) => {
      const flow = rates?.topic?.subscribers.find(({ slot }) => slot === one.party.slot);
      return judged(one, isLong && flow?.isStandingStill === true);
    });
    return `${sideText(plain(senders), style)} → ${sideText(subscribers, style)}`;
  }
  if (service) {
    const { responder } = service;
    const requesters = service.requesters.flatMap(({ requester, state }) =>
      requester && state ? [{ party: requester, state }] : [],
    );
    const answering =
      responder.party && responder.state
        ? [{ party: responder.party, state: responder.state }]
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
function judged({ party, state }: Party, isStill: boolean): Party {
  return { party, state: state === "live" && isStill ? "stalled" : state };
}

function plain(parties: readonly (ParticipantInfo | undefined)[]): Party[] {
  return parties.flatMap((party) =>
    party ? [{ party, state: party.isAlive ? "live" : "dead" } as const] : [],
  );
}

function sideText(parties: readonly Party[], style: Style): string {
  const shown = parties.slice(0, PARTIES_SHOWN).map((one) => partyText(one, style));
  const rest = parties.length - shown.length;
  return [...shown, ...(rest > 0 ? [`+${rest}`] : [])].join(" ") || NOTHING;
}

function partyText({ party, state }: Party, style: Style): string {
  const pid = String(party.pid);
  if (state === "live") return style.green(pid);
  return state === "dead" ? style.red(`${pid} dead`) : style.yellow(`${pid} stalled`);
}
