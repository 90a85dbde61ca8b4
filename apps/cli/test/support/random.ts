/** A small reproducible source of numbers: the same seed gives the same test. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to `limit - 1` (mulberry32). */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  /** Bytes drawn from an alphabet. */
  bytes(length: number, alphabet: Uint8Array): Uint8Array {
    return Uint8Array.from({ length }, () => alphabet[this.below(alphabet.length)] ?? 0);
  }
}
