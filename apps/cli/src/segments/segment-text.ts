/**
 * The words that tables and reports use for the same things.
 *
 * @module
 */
import type { SegmentInfo, UnreachableSegment } from "@isthmus/ipc";
import { formatCount, formatDuration } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { countParticipants } from "./segment-record.ts";

/** Stands where there is nothing to say. */
export const NOTHING = "–";

/** Whether somebody holds it. */
export function heldText({ isHeld }: SegmentInfo, style: Style): string {
  if (isHeld === undefined) return style.yellow("?");
  return isHeld ? style.green("yes") : style.dim("no");
}

/** What is wrong with a segment that is held and cannot be opened any more. */
export function unreachableText({ holderPids }: UnreachableSegment): string {
  return `unreachable: process ${holderPids.join(", ")} must open the name anew`;
}

/** How many participants live and have died. */
export function participantsText(info: SegmentInfo, style: Style): string {
  const { live, dead } = countParticipants(info);
  const parts: string[] = [];
  if (live > 0) parts.push(`${formatCount(live)} live`);
  if (dead > 0) parts.push(style.red(`${formatCount(dead)} dead`));
  return parts.join(", ") || NOTHING;
}

/** Who holds the mutex, and since when. */
export function ownerText({ mutex }: SegmentInfo, nowMs: number, style: Style): string {
  if (mutex === undefined) return NOTHING;
  const { owner } = mutex;
  if (owner === undefined) return "free";
  const state = owner.isAlive ? "" : `${style.red("dead")} `;
  return `${printable(owner.name)} (${owner.pid}) ${state}${ageText(owner.sinceMs, nowMs)}`;
}

/** How long ago something was; clocks of two processes may differ by a little. */
export function ageText(thenMs: number, nowMs: number): string {
  const elapsedMs = Math.max(0, nowMs - thenMs);
  return elapsedMs < 1000 ? "< 1 s" : formatDuration(elapsedMs);
}

/** How long ago somebody did something. */
export function activityText(thenMs: number, nowMs: number): string {
  return thenMs === 0 ? "never" : `${ageText(thenMs, nowMs)} ago`;
}

/** A moment; what no calendar holds is printed as the number it is. */
export function timeText(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? String(milliseconds) : date.toISOString();
}
