/**
 * A segment as a program reads it.
 *
 * @module
 */
import type { SegmentInfo, UnreachableSegment } from "@isthmus/ipc";
import { channelRecord } from "./channel-record.ts";
import {
  eventRecord,
  semaphoreRecord,
  serviceRecord,
  structRecord,
  topicRecord,
} from "./flow-record.ts";

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
export function segmentRecord(info: SegmentInfo): Readonly<Record<string, unknown>> {
  const { live, dead } = countParticipants(info);
  return {
    name: info.name,
    kind: info.kind,
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
    participants: info.participants.map((one) => ({
      slot: one.slot,
      role: one.role,
      pid: one.pid,
      start_ticks: one.startTicks,
      generation: one.generation,
      name: one.name,
      joined_at_ms: one.joinedAtMs,
      alive: one.isAlive,
    })),
    mutex: mutexRecord(info),
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
    channel: info.channel ? channelRecord(info.channel) : null,
    topic: info.topic ? topicRecord(info.topic) : null,
    service: info.service ? serviceRecord(info.service) : null,
    semaphore: info.semaphore ? semaphoreRecord(info.semaphore) : null,
    event: info.event ? eventRecord(info.event) : null,
    struct: info.struct ? structRecord(info.struct) : null,
    error: info.error?.message ?? null,
    error_code: info.error?.code ?? null,
    ...(isUnreachable(info) ? { reachable: false, holder_pids: info.holderPids } : {}),
  };
}

function mutexRecord({ mutex }: SegmentInfo): Readonly<Record<string, unknown>> | null {
  if (mutex === undefined) return null;
  const { owner, acquisitions, contentions, recoveries } = mutex;
  return {
    owner: owner
      ? { pid: owner.pid, name: owner.name, since_ms: owner.sinceMs, alive: owner.isAlive }
      : null,
    acquisitions,
    contentions,
    recoveries,
  };
}
