/**
 * Random choices that can be made again.
 *
 * @module
 */

/** A generator (mulberry32) whose whole sequence follows from its seed: good for samples and choices, for no secret. */
export class SeededRandom {
  #state: number;

  /** @param seed Any whole number; its low 32 bits count. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A number from 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** True once in so many times, on average. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of the items, of which there is at least one. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Bytes, all values or those of an alphabet. */
  bytes(length: number, alphabet?: Uint8Array): Uint8Array<ArrayBuffer> {
    if (alphabet === undefined) return Uint8Array.from({ length }, () => this.below(256));
    return Uint8Array.from({ length }, () => alphabet[this.below(alphabet.length)] ?? 0);
  }

  /** A seed for another generator. */
  seed(): number {
    return this.below(2 ** 31);
  }
}
