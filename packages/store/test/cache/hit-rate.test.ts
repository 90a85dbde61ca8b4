/** What a cache keeps is about what an ordinary LRU of the same size would. */
import { expect, test } from "bun:test";
import { bytes } from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { SharedCache } from "../../src/index.ts";

const KEYS = 20_000;
const VALUE_BYTES = 100;
const GETS = 60_000 * Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);

/** Draws numbers below a limit, of which the n-th is drawn n^-s times as often as the first. */
class Zipf {
  readonly #sums: Float64Array;
  readonly #random: SeededRandom;

  constructor(limit: number, exponent: number, random: SeededRandom) {
    this.#sums = new Float64Array(limit);
    this.#random = random;
    let sum = 0;
    for (let i = 0; i < limit; i++) {
      sum += (i + 1) ** -exponent;
      this.#sums[i] = sum;
    }
  }

  next(): number {
    const sums = this.#sums;
    const wanted = this.#random.next() * (sums.at(-1) as number);
    let [from, to] = [0, sums.length - 1];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((sums[middle] as number) < wanted) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** An LRU of so many entries. */
class Lru {
  readonly #entries = new Map<string, true>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): boolean {
    if (!this.#entries.delete(key)) return false;
    this.#entries.set(key, true);
    return true;
  }

  set(key: string): void {
    this.#entries.set(key, true);
    if (this.#entries.size <= this.#limit) return;
    const [oldest = ""] = this.#entries.keys();
    this.#entries.delete(oldest);
  }
}

for (const exponent of [0.7, 1]) {
  test(`SharedCache hits as often as an LRU, within 2 %, by Zipf's law with ${exponent}`, () => {
    using _home = new Home();
    const zipf = new Zipf(KEYS, exponent, new SeededRandom(seedOf("Zipf")));
    using cache = SharedCache.createNew("zipf", { capacityBytes: 2 ** 20, value: bytes });
    const value = new Uint8Array(VALUE_BYTES);
    // An entry with a key of up to 9 bytes takes 152 bytes in the cache; so it does in the LRU.
    const lru = new Lru(Math.floor(cache.metrics.capacityBytes / 152));
    let [hits, lruHits] = [0, 0];
    for (let i = 0; i < GETS; i++) {
      const key = `key ${zipf.next()}`;
      if (cache.get(key) === undefined) cache.set(key, value);
      else hits++;
      if (lru.get(key)) lruHits++;
      else lru.set(key);
    }
    process.stdout.write(`hits: ${hits / GETS}, of an LRU: ${lruHits / GETS}\n`);
    expect(hits / GETS).toBeGreaterThan(lruHits / GETS - 0.02);
  });
}
