/**
 * Takes the time of a stream of records.
 *
 * @module
 */
import { expectedSum, warmUpOf } from "../sample.ts";

/** Adds up what arrives, and takes the time from the end of the warm-up to the last record. */
export class Meter {
  readonly #count: number;
  readonly #warmUp: number;
  readonly #done: PromiseWithResolvers<void> = Promise.withResolvers();
  #sum = 0;
  #seen = 0;
  #startedAt = 0;
  #endedAt = 0;

  /** @param count How many records will come. */
  constructor(count: number) {
    this.#count = count;
    this.#warmUp = warmUpOf(count);
  }

  /** How many records have come. */
  get seen(): number {
    return this.#seen;
  }

  /** Whether all records have come. */
  get isDone(): boolean {
    return this.#seen >= this.#count;
  }

  /** Resolves when the last record has come. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Notes a record by the sum of its numbers. */
  note(sum: number): void {
    this.#sum += sum;
    this.#seen++;
    if (this.#seen === this.#warmUp) this.#startedAt = Bun.nanoseconds();
    else if (this.#seen === this.#count) {
      this.#endedAt = Bun.nanoseconds();
      this.#done.resolve();
    }
  }

  /**
   * Records per second after the warm-up.
   *
   * @param expected What all records add up to; that of whole samples unless given.
   * @throws {Error} when another sum has arrived.
   */
  rate(expected: number = expectedSum(0, this.#count)): number {
    if (this.#sum !== expected) throw new Error(`sum ${this.#sum} instead of ${expected}`);
    return (this.#count - this.#warmUp) / ((this.#endedAt - this.#startedAt) / 1e9);
  }
}
