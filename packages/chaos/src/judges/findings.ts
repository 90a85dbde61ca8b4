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
  readonly participant?: number;
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
  const findings: Finding[] = [];
  for (const { id, events } of evidence) {
    const log = events();
    for (let index = 0; index < log.length; index++) {
      if (log.code(index) !== code) continue;
      const detail = `${what} ${log.value(index)}`;
      findings.push({ fault, count: 1, participant: id, detail });
    }
  }
  return findings;
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
  const findings: Finding[] = [];
  for (const { id, events } of evidence) {
    const log = events();
    let most = 0;
    for (let index = 0; index < log.length; index++) {
      if (log.code(index) === EVENT.leaked) most = Math.max(most, log.value(index));
    }
    if (most === 0) continue;
    const detail = "segments that were open or mapped after everything had been closed";
    findings.push({ fault: "leaked", count: most, participant: id, detail });
  }
  return findings;
}
