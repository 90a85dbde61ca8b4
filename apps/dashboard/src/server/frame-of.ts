/**
 * From samples to what is sent to pages.
 *
 * @module
 */
import type { UnreachableSegment } from "@isthmus/ipc";
import type { Frame, SegmentFrame } from "../wire/frame.ts";
import { findIssues, unreachableIssue } from "./issues.ts";
import type { RatedSample } from "./sampler.ts";
import { segmentFrame } from "./segments.ts";
import { totalOf } from "./totals.ts";

/**
 * Describes one look at everything.
 *
 * @param rated The segments.
 * @param atMs When that was, in milliseconds since 1970.
 * @param unreachable What is held and cannot be opened any more.
 */
export function frameOf(
  rated: readonly RatedSample[],
  atMs: number,
  unreachable: readonly UnreachableSegment[] = [],
): Frame {
  const segments = rated.map((each): SegmentFrame => segmentFrame(each, atMs));
  return {
    sampled_at_ms: atMs,
    segments,
    total: totalOf(rated, segments),
    issues: [
      ...unreachable.map(unreachableIssue),
      ...segments.flatMap((segment) => findIssues(segment, atMs)),
    ].sort(bySeverity),
  };
}

/** Describes that nothing can be seen, and why. */
export function unreadableFrame(error: unknown, atMs: number): Frame {
  const message = error instanceof Error ? error.message : String(error);
  const issue = { severity: "bad", segment: "", code: "unreadable", message } as const;
  return { ...frameOf([], atMs), issues: [issue] };
}

function bySeverity(one: { severity: string }, two: { severity: string }): number {
  return Number(two.severity === "bad") - Number(one.severity === "bad");
}
