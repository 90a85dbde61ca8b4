/**
 * What a person should know about a segment: the answer to "is anything wrong?".
 *
 * @module
 */
import { FIGURES, type FigureTable, type UnreachableSegment } from "@isthmus/ipc";
import type { FlowFrame, Issue, SegmentFrame } from "../wire/frame.ts";

/** A ring that is fuller than this has a consumer that does not keep up. */
const FILL_WARNING = 0.8;
/** Who holds a lock for longer, while others want it, is worth a look. */
const LOCK_HELD_MS = 5000;

/**
 * Judges a segment.
 *
 * @param segment The segment.
 * @param atMs When it was looked at.
 * @returns Nothing when nothing is wrong.
 */
export function findIssues(segment: SegmentFrame, atMs: number): Issue[] {
  const issue = (severity: Issue["severity"], code: string, message: string): Issue => ({
    severity,
    segment: segment.name,
    code,
    message,
  });
  if (segment.error !== null) return [issue("bad", "damaged", segment.error)];
  if (segment.held === false && !segment.persistent) {
    const message = "left over from a crash: nobody holds it";
    return [issue("warning", "left-over", message)];
  }
  const found = [...deadIssues(segment), ...lockIssues(segment, atMs)];
  if (segment.flow !== null) found.push(...flowIssues(segment, segment.flow, atMs));
  return found.map(([severity, code, message]) => issue(severity, code, message));
}

/** Judges a segment that is held although its name leads elsewhere. */
export function unreachableIssue({ name, holderPids }: UnreachableSegment): Issue {
  const message = `removed or replaced under process ${holderPids.join(", ")}: who opens the name comes to another one`;
  return { severity: "bad", segment: name, code: "unreachable", message };
}

type Found = readonly [severity: Issue["severity"], code: string, message: string];

function deadIssues({ participants }: SegmentFrame): Found[] {
  return participants
    .filter(({ state }) => state === "dead")
    .map(({ role, pid }) => ["bad", "died", `${role} ${pid} died without leaving`]);
}

function lockIssues({ lock }: SegmentFrame, atMs: number): Found[] {
  if (lock === null || lock.owner_pid === null) return [];
  if (lock.owner_alive === false) {
    return [["bad", "lock-abandoned", `process ${lock.owner_pid} died holding the lock`]];
  }
  const heldMs = atMs - (lock.owned_since_ms ?? atMs);
  if (heldMs < LOCK_HELD_MS) return [];
  const seconds = Math.floor(heldMs / 1000);
  return [["warning", "lock-held", `process ${lock.owner_pid} has held the lock for ${seconds} s`]];
}

function flowIssues({ kind, participants }: SegmentFrame, flow: FlowFrame, atMs: number): Found[] {
  const found: Found[] = [];
  const consumer = participants.find(({ role }) => role === "consumer");
  const producers = participants.filter(({ role }) => role === "producer");
  if (flow.corruptions > 0) {
    found.push(["bad", "corrupt", `a reader found ${flow.corruptions} impossible values`]);
  }
  if (consumer?.state === "stalled") {
    const seconds = Math.max(1, Math.floor((atMs - flow.consumed_at_ms) / 1000));
    const since = flow.consumed_at_ms > 0 ? ` for ${seconds} s` : "";
    found.push(["bad", "stalled", `consumer ${consumer.pid} has taken nothing${since}`]);
  }
  for (const { role, pid, state } of participants) {
    if (state === "stalled" && role !== "consumer") {
      found.push(["bad", "stalled", `${role} ${pid} has something to take and takes nothing`]);
    }
  }
  if (consumer === undefined && flow.lag > 0 && producers.length > 0) {
    found.push(["warning", "unread", `${flow.lag} records wait and nobody consumes`]);
  }
  if ((flow.drops_per_second ?? 0) > 0) {
    found.push(["bad", "dropping", alarmsOf(kind)]);
  }
  const isServed = consumer?.state === "live" || consumer?.state === "idle";
  if (isServed && flow.fill > FILL_WARNING) {
    const percent = Math.round(flow.fill * 100);
    found.push([
      "warning",
      "full",
      `the ring is ${percent} % full: producers wait for the consumer`,
    ]);
  }
  return found;
}

/** What it means that something of this kind is dropped. */
function alarmsOf(kind: string): string {
  const tables = Object.entries(FIGURES).find(([name]) => name === kind)?.[1] ?? {};
  const figures = Object.values<FigureTable>(tables).flatMap((table) => Object.values(table));
  return figures.flatMap(({ alarm }) => alarm ?? []).join(", or ");
}
