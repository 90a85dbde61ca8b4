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
              }, Math.ceil(timeoutMs));
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

  /**
   * Runs something when its turn has come.
   *
   * @param options The signal and the longest time, as for `enter`.
   * @param action Is told how much time is left.
   * @returns What it gave; undefined when the time was over before.
   */
  async run<T>(
    { signal, timeoutMs }: { readonly signal: AbortSignal | undefined; readonly timeoutMs: number },
    action: (timeoutMs: number) => Promise<T>,
  ): Promise<T | undefined> {
    const deadline = performance.now() + timeoutMs;
    const pass = await this.enter(signal, timeoutMs);
    if (pass === undefined) return undefined;
    try {
      return await action(Math.max(0, deadline - performance.now()));
    } finally {
      pass();
    }
  }

  #pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isTaken = false;
    else next();
  }
}
