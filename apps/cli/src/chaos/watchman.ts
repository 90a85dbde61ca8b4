/**
 * Sees who makes no progress.
 *
 * @module
 */
import type { Actor } from "./actor.ts";

/** How often the logs are looked at, in milliseconds. */
const LOOK_MS = 200;
/** A driver that has been kept from looking for so long cannot know what its participants could have done. */
const STARVED_MS = 1000;

/**
 * How long a process may take until it is ready, at least, in milliseconds: with many others on a machine, starting one
 * takes much longer than any single thing that it does then.
 */
export const READY_MS_MAX = 60_000;

/** Watches the logs grow. */
export class Watchman {
  readonly #patienceMs: number;
  #lookedAtMs: number = performance.now();

  /** @param patienceMs How long a log may not grow. */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /**
   * Looks, when it is time to.
   *
   * @param actors Who is to be watched.
   * @returns Those who are alive and whose logs have not grown for too long. Who is stopped, or works with somebody who
   * is, has an excuse.
   */
  look(actors: readonly Actor[]): Actor[] {
    const nowMs = performance.now();
    const sinceMs = nowMs - this.#lookedAtMs;
    if (sinceMs < LOOK_MS) return [];
    this.#lookedAtMs = nowMs;
    const excused = new Set(actors.filter(({ isStopped }) => isStopped).map((one) => placeOf(one)));
    for (const actor of actors) {
      actor.look(nowMs);
      if (sinceMs > STARVED_MS || excused.has(placeOf(actor))) actor.movedAtMs = nowMs;
    }
    return actors.filter(
      (actor) => actor.isAlive && nowMs - actor.movedAtMs > this.#patience(actor),
    );
  }

  #patience({ isReady }: Actor): number {
    return isReady ? this.#patienceMs : Math.max(this.#patienceMs, READY_MS_MAX);
  }
}

function placeOf({ stage, era }: Actor): string {
  return `${stage.name} ${era}`;
}
