/**
 * Turns among the tasks of one thread: first come, first served.
 *
 * @module
 */

/** A queue whose head may go on. */
export class TaskQueue {
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;

  /**
   * Waits for the turn. Call the returned function once, when done, to pass it on.
   *
   * @param signal Ends the wait: it rejects with the signal's reason.
   * @param timeoutMs Ends the wait: it gives undefined.
   */
  async enter(
    signal: AbortSignal | undefined,
    timeoutMs: number,
  ): Promise<(() => void) | undefined> {
    signal?.throwIfAborted();
    if (!this.#isTaken) {
      this.#isTaken = true;
      return () => this.#pass();
    }
    let cleanup = (): void => {};
    try {
      const isMine = await new Promise<boolean>((resolve, reject) => {
        const go = (): void => resolve(true);
        this.#waiting.push(go);
        const leave = (): void => {
          const place = this.#waiting.indexOf(go);
          if (place >= 0) this.#waiting.splice(place, 1);
        };
        const abort = (): void => {
          leave();
          reject(signal?.reason);
        };
        const timer =
          timeoutMs === Infinity
            ? undefined
            : setTimeout(() => {
                leave();
                resolve(false);
              }, timeoutMs);
        signal?.addEventListener("abort", abort, { once: true });
        cleanup = () => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", abort);
        };
      });
      return isMine ? () => this.#pass() : undefined;
    } finally {
      cleanup();
    }
  }

  #pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isTaken = false;
    else next();
  }
}
