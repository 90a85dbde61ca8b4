/**
 * What participants have found open after they had closed everything.
 *
 * @module
 */
import { EVENT } from "../event.ts";
import type { Finding } from "../finding.ts";
import type { Testimony } from "../testimony.ts";

/** A finding for every participant that had descriptors or mappings left. */
export function leakFindings(testimonies: readonly Testimony[]): Finding[] {
  const findings: Finding[] = [];
  for (const { id, events } of testimonies) {
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
