/**
 * Judges a mutex: never two at once, no half of a change seen unless its owner's death was told, no change lost.
 *
 * @module
 */
import { EVENT } from "../event.ts";
import type { Finding } from "../finding.ts";
import type { Testimony } from "../testimony.ts";
import { findEvents } from "./find-events.ts";
import { judgeChanges } from "./judge-changes.ts";
import { leakFindings } from "./leak-findings.ts";

/** See the module. `testimonies` are those of the mutex's holders and its keeper. */
export function judgeLock(testimonies: readonly Testimony[]): Finding[] {
  return [
    ...findEvents(testimonies, EVENT.torn, "torn", "two halves that did not agree, at"),
    ...findEvents(testimonies, EVENT.overlapped, "torn", "two owners at once, at"),
    ...judgeChanges(testimonies),
    ...leakFindings(testimonies),
  ];
}
