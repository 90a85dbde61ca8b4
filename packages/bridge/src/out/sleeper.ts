/**
 * Whoever sends, while there is nothing to do.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import type { OutSource } from "./out-source.ts";

/** Sleeps until it is woken, until there are records, or for some time. */
export class Sleeper {
  readonly #source: OutSource;
  readonly #onError: (error: unknown) => void;
  #wake: () => void = () => {};
  /** Whether the source is being waited for, also from one sleep to the next. */
  #isWaiting = false;

  /**
   * @param source Where records come from.
   * @param onError Told why they come no more, unless it was disposed.
   */
  constructor(source: OutSource, onError: (error: unknown) => void) {
    this.#source = source;
    this.#onError = onError;
  }

  /** Ends the sleep. */
  wake(): void {
    this.#wake();
  }

  /**
   * Sleeps.
   *
   * @param isForRecords Whether records end the sleep.
   * @param delayMs How long at most; undefined: without end.
   */
  async sleep(isForRecords: boolean, delayMs: number | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    if (isForRecords && !this.#isWaiting) void this.#wait();
    const timer = delayMs === undefined ? undefined : setTimeout(resolve, delayMs);
    await promise;
    clearTimeout(timer);
  }

  async #wait(): Promise<void> {
    this.#isWaiting = true;
    try {
      await this.#source.wait();
    } catch (error) {
      if (!(error instanceof DisposedError)) this.#onError(error);
    } finally {
      this.#isWaiting = false;
      this.#wake();
    }
  }
}
