/**
 * A bridge in one moment: what it carries, and how each of its ends is doing.
 *
 * @module
 */
import type { SegmentSample } from "@isthmus/ipc";
import type { BridgeFrame } from "../wire/frame.ts";

/** Describes a bridge; `null` for other kinds. */
export function bridgeFrame({ bridge }: SegmentSample): BridgeFrame | null {
  if (bridge === undefined) return null;
  return {
    target: bridge.target,
    ends: bridge.ends.map((end) => ({
      slot: end.participant.slot,
      pid: end.participant.pid,
      direction: end.direction,
      source: end.source,
      server: end.server,
      away: end.isAway,
      full: end.isStalled,
      halted_ms: end.isAway || end.isStalled ? end.haltedMs : null,
      stopped: end.isStopped,
      reason: end.reason,
      records: end.records,
      lag: end.lag,
      in_flight: end.inFlight,
      spilled_bytes: end.spilledBytes,
      last_activity_ms: end.lastActivityMs,
    })),
  };
}
