/**
 * How long it takes until a killed participant's successor makes progress.
 *
 * @module
 */
import type { Actor } from "./actor.ts";
import { EVENT, type EventCode } from "./event.ts";
import type { EventLog } from "./event-log.ts";

/** What a participant notes before it has done anything, or when there is nothing to do. */
const NO_PROGRESS: ReadonlySet<EventCode> = new Set([
  EVENT.ready,
  EVENT.idle,
  EVENT.intended,
  EVENT.polling,
  EVENT.polled,
  EVENT.receiving,
  EVENT.following,
  EVENT.asked,
  EVENT.abandoned,
  EVENT.noRoom,
  EVENT.harmed,
]);

/** Who came in whose place. */
export interface Succession {
  readonly predecessor: Actor;
  readonly successor: Actor;
}

/**
 * The times of all successions that can be measured: those whose successor was not itself killed before, stopped, or
 * out of room.
 *
 * @returns Milliseconds from the kill to the successor's first result, the start of its process included; ascending.
 */
export function recoveryTimes(successions: readonly Succession[]): number[] {
  const times: number[] = [];
  for (const { predecessor, successor } of successions) {
    if (successor.isHindered || predecessor.killedAtMs === undefined) continue;
    const progressAtMs = firstProgress(successor.events());
    if (progressAtMs !== undefined) times.push(progressAtMs - predecessor.killedAtMs);
  }
  return times.sort((left, right) => left - right);
}

/** The time below which a share of all times lies (nearest rank); undefined when there are none. */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

function firstProgress(log: EventLog): number | undefined {
  for (let index = 0; index < log.length; index++) {
    if (!NO_PROGRESS.has(log.code(index))) return log.atMs(index);
  }
  return undefined;
}
