/**
 * Judges what has a state and no records: semaphores, mutexes, shared structs.
 *
 * @module
 */
import { EVENT, type Evidence } from "../evidence.ts";
import { type Finding, Findings, findEvents, findLeaked, judgeByEpoch } from "./findings.ts";

/** A permit is taken (1) or given back (-1). */
interface Step {
  readonly ticket: number;
  readonly change: 1 | -1;
  readonly id: number;
}

/**
 * Judges a semaphore: never more holders than permits, and at the end all permits are back.
 *
 * @param evidence That of the semaphore's holders and its keeper.
 * @param permits How many permits there are.
 */
export function judgePermits(evidence: readonly Evidence[], permits: number): Finding[] {
  return [
    ...judgeByEpoch(evidence, (ofEpoch) => [
      ...judgeOverlap(ofEpoch, permits),
      ...judgeAudit(ofEpoch, permits),
    ]),
    ...findLeaked(evidence),
  ];
}

/**
 * `taken` is written after the permit was taken, `giving` and the ticket of a kill before it goes back: between the two,
 * the holder has certainly held it.
 */
function judgeOverlap(evidence: readonly Evidence[], permits: number): Finding[] {
  const findings = new Findings();
  const steps = evidence.flatMap((one) => stepsOf(one));
  steps.sort((left, right) => left.ticket - right.ticket);
  let holders = 0;
  for (const { change, id, ticket } of steps) {
    holders += change;
    if (change < 0 || holders <= permits) continue;
    findings.report("torn", `${holders} holders of ${permits} permits at ticket ${ticket}`, 1, id);
  }
  return findings.all;
}

function stepsOf({ id, events, killTicket }: Evidence): Step[] {
  const steps: Step[] = [];
  const log = events();
  let isHolding = false;
  for (let index = 0; index < log.length; index++) {
    const code = log.code(index);
    const ticket = log.ticket(index);
    // What it did between the nemesis's ticket and its death does not count.
    if (killTicket !== undefined && ticket > killTicket) break;
    if (code === EVENT.taken) steps.push({ ticket, change: 1, id });
    if (code === EVENT.giving) steps.push({ ticket, change: -1, id });
    if (code === EVENT.taken || code === EVENT.giving) isHolding = code === EVENT.taken;
  }
  if (isHolding && killTicket !== undefined) steps.push({ ticket: killTicket, change: -1, id });
  return steps;
}

function judgeAudit(evidence: readonly Evidence[], permits: number): Finding[] {
  const findings = new Findings();
  for (const { id, events } of evidence) {
    const log = events();
    for (const index of log.indexesOf(EVENT.audited)) {
      const missing = permits - log.value(index);
      const detail = `${log.value(index)} of ${permits} permits at the end`;
      findings.report(missing > 0 ? "lost" : "duplicated", detail, Math.abs(missing), id);
    }
  }
  return findings.all;
}

/** Findings of changes that were lost: made twice, or gone at the end. */
function judgeChanges(evidence: readonly Evidence[]): Finding[] {
  const findings = new Findings();
  const makers = new Map<number, number>();
  let last = { value: 0, id: 0 };
  let audited: number | undefined;
  for (const { id, events } of evidence) {
    const log = events();
    for (let index = 0; index < log.length; index++) {
      const value = log.value(index);
      if (log.code(index) === EVENT.audited) audited = value;
      if (log.code(index) !== EVENT.changed) continue;
      const other = makers.get(value);
      makers.set(value, id);
      if (value > last.value) last = { value, id };
      if (other === undefined) continue;
      const detail = `one of two changes that both made ${value}, with participant ${other}`;
      findings.report("lost", detail, 1, id);
    }
  }
  if (audited !== undefined) {
    const detail = `the changes after ${audited}, of which the last made ${last.value}`;
    findings.report("lost", detail, last.value - audited, last.id);
  }
  return findings.all;
}

/**
 * Judges a mutex: never two owners, no half of a change seen unless its owner's death was told, no change lost.
 *
 * @param evidence That of the mutex's holders and its keeper.
 */
export function judgeLock(evidence: readonly Evidence[]): Finding[] {
  return [
    ...findEvents(evidence, EVENT.torn, "torn", "two halves that did not agree, at"),
    ...findEvents(evidence, EVENT.overlapped, "torn", "two owners at once, at"),
    ...judgeByEpoch(evidence, judgeChanges),
    ...findLeaked(evidence),
  ];
}

/**
 * Judges a shared struct: every value read was whole, versions never went back, no update was lost.
 *
 * @param evidence That of the struct's writers, readers and keeper.
 */
export function judgeRecord(evidence: readonly Evidence[]): Finding[] {
  return [
    ...findEvents(evidence, EVENT.torn, "torn", "a value that was not whole, version"),
    ...evidence.flatMap((one) => backward(one)),
    ...judgeByEpoch(evidence, judgeChanges),
    ...findLeaked(evidence),
  ];
}

function backward({ id, events }: Evidence): Finding[] {
  const findings = new Findings();
  const log = events();
  let last = -1;
  for (const index of log.indexesOf(EVENT.seen)) {
    const version = log.value(index);
    const detail = `version ${last}, after which version ${version} was read`;
    if (version < last) findings.report("lost", detail, 1, id);
    last = version;
  }
  return findings.all;
}
