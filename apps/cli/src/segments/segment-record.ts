/**
 * A segment as a program reads it.
 *
 * @module
 */
import type { SegmentInfo, UnreachableSegment } from "@isthmus/ipc";
import { KIND_NAMES, kindName } from "@isthmus/ipc/internal";
import { infoRecord, type JsonRecord } from "./info-record.ts";

/** Whether a segment is held and cannot be opened any more. */
export function isUnreachable(info: SegmentInfo): info is UnreachableSegment {
  return "holderPids" in info;
}

/** How many participants live and how many have died without leaving. */
export function countParticipants({ participants }: SegmentInfo): { live: number; dead: number } {
  const live = participants.filter(({ isAlive }) => isAlive).length;
  return { live, dead: participants.length - live };
}

/**
 * The public record of `ls --json` and `inspect --json`; its fields are a contract.
 *
 * @param info The segment.
 * @returns A plain object; what a segment does not have is `null` or an empty list.
 */
export function segmentRecord(info: SegmentInfo): JsonRecord {
  const { live, dead } = countParticipants(info);
  return {
    name: info.name,
    kind: kindName(info),
    total_bytes: info.totalBytes,
    held: info.isHeld ?? null,
    persistent: info.isPersistent,
    creator_pid: info.creatorPid,
    created_at_ms: info.createdAtMs,
    epoch: info.epoch,
    fingerprint: info.fingerprint,
    participants_live: live,
    participants_dead: dead,
    sections: info.sections.map(({ id, name, offset, lengthBytes }) => ({
      id,
      name,
      offset_bytes: offset,
      length_bytes: lengthBytes,
    })),
    participants: info.participants.map(infoRecord),
    mutex: kindRecord(info.mutex),
    cells: info.cells.map(
      ({ index, isAwaited, hasSleepers, waitingSlots, wakes, timeoutWakes }) => ({
        cell: index,
        awaited: isAwaited,
        sleepers: hasSleepers ?? null,
        waiting_slots: waitingSlots ?? [],
        wakes,
        timeout_wakes: timeoutWakes,
      }),
    ),
    ...Object.fromEntries(KIND_NAMES.map((kind) => [kind, kindRecord(info[kind])])),
    error: info.error?.message ?? null,
    error_code: info.error?.code ?? null,
    ...(isUnreachable(info) ? { reachable: false, holder_pids: info.holderPids } : {}),
  };
}

/** Left out is the capacity in positions: it follows from `mode` and the sizes. */
function kindRecord(details: object | undefined): JsonRecord | null {
  if (details === undefined) return null;
  const { capacity: _, ...record } = infoRecord(details);
  return record;
}
