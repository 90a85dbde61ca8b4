/**
 * Turns among the tasks of one thread: first come, first served.
 *
 * @module
 */

/** Who waits for its turn. */
interface Waiter {
  readonly owner: object | undefined;
  go(): void;
  fail(error: Error): void;
}

/** A queue whose head may go on. */
export class TaskQueue {
  readonly #waiting: Waiter[] = [];
  #isTaken = false;

  /**
   * Waits for the turn. Call the returned function once, when done, to pass it on.
   *
   * @param signal Ends the wait: it rejects with the signal's reason.
   * @param timeoutMs Ends the wait: it gives undefined.
   * @param owner Through what it waits; see `dismiss`.
   */
  async enter(
    signal: AbortSignal | undefined,
    timeoutMs: number,
    owner?: object,
  ): Promise<(() => void) | undefined> {
    signal?.throwIfAborted();
    if (!this.#isTaken) {
      this.#isTaken = true;
      return () => this.#pass();
    }
    let cleanup = (): void => {};
    try {
      const isMine = await new Promise<boolean>((resolve, reject) => {
        const waiter: Waiter = { owner, go: () => resolve(true), fail: reject };
        this.#waiting.push(waiter);
        const leave = (): void => {
          const place = this.#waiting.indexOf(waiter);
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

  /** Ends the waits of an owner: they reject with the error. */
  dismiss(owner: object, error: Error): void {
    for (const waiter of this.#waiting.filter((one) => one.owner === owner)) {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.fail(error);
    }
  }

  /**
   * Runs something when its turn has come.
   *
   * @param options The signal, the longest time and the owner, as for `enter`.
   * @param action Is told how much time is left.
   * @returns What it gave; undefined when the time was over before.
   */
  async run<T>(
    {
      signal,
      timeoutMs,
      owner,
    }: {
      readonly signal: AbortSignal | undefined;
      readonly timeoutMs: number;
      readonly owner: object;
    },
    action: (timeoutMs: number) => Promise<T>,
  ): Promise<T | undefined> {
    const deadline = performance.now() + timeoutMs;
    const pass = await this.enter(signal, timeoutMs, owner);
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
    else next.go();
  }
}
