/**
 * Random choices that a failed test can repeat.
 *
 * @module
 */

/** A generator (mulberry32) whose whole sequence follows from its seed. */
export class SeededRandom {
  #state: number;

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

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Bytes, all values or those of an alphabet. */
  bytes(length: number, alphabet?: Uint8Array): Uint8Array<ArrayBuffer> {
    if (alphabet === undefined) return Uint8Array.from({ length }, () => this.below(256));
    return Uint8Array.from({ length }, () => alphabet[this.below(alphabet.length)] ?? 0);
  }
}

/** The seed of a random test: `$ISTHMUS_SEED`, else a new one. Said aloud, so that it can be used again. */
export function seedOf(test: string): number {
  const seed = Number(process.env["ISTHMUS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  process.stderr.write(`${test}: ISTHMUS_SEED=${seed}\n`);
  return seed;
}
