/**
 * One segment in one moment, as the page gets it.
 *
 * @module
 */
import type { SegmentRates, SegmentSample } from "@isthmus/ipc";
import { kindName } from "@isthmus/ipc/internal";
import type { LockFrame, SegmentFrame, WaitFrame } from "../wire/frame.ts";
import { bridgeFrame } from "./bridge-frame.ts";
import { round } from "./figures.ts";
import { flowFrame } from "./flows.ts";
import { journalFrame } from "./journal-frame.ts";
import { participantFrames } from "./participants.ts";
import { queueFrame } from "./queue-frame.ts";
import type { RatedSample } from "./sampler.ts";
import { tellOf } from "./segment-figures.ts";

/**
 * Describes a segment.
 *
 * @param atMs When it was looked at, in milliseconds since 1970.
 */
export function segmentFrame({ sample, rates, takers }: RatedSample, atMs: number): SegmentFrame {
  const { error } = sample;
  const { columns, latency, ...figures } = tellOf(sample, rates);
  return {
    name: sample.name,
    kind: kindName(sample),
    held: sample.isHeld ?? null,
    persistent: sample.isPersistent,
    total_bytes: sample.totalBytes,
    created_at_ms: sample.createdAtMs,
    epoch: sample.epoch,
    participants: participantFrames(sample, rates, atMs, takers),
    flow: flowFrame(sample, rates, { columns, latency }),
    lock: lockFrame(sample, rates),
    queue: queueFrame(sample, rates),
    journal: journalFrame(sample),
    bridge: bridgeFrame(sample),
    wakes_per_second: round(rates?.wakesPerSecond),
    waits: waitFrames(sample),
    ...figures,
    error: error ? error.message : null,
  };
}

function waitFrames({ cells }: SegmentSample): WaitFrame[] {
  return cells.flatMap(({ index, hasSleepers = false, waitingSlots = [] }) =>
    hasSleepers || waitingSlots.length > 0
      ? [{ cell: index, slots: waitingSlots, has_sleepers: hasSleepers }]
      : [],
  );
}

function lockFrame({ mutex }: SegmentSample, rates: SegmentRates | undefined): LockFrame | null {
  if (!mutex) return null;
  const { owner, acquisitions, contentions, recoveries } = mutex;
  return {
    owner_pid: owner?.pid ?? null,
    owner_name: owner?.name ?? null,
    owner_alive: owner?.isAlive ?? null,
    owned_since_ms: owner?.sinceMs ?? null,
    acquisitions,
    contentions,
    recoveries,
    acquisitions_per_second: round(rates?.acquisitionsPerSecond),
    contentions_per_second: round(rates?.contentionsPerSecond),
  };
}
