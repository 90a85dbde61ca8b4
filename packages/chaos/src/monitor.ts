/**
 * Notices participants that make no progress.
 *
 * @module
 */
import type { ParticipantProcess } from "./roster.ts";

/** How often the monitor looks at the logs, in milliseconds. */
const LOOK_MS = 200;
/** A monitor that was kept from looking for so long cannot know what participants could have done, in milliseconds. */
const STARVED_MS = 1000;

/**
 * How long a process may take until it is ready, at least, in milliseconds: on a busy machine, starting one takes much
 * longer than any single thing that it does then.
 */
export const READY_MS_MAX = 60_000;

/** Watches the logs grow. */
export class Monitor {
  readonly #patienceMs: number;
  #lookedAtMs: number = performance.now();

  /** @param patienceMs How long a log may not grow. */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /**
   * Looks, when it is time to.
   *
   * @param participants Those to be watched.
   * @returns Those that live and whose logs have not grown for too long. A participant that is stopped, or works with
   * one that is, has an excuse.
   */
  look(participants: readonly ParticipantProcess[]): ParticipantProcess[] {
    const nowMs = performance.now();
    const sinceMs = nowMs - this.#lookedAtMs;
    if (sinceMs < LOOK_MS) return [];
    this.#lookedAtMs = nowMs;
    const excused = new Set(
      participants.filter(({ isStopped }) => isStopped).map(({ group }) => group),
    );
    for (const participant of participants) {
      participant.look(nowMs);
      const isExcused = sinceMs > STARVED_MS || excused.has(participant.group);
      if (isExcused) participant.movedAtMs = nowMs;
    }
    return participants.filter(
      (one) => one.isAlive && nowMs - one.movedAtMs > this.#patienceFor(one),
    );
  }

  #patienceFor({ isReady }: ParticipantProcess): number {
    return isReady ? this.#patienceMs : Math.max(this.#patienceMs, READY_MS_MAX);
  }
}
