/**
 * Judges values that only grow: each is made by one participant, and the last of all is still there.
 *
 * @module
 */
import { EVENT } from "../event.ts";
import type { Finding } from "../finding.ts";
import type { Testimony } from "../testimony.ts";

/** Findings of changes that were lost: made twice, or gone at the end. One life of the directory at a time. */
export function judgeChanges(testimonies: readonly Testimony[]): Finding[] {
  const findings: Finding[] = [];
  for (const era of new Set(testimonies.map((testimony) => testimony.era))) {
    const ofEra = testimonies.filter((testimony) => testimony.era === era);
    findings.push(...judgeEra(ofEra));
  }
  return findings;
}

function judgeEra(testimonies: readonly Testimony[]): Finding[] {
  const findings: Finding[] = [];
  const makers = new Map<number, number>();
  let last = { value: 0, id: 0 };
  let audited: { value: number; id: number } | undefined;
  for (const { id, events } of testimonies) {
    const log = events();
    for (let index = 0; index < log.length; index++) {
      const value = log.value(index);
      if (log.code(index) === EVENT.audited) audited = { value, id };
      if (log.code(index) !== EVENT.changed) continue;
      const other = makers.get(value);
      makers.set(value, id);
      if (value > last.value) last = { value, id };
      if (other === undefined) continue;
      const detail = `one of two changes that both made ${value}, with participant ${other}`;
      findings.push({ fault: "lost", count: 1, participant: id, detail });
    }
  }
  if (audited !== undefined && audited.value < last.value) {
    const detail = `the changes after ${audited.value}, of which the last made ${last.value}`;
    findings.push({
      fault: "lost",
      count: last.value - audited.value,
      participant: last.id,
      detail,
    });
  }
  return findings;
}
