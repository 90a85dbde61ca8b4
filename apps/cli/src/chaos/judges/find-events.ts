/**
 * Events that are findings by themselves.
 *
 * @module
 */
import type { EventCode } from "../event.ts";
import type { Fault, Finding } from "../finding.ts";
import type { Testimony } from "../testimony.ts";

/**
 * A finding for every event of a kind.
 *
 * @param testimonies Where to look.
 * @param code The kind of event.
 * @param fault Which fault it is.
 * @param what What it is, before its value.
 */
export function findEvents(
  testimonies: readonly Testimony[],
  code: EventCode,
  fault: Fault,
  what: string,
): Finding[] {
  const findings: Finding[] = [];
  for (const { id, events } of testimonies) {
    const log = events();
    for (let index = 0; index < log.length; index++) {
      if (log.code(index) !== code) continue;
      const detail = `${what} ${log.value(index)}`;
      findings.push({ fault, count: 1, participant: id, detail });
    }
  }
  return findings;
}
