/**
 * Waiting until there is something, without taking it: what all receiving ends offer alike.
 *
 * @module
 */
import { isTurnDue, takeTurn } from "@isthmus/core/internal";
import type { Doorbell } from "../wait/doorbell.ts";
import { type Condition, waitAsync } from "../wait/wait-for.ts";

/** What is waited for. */
export interface Readable {
  readonly condition: Condition<true>;
  readonly doorbell: Doorbell;
  /** Called before each wait. */
  readonly begin: () => void;
  /** The error when nothing came in time. */
  readonly timedOut: (timeoutMs: number) => Error;
}

/** The waits of one receiving end. */
export class Readiness {
  readonly #source: Readable;
  /** The wait of all who named no end of it: losers of a race leave one behind, however often they wait. */
  #endless: Promise<void> | undefined;

  constructor(source: Readable) {
    this.#source = source;
  }

  /** Waits until there is something, and takes nothing. */
  async wait(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#source.condition.attempt() === undefined) await this.#share(timeoutMs, signal);
    else if (isTurnDue()) await takeTurn();
  }

  #share(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (timeoutMs !== Infinity || signal !== undefined) {
      return this.#wait(timeoutMs, signal, timeoutMs);
    }
    this.#endless ??= this.#wait(Infinity, undefined, Infinity).finally(() => {
      this.#endless = undefined;
    });
    return this.#endless;
  }

  /**
   * Waits until a poll has handled something, or has thrown.
   *
   * @param poll Handles what there is; returns how many.
   */
  async poll(
    poll: () => number,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    signal?.throwIfAborted();
    const deadline = timeoutMs === Infinity ? Infinity : performance.now() + timeoutMs;
    for (;;) {
      const count = poll();
      if (count > 0) {
        if (isTurnDue()) await takeTurn();
        return count;
      }
      await this.#wait(Math.max(0, deadline - performance.now()), signal, timeoutMs);
    }
  }

  async #wait(leftMs: number, signal: AbortSignal | undefined, timeoutMs: number): Promise<void> {
    const { condition, doorbell, begin, timedOut } = this.#source;
    begin();
    const found = await waitAsync(condition, doorbell, { timeoutMs: leftMs, signal });
    if (found === undefined) throw timedOut(timeoutMs);
  }
}
