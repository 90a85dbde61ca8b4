/**
 * Counting without a lock: the semaphore that does not note who has its permits.
 *
 * @module
 */
import type { Words } from "../words.ts";
import { SEMAPHORE } from "./semaphore-layout.ts";

/** The count of a semaphore, changed by compare-and-set. A crash leaves it before or after a change. */
export class SemaphoreCount {
  readonly #words: Words;
  readonly #count: number;
  readonly #max: number;

  /**
   * @param words The segment.
   * @param base Word at which the section begins.
   */
  constructor(words: Words, base: number) {
    this.#words = words;
    this.#count = base + SEMAPHORE.count;
    this.#max = words.get(base + SEMAPHORE.max);
  }

  /** Takes a permit if there is one. */
  take(): boolean {
    const words = this.#words;
    for (;;) {
      const count = words.load(this.#count);
      if (count <= 0) return false;
      if (words.compareExchange(this.#count, count, count - 1) === count) return true;
    }
  }

  /** Adds permits; returns the count before, or undefined when there would be more than `max`. */
  give(permits: number): number | undefined {
    const words = this.#words;
    for (;;) {
      const count = words.load(this.#count);
      if (count + permits > this.#max) return undefined;
      if (words.compareExchange(this.#count, count, count + permits) === count) return count;
    }
  }
}
