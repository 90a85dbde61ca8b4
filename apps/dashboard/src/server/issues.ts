/**
 * What a person should know about a segment: the answer to "is anything wrong?".
 *
 * @module
 */
import type { UnreachableSegment } from "@isthmus/ipc";
import type {
  FlowFrame,
  Issue,
  ParticipantFrame,
  QueueFrame,
  SegmentFrame,
} from "../wire/frame.ts";
import { ALARMS } from "./segment-figures.ts";
import { ownerText, who } from "./who.ts";

/** A ring that is fuller than this has a consumer that does not keep up. */
const FILL_WARNING = 0.8;
/** Who has lost records falls behind when so much of the ring lies before it; who has not, when the ring is nearly over. */
const LAPPED_DISTANCE = 0.5;
/** A bridge that is away or full for less is nothing to speak of. */
const BRIDGE_HALTED_MS = 1000;
/** Where who wants a lock waits for it. */
const LOCK_CELL = 0;
/** Who holds a lock for longer, while others want it, is worth a look. */
const LOCK_HELD_MS = 5000;

/**
 * Judges a segment.
 *
 * @param segment The segment.
 * @param atMs When it was looked at.
 * @returns Nothing when nothing is wrong.
 */
export function findIssues(segment: SegmentFrame, atMs: number): Issue[] {
  const issue = (severity: Issue["severity"], code: string, message: string): Issue => ({
    severity,
    segment: segment.name,
    code,
    message,
  });
  if (segment.error !== null) return [issue("bad", "damaged", segment.error)];
  if (segment.held === false && !segment.persistent) {
    const message = "left over from a crash: nobody holds it";
    return [issue("warning", "left-over", message)];
  }
  const found = [...deadIssues(segment), ...lockIssues(segment, atMs), ...bridgeIssues(segment)];
  const { flow } = segment;
  found.push(...(flow === null ? alarmIssues(segment) : flowIssues(segment, flow, atMs)));
  return found.map(([severity, code, message]) => issue(severity, code, message));
}

/** Judges a segment that is held although its name leads elsewhere. */
export function unreachableIssue({ name, holderPids }: UnreachableSegment): Issue {
  const message = `removed or replaced under process ${holderPids.join(", ")}: who opens the name comes to another one`;
  return { severity: "bad", segment: name, code: "unreachable", message };
}

type Found = readonly [severity: Issue["severity"], code: string, message: string];

/**
 * Somebody's death is an issue where it left something behind: a place in a flow, or what nobody else can have
 * meanwhile. Of whoever died holding a lock the lock itself tells; all others have left nothing but a row in a table.
 */
function deadIssues({ participants, flow, queue }: SegmentFrame): Found[] {
  // A queue has no places: a worker leaves behind what it had, until that is given to another one.
  const hasPlaces = flow !== null && queue === null;
  return participants
    .filter(({ state, holds }) => state === "dead" && (hasPlaces || holds !== null))
    .map((one) => {
      const left = one.holds === null ? "" : ` and has ${one.holds}`;
      return ["bad", "died", `${who(one)} died without leaving${left}`];
    });
}

function lockIssues({ lock, waits }: SegmentFrame, atMs: number): Found[] {
  if (lock === null || lock.owner_pid === null) return [];
  const owner = ownerText(lock.owner_pid, lock.owner_name);
  if (lock.owner_alive === false) {
    return [["bad", "lock-abandoned", `${owner} died holding the lock`]];
  }
  const heldMs = atMs - (lock.owned_since_ms ?? atMs);
  // Some locks are held for life, as one that says who is the only one to do something.
  if (heldMs < LOCK_HELD_MS || !waits.some(({ cell }) => cell === LOCK_CELL)) return [];
  const seconds = Math.floor(heldMs / 1000);
  return [["warning", "lock-held", `${owner} has held the lock for ${seconds} s`]];
}

/** A bridge says itself what keeps it from going on. */
function bridgeIssues({ bridge }: SegmentFrame): Found[] {
  return (bridge?.ends ?? []).flatMap((end): Found[] => {
    const who = `the way ${end.direction} over process ${end.pid}`;
    const why = end.reason === "" ? "" : `: ${end.reason}`;
    if (end.stopped) return [["bad", "stopped", `${who} has stopped${why}`]];
    if ((end.halted_ms ?? 0) < BRIDGE_HALTED_MS) return [];
    const seconds = Math.floor((end.halted_ms ?? 0) / 1000);
    const what = end.away ? `has no connection to ${end.server}` : "has no room";
    return [["warning", end.away ? "away" : "full", `${who} ${what}, for ${seconds} s${why}`]];
  });
}

function flowIssues(segment: SegmentFrame, flow: FlowFrame, atMs: number): Found[] {
  const { participants } = segment;
  const found: Found[] = [];
  if (flow.corruptions > 0) {
    const values = flow.corruptions === 1 ? "value" : "values";
    const what = `${number(flow.corruptions)} impossible ${values}`;
    found.push(["bad", "corrupt", `a reader found ${what}`]);
  }
  found.push(...stalledIssues(participants, flow, atMs));
  const consumer = participants.some(({ role }) => role === "consumer");
  const producers = participants.some(({ role }) => role === "producer");
  if (!consumer && producers && flow.lag > 0) {
    found.push(["warning", "unread", `${recordsWait(flow.lag)} and nobody consumes`]);
  }
  if (segment.queue !== null) found.push(...queueIssues(segment, segment.queue, flow));
  found.push(...alarmIssues(segment), ...participants.flatMap(lappedIssues));
  // Where nobody takes anything, that is what is wrong, and not that the ring fills up.
  const isTaken = !found.some(([, code]) => code === "stalled" || code === "unread");
  return [...found, ...roomIssues(segment, flow, isTaken)];
}

function stalledIssues(
  participants: readonly ParticipantFrame[],
  flow: FlowFrame,
  atMs: number,
): Found[] {
  return participants
    .filter(({ state }) => state === "stalled")
    .map((one) => {
      if (one.role !== "consumer") {
        return ["bad", "stalled", `${who(one)} has something to take and takes nothing`];
      }
      const seconds = Math.max(1, Math.floor((atMs - flow.consumed_at_ms) / 1000));
      const since = flow.consumed_at_ms > 0 ? ` for ${seconds} s` : "";
      return ["bad", "stalled", `${who(one)} has taken nothing${since}`];
    });
}

/** Where everybody who takes jobs has one, the others wait for their turn; of who stalls it is told already. */
function queueIssues(
  { participants }: SegmentFrame,
  { stands_still, jobs }: QueueFrame,
  { lag }: FlowFrame,
): Found[] {
  const isTold = participants.some(({ state }) => state === "stalled");
  if (!stands_still || isTold || jobs.length > 0) return [];
  const wait = lag === 1 ? "1 job waits" : `${number(lag)} jobs wait`;
  return [["warning", "unread", `${wait} and nobody takes ${lag === 1 ? "it" : "them"}`]];
}

/** What should not count and counts now; what subscribers lose is told of each of them. */
function alarmIssues({ figures, rates, participants }: SegmentFrame): Found[] {
  const isTold = (id: string): boolean =>
    id === "topic.place.lost" && participants.some(({ lapped }) => lapped !== null);
  return Object.entries(rates).flatMap(([id, perSecond]): Found[] => {
    const alarm = ALARMS.get(id);
    if (alarm === undefined || perSecond <= 0 || isTold(id)) return [];
    return [["bad", "dropping", `${alarm}: ${number(figures[id] ?? 0)} so far`]];
  });
}

function lappedIssues(one: ParticipantFrame): Found[] {
  if (one.lapped === null) return [];
  const { lost, lost_per_second, distance } = one.lapped;
  const wait = `${number(one.lag ?? 0)} ${one.lag === 1 ? "waits" : "wait"} for it`;
  if ((lost_per_second ?? 0) > 0) {
    const message = `${who(one)} loses records that are overwritten before it reads them`;
    return [["bad", "losing", `${message}: ${number(lost)} so far, ${wait}`]];
  }
  if (distance < (lost > 0 ? LAPPED_DISTANCE : FILL_WARNING)) return [];
  const are = lost === 1 ? "is" : "are";
  const end = lost > 0 ? `, ${number(lost)} ${are} lost` : ", and publishers do not";
  const behind = `${recordsWait(one.lag ?? 0)} for it`;
  return [["warning", "behind", `${who(one)} falls behind: ${behind}${end}`]];
}

/** Who waits for room, and for how long: that is where back-pressure is felt. */
function roomIssues(
  { participants, queue }: SegmentFrame,
  flow: FlowFrame,
  isTaken: boolean,
): Found[] {
  const isServed = participants.some(({ state, waiting_ms }) => {
    return waiting_ms === null && (state === "live" || state === "idle");
  });
  const waiting = participants.filter(({ waiting_ms }) => waiting_ms !== null);
  const room = queue === null ? "the fullest ring" : "its room";
  const percent = `${room} is ${Math.round(flow.fill * 100)} % full`;
  if (waiting.length > 0) {
    return waiting.map((one) => {
      const seconds = Math.floor((one.waiting_ms ?? 0) / 1000);
      return ["warning", "full", `${who(one)} waits for room, for ${seconds} s: ${percent}`];
    });
  }
  if (!isTaken || !isServed || flow.fill <= FILL_WARNING) return [];
  const perSecond = Math.round(flow.full_waits_per_second ?? 0);
  const often = perSecond === 1 ? "once" : `${number(perSecond)} times`;
  const waits = perSecond > 0 ? `, and senders wait for room ${often} a second` : "";
  return [["warning", "full", percent + waits]];
}

function recordsWait(lag: number): string {
  return lag === 1 ? "1 record waits" : `${number(lag)} records wait`;
}

const NUMBER = new Intl.NumberFormat("en-US");

function number(value: number): string {
  return NUMBER.format(value);
}
