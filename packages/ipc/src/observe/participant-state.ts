/**
 * Who is behind a word that names a slot, and how they are doing.
 *
 * @module
 */
import { totalOf } from "../figures/read-figures.ts";
import { CELL_FIGURES } from "../sync/sync-figures.ts";
import type { CellInfo, ParticipantInfo } from "./segment-info.ts";

/** Standing still for less than this, in milliseconds, is nothing to speak of. */
export const STALLED_AFTER_MS = 1000;

/**
 * How a participant is doing. `"dead"` is what the kernel says. `"stalled"` is a guess from the times of last activity:
 * there has been work for it for a second or more, and it has done none.
 */
export type ParticipantState = "live" | "stalled" | "dead";

/** What a participant's state is judged by. Times in milliseconds since 1970; 0: never. */
export interface Heartbeat {
  /** Whether something waits to be done by it. */
  readonly hasWork: boolean;
  /** When it last did something. */
  readonly lastActivityMs: number;
  /** When the newest of its work came. */
  readonly workSinceMs: number;
  /** Now. */
  readonly nowMs: number;
}

/** Judges how a participant is doing. */
export function stateOf(participant: ParticipantInfo, heartbeat: Heartbeat): ParticipantState {
  if (!participant.isAlive) return "dead";
  const { hasWork, lastActivityMs, workSinceMs, nowMs } = heartbeat;
  // Also the newest work must be old: of what has just come, nobody can say that it has been left lying.
  const newestMs = Math.max(lastActivityMs, workSinceMs);
  return hasWork && nowMs - newestMs >= STALLED_AFTER_MS ? "stalled" : "live";
}

/** Nobody, when the slot's owner has left in this very moment, or a damaged word names a slot that there is not. */
export function participantOf(
  slot: number | undefined,
  participants: readonly ParticipantInfo[],
): ParticipantInfo | undefined {
  return slot === undefined ? undefined : participants.find((one) => one.slot === slot);
}

/** How often somebody was woken at a cell. */
export function wakesOf(cells: readonly CellInfo[], index: number): number {
  return cells.find((cell) => cell.index === index)?.wakes ?? 0;
}

/** How often waiters of any cell found what they waited for without having been woken. */
export function timeoutWakesOf(cells: readonly CellInfo[]): number {
  return totalOf(CELL_FIGURES.cell, "timeoutWakes", cells);
}
