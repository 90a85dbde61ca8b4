/**
 * Judges a service: every request is settled, rightly, and handled at most once; it is refused only if a responder has
 * ended while it was under way.
 *
 * @module
 */
import { EVENT } from "../event.ts";
import type { EventLog } from "../event-log.ts";
import type { Finding } from "../finding.ts";
import { streamText } from "../stream-number.ts";
import type { Testimony } from "../testimony.ts";
import { findEvents } from "./find-events.ts";
import { leakFindings } from "./leak-findings.ts";

/** See the module. `testimonies` are those of its requesters and responders. */
export function judgeService(testimonies: readonly Testimony[]): Finding[] {
  const responders = testimonies.filter(({ role }) => role === "responder");
  const requesters = testimonies.filter(({ role }) => role === "requester");
  const handled = new Map<string, number>();
  const findings: Finding[] = [];
  for (const { id, events } of responders) findings.push(...repeated(id, events(), handled));
  const endings = responders.flatMap((responder) => endingsOf(responder, responders));
  for (const requester of requesters) findings.push(...unsettled(requester, handled, endings));
  return [
    ...findings,
    ...findEvents(requesters, EVENT.torn, "torn", "a wrong answer to request"),
    ...leakFindings(testimonies),
  ];
}

/** Notes every request that was handled, and finds those that were before. */
function repeated(id: number, log: EventLog, handled: Map<string, number>): Finding[] {
  const findings: Finding[] = [];
  for (let index = 0; index < log.length; index++) {
    if (log.code(index) !== EVENT.delivered) continue;
    const request = nameOf(log, index);
    const other = handled.get(request);
    handled.set(request, id);
    if (other === undefined) continue;
    const detail = `request ${request}, which participant ${other} had handled`;
    findings.push({ fault: "duplicated", count: 1, participant: id, detail });
  }
  return findings;
}

/** The tickets between which a responder may have ended. */
function endingsOf(
  { era, events, killTicket }: Testimony,
  responders: readonly Testimony[],
): Ending[] {
  const endings: Ending[] = [];
  const log = events();
  for (let index = 0; index < log.length; index++) {
    // It has left by then, and had not when it noted the event before.
    if (log.code(index) === EVENT.left) {
      endings.push({ era, from: log.ticket(Math.max(0, index - 1)), to: log.ticket(index) });
    }
  }
  if (killTicket === undefined) return endings;
  // Killed at some time after that ticket; gone, at the latest, when another one could take its place.
  const successors = responders
    .filter((other) => other.era === era)
    .map((other) => firstTicket(other.events()))
    .filter((ticket) => ticket > killTicket);
  endings.push({ era, from: killTicket, to: Math.min(Infinity, ...successors) });
  return endings;
}

function firstTicket(log: EventLog): number {
  return log.length === 0 ? -1 : log.ticket(0);
}

interface Ending {
  readonly era: number;
  readonly from: number;
  readonly to: number;
}

/** Finds requests that were not settled, not handled, or refused without reason. */
function unsettled(
  { id, era, isKilled, events }: Testimony,
  handled: ReadonlyMap<string, number>,
  endings: readonly Ending[],
): Finding[] {
  const findings: Finding[] = [];
  const asked = new Map<string, number>();
  const log = events();
  const report = (fault: Finding["fault"], detail: string): void => {
    findings.push({ fault, count: 1, participant: id, detail });
  };
  for (let index = 0; index < log.length; index++) {
    const code = log.code(index);
    const request = nameOf(log, index);
    if (code === EVENT.asked) asked.set(request, log.ticket(index));
    if (code !== EVENT.answered && code !== EVENT.refused && code !== EVENT.torn) continue;
    const from = asked.get(request);
    if (!asked.delete(request) || from === undefined) {
      report("duplicated", `request ${request}, which was settled again`);
      continue;
    }
    if (code === EVENT.answered && !handled.has(request)) {
      report("torn", `an answer to request ${request}, which nobody has handled`);
    }
    const isExcused = endings.some(
      (ending) => ending.era === era && ending.from < log.ticket(index) && ending.to > from,
    );
    if (code === EVENT.refused && !isExcused) {
      report("lost", `request ${request}, refused although no responder had ended`);
    }
  }
  if (isKilled) return findings;
  for (const request of asked.keys()) report("lost", `request ${request}, which was never settled`);
  return findings;
}

function nameOf(log: EventLog, index: number): string {
  return `${log.value(index)} of stream ${streamText(log.stream(index))}`;
}
