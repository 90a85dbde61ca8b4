/**
 * What judges find: something that must not happen, and did.
 *
 * @module
 */
import { EVENT, type EventCode, type Evidence } from "../evidence.ts";

/** How a promise can be broken; the columns of the verdict. */
export const FAULTS = ["lost", "torn", "duplicated", "stuck", "leaked"] as const;

/** One of {@link FAULTS}. */
export type Fault = (typeof FAULTS)[number];

/** What went wrong. */
export interface Finding {
  readonly fault: Fault;
  /** How many records, permits, files or processes are concerned. */
  readonly count: number;
  /** What exactly, with the numbers of the records. */
  readonly detail: string;
  /** The number of the participant whose log tells of it, if there is one. */
  readonly participant?: number | undefined;
}

/** What has been found so far. */
export class Findings {
  readonly all: Finding[] = [];

  /**
   * Notes what went wrong, if it did.
   *
   * @param fault Which promise was broken.
   * @param detail What exactly.
   * @param count How many records, permits, files or processes are concerned; nothing is noted when there are none.
   * @param participant The number of the participant whose log tells of it.
   */
  report(fault: Fault, detail: string, count = 1, participant?: number): void {
    if (count > 0) this.all.push({ fault, count, detail, participant });
  }
}

/**
 * A finding for every event of a kind.
 *
 * @param evidence Where to look.
 * @param code The kind of event.
 * @param fault Which fault it is.
 * @param what What it is, before its value.
 */
export function findEvents(
  evidence: readonly Evidence[],
  code: EventCode,
  fault: Fault,
  what: string,
): Finding[] {
  const findings = new Findings();
  for (const { id, events } of evidence) {
    const log = events();
    for (const index of log.indexesOf(code)) {
      findings.report(fault, `${what} ${log.value(index)}`, 1, id);
    }
  }
  return findings.all;
}

/**
 * The findings of a judge who judges each epoch by itself: who worked in another one worked on another segment.
 *
 * @param evidence That of all epochs.
 * @param judge Judges the evidence of one.
 */
export function judgeByEpoch(
  evidence: readonly Evidence[],
  judge: (ofEpoch: readonly Evidence[]) => readonly Finding[],
): Finding[] {
  return [...Map.groupBy(evidence, ({ epoch }) => epoch).values()].flatMap(judge);
}

/** A finding for every participant that had descriptors or mappings left. */
export function findLeaked(evidence: readonly Evidence[]): Finding[] {
  const findings = new Findings();
  const detail = "segments that were open or mapped after everything had been closed";
  for (const { id, events } of evidence) {
    const log = events();
    const counts = Array.from(log.indexesOf(EVENT.leaked), (index) => log.value(index));
    findings.report("leaked", detail, Math.max(0, ...counts), id);
  }
  return findings.all;
}
