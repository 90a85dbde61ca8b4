/**
 * The clock by which a queue decides, set forward and stopped as a test wants it.
 *
 * @module
 */
import { platform } from "@isthmus/core/internal";

/** A clock for the queues that are opened until it is disposed. */
export class QueueClock implements Disposable {
  /** How far it is ahead, in milliseconds. */
  aheadMs = 0;
  /** What it shows while it stands still, in nanoseconds. */
  stoppedNs: number | undefined;
  readonly #platform = platform();
  readonly #real = this.#platform.monotonicNs;

  constructor() {
    this.#set(() => (this.stoppedNs ?? this.#real()) + this.aheadMs * 1e6);
  }

  /** Does something so much later. */
  later<T>(byMs: number, act: () => T): T {
    this.aheadMs += byMs;
    try {
      return act();
    } finally {
      this.aheadMs -= byMs;
    }
  }

  /** Has it stand still until what is returned is disposed. */
  stop(): Disposable {
    this.stoppedNs = this.#real();
    return {
      [Symbol.dispose]: () => {
        this.stoppedNs = undefined;
      },
    };
  }

  [Symbol.dispose](): void {
    this.#set(this.#real);
  }

  #set(monotonicNs: () => number): void {
    Object.assign(this.#platform, { monotonicNs });
  }
}
