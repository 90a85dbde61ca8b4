/**
 * Waiting for somebody who is in the middle of creating or removing a name.
 *
 * @module
 */
import { TimeoutError } from "../errors.ts";
import { host } from "../native/runtime.ts";

/** How long another process may keep a name busy, in the few system calls of its creation or removal. */
const BUSY_TIMEOUT_MS = 5000;
const BUSY_PAUSE_MS = 1;

/** Waits, a bounded time in all, for somebody who is in the middle of a few system calls. */
export class Patience {
  readonly #name: string;
  readonly #deadline = performance.now() + BUSY_TIMEOUT_MS;

  /** @param name What is waited for. */
  constructor(name: string) {
    this.#name = name;
  }

  /**
   * Waits for a moment, at the most so long in all the calls together.
   *
   * @throws {TimeoutError} When the time is up.
   */
  wait(): void {
    if (performance.now() > this.#deadline) {
      throw new TimeoutError(
        `Cannot open or create "${this.#name}": another process has kept it busy for ${BUSY_TIMEOUT_MS} ms (is it stopped?)`,
      );
    }
    host.sleep(BUSY_PAUSE_MS);
  }
}
