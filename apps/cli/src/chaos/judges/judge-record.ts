/**
 * Judges a shared struct: every value read was whole, versions never went back, no update was lost.
 *
 * @module
 */
import { EVENT } from "../event.ts";
import type { Finding } from "../finding.ts";
import type { Testimony } from "../testimony.ts";
import { findEvents } from "./find-events.ts";
import { judgeChanges } from "./judge-changes.ts";
import { leakFindings } from "./leak-findings.ts";

/** See the module. `testimonies` are those of the struct's writers, readers and keeper. */
export function judgeRecord(testimonies: readonly Testimony[]): Finding[] {
  return [
    ...findEvents(testimonies, EVENT.torn, "torn", "a value that was not whole, version"),
    ...testimonies.flatMap((testimony) => backward(testimony)),
    ...judgeChanges(testimonies),
    ...leakFindings(testimonies),
  ];
}

function backward({ id, events }: Testimony): Finding[] {
  const findings: Finding[] = [];
  const log = events();
  let last = -1;
  for (let index = 0; index < log.length; index++) {
    if (log.code(index) !== EVENT.seen) continue;
    const version = log.value(index);
    if (version < last) {
      const detail = `version ${last}, after which version ${version} was read`;
      findings.push({ fault: "lost", count: 1, participant: id, detail });
    }
    last = version;
  }
  return findings;
}
