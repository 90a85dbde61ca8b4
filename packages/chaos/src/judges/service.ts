/**
 * Judges a service: every request is settled, rightly, and handled at most once; it is refused only if a responder has
 * ended while it was under way.
 *
 * @module
 */
import { EVENT, type EventLog, type Evidence, streamText } from "../evidence.ts";
import { type Finding, Findings, findEvents, findLeaked } from "./findings.ts";

/**
 * Judges a service; see the module.
 *
 * @param evidence That of its requesters and responders.
 */
export function judgeService(evidence: readonly Evidence[]): Finding[] {
  const responders = evidence.filter(({ role }) => role === "responder");
  const requesters = evidence.filter(({ role }) => role === "requester");
  const handled = new Map<string, number>();
  const findings = new Findings();
  for (const { id, events } of responders) findRepeated(id, events(), handled, findings);
  const endings = responders.flatMap((responder) => endingsOf(responder, responders));
  for (const requester of requesters) findUnsettled(requester, handled, endings, findings);
  return [
    ...findings.all,
    ...findEvents(requesters, EVENT.torn, "torn", "a wrong answer to request"),
    ...findLeaked(evidence),
  ];
}

/** Notes every request that was handled, and finds those that were before. */
function findRepeated(
  id: number,
  log: EventLog,
  handled: Map<string, number>,
  findings: Findings,
): void {
  for (const index of log.indexesOf(EVENT.delivered)) {
    const request = nameOf(log, index);
    const other = handled.get(request);
    handled.set(request, id);
    if (other === undefined) continue;
    const detail = `request ${request}, which participant ${other} had handled`;
    findings.report("duplicated", detail, 1, id);
  }
}

/** The tickets between which a responder may have ended. */
function endingsOf(
  { epoch, events, killTicket }: Evidence,
  responders: readonly Evidence[],
): Ending[] {
  const endings: Ending[] = [];
  const log = events();
  for (const index of log.indexesOf(EVENT.left)) {
    // It had left when it wrote this, and not yet when it wrote the event before.
    endings.push({ epoch, from: log.ticket(Math.max(0, index - 1)), to: log.ticket(index) });
  }
  if (killTicket === undefined) return endings;
  // Killed after that ticket, and gone, at the latest, when another one had taken its place.
  const successors = responders
    .filter((other) => other.epoch === epoch)
    .map((other) => readyTicket(other.events()))
    .filter((ticket) => ticket > killTicket);
  endings.push({ epoch, from: killTicket, to: Math.min(Infinity, ...successors) });
  return endings;
}

/** The ticket of when it was ready; -1 when it never was. */
function readyTicket(log: EventLog): number {
  const index = log.indexOf(EVENT.ready);
  return index === -1 ? -1 : log.ticket(index);
}

interface Ending {
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
}

/** Finds requests that were not settled, not handled, or refused without reason. */
function findUnsettled(
  { id, epoch, isKilled, events }: Evidence,
  handled: ReadonlyMap<string, number>,
  endings: readonly Ending[],
  findings: Findings,
): void {
  const asked = new Map<string, number>();
  const log = events();
  const report = (fault: Finding["fault"], detail: string): void =>
    findings.report(fault, detail, 1, id);
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
      (ending) => ending.epoch === epoch && ending.from < log.ticket(index) && ending.to > from,
    );
    if (code === EVENT.refused && !isExcused) {
      report("lost", `request ${request}, refused although no responder had ended`);
    }
  }
  if (isKilled) return;
  for (const request of asked.keys()) report("lost", `request ${request}, which was never settled`);
}

function nameOf(log: EventLog, index: number): string {
  return `${log.value(index)} of stream ${streamText(log.stream(index))}`;
}
