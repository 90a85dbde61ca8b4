/**
 * Waiting for others who are in the middle of a few system calls, such as those that create or remove a name.
 *
 * @module
 */
import { TimeoutError } from "../errors.ts";
import { host } from "../native/host.ts";

/** How long others may take for a few system calls, in milliseconds: only a stopped one takes as long. */
const BUSY_TIMEOUT_MS = 5000;
/** How often one looks at least: a process that was given no time to run has not waited, whatever the clock says. */
const LOOKS_MIN = 100;
const PAUSE_MS = 1;

/** Waits in short pauses, between which the caller looks again: a bounded time, and a number of looks, in all. */
export class Patience {
  readonly #giveUp: (waitedMs: number) => Error;
  readonly #start = performance.now();
  #looks = 0;

  /** @param giveUp Makes the error when it is over, from how long that took in milliseconds. */
  constructor(giveUp: (waitedMs: number) => Error) {
    this.#giveUp = giveUp;
  }

  /**
   * Waits for a moment. Call it after each look in vain.
   *
   * @throws {Error} What `giveUp` makes, when both the time is up and there were enough looks.
   */
  wait(): void {
    const waitedMs = performance.now() - this.#start;
    if (++this.#looks > LOOKS_MIN && waitedMs > BUSY_TIMEOUT_MS) {
      throw this.#giveUp(Math.round(waitedMs));
    }
    host.sleep(PAUSE_MS);
  }
}

/** Patience with somebody who is creating or removing a name. */
export function busyName(name: string): Patience {
  return new Patience(
    (waitedMs) =>
      new TimeoutError(
        `Cannot open or create "${name}": another process has kept it busy for ${waitedMs} ms (is it stopped?)`,
      ),
  );
}
