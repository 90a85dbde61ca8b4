/**
 * Judges a flood: consumers have found no fault, and every record that was published has come.
 *
 * @module
 */
import { EVENT } from "../event.ts";
import type { Finding } from "../finding.ts";
import { Tally } from "../tally.ts";
import type { Testimony } from "../testimony.ts";
import { findEvents } from "./find-events.ts";
import { leakFindings } from "./leak-findings.ts";

/**
 * See the module.
 *
 * @param testimonies Those of the channel's producers and consumers.
 * @param evidencePath Where their accounts are.
 * @param name The channel's name.
 */
export function judgeFlood(
  testimonies: readonly Testimony[],
  evidencePath: string,
  name: string,
): Finding[] {
  return [
    ...findEvents(testimonies, EVENT.torn, "torn", "a record that was not whole, perhaps number"),
    ...findEvents(testimonies, EVENT.missed, "lost", "records in a row that were left out:"),
    ...findEvents(testimonies, EVENT.repeated, "duplicated", "a record that came again:"),
    ...judgeAccounts(evidencePath, name),
    ...leakFindings(testimonies),
  ];
}

function judgeAccounts(evidencePath: string, name: string): Finding[] {
  const findings: Finding[] = [];
  using tally = new Tally(evidencePath, name);
  for (let stream = 0; stream < tally.streamCount; stream++) {
    const { intended, acknowledged, next } = tally.account(stream);
    if (next < acknowledged) {
      const detail = `${next} to ${acknowledged - 1} of stream ${stream} of ${name}`;
      findings.push({ fault: "lost", count: acknowledged - next, detail });
    }
    if (next > intended) {
      const detail = `${intended} to ${next - 1} of stream ${stream} of ${name}, which nobody sent`;
      findings.push({ fault: "torn", count: next - intended, detail });
    }
  }
  return findings;
}
