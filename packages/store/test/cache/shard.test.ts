/** A shard alone: what was put in comes out, and when it is full what was not asked for goes. */
import { describe, expect, test } from "bun:test";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { ENTRY, SHARD } from "../../src/cache/shard-layout.ts";
import { PlainShard } from "./support/plain-shard.ts";

/** `ISTHMUS_FUZZ_RUNS=20` makes it a million operations. */
const OPERATIONS = 50_000 * Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);

describe("Shard", () => {
  test("is a Map as long as there is room", () => {
    const random = new SeededRandom(seedOf("a Map"));
    const plain = new PlainShard(2 ** 16, random.below(2 ** 31));
    const map = new Map<string, string>();
    for (let i = 0; i < OPERATIONS; i++) {
      const key = `${"k".repeat(random.below(12))}${random.below(150)}`;
      const choice = random.below(10);
      if (choice < 4) {
        const value = `${i}${"v".repeat(random.below(40))}`;
        plain.put(key, value);
        map.set(key, value);
      } else if (choice < 5) {
        expect(plain.remove(key)).toBe(map.delete(key));
      } else {
        expect(plain.get(key)).toBe(map.get(key));
      }
      // As many as fit: half of the log at most is of use.
      if (map.size > 300) {
        const [first = ""] = map.keys();
        plain.remove(first);
        map.delete(first);
      }
    }
    for (const [key, value] of map) expect(plain.get(key)).toBe(value);
    expect(plain.words.values[SHARD.entries]).toBe(map.size);
    expect([plain.words.values[SHARD.evictions], plain.words.values[SHARD.resets]]).toEqual([0, 0]);
  });

  test("never gives what was replaced or deleted, however full it is", () => {
    const random = new SeededRandom(seedOf("full"));
    const plain = new PlainShard(2 ** 12, random.below(2 ** 31));
    const map = new Map<string, string>();
    let hits = 0;
    for (let i = 0; i < OPERATIONS; i++) {
      const key = `key ${random.below(200)}`;
      const choice = random.below(10);
      if (choice < 5) {
        const value = `${i}${"v".repeat(random.below(300))}`;
        plain.put(key, value);
        map.set(key, value);
        expect(plain.get(key)).toBe(value);
      } else if (choice < 6) {
        plain.remove(key);
        map.delete(key);
      } else {
        const found = plain.get(key);
        if (found !== undefined) hits++;
        expect([map.get(key), undefined]).toContain(found);
      }
    }
    expect(hits).toBeGreaterThan(0);
    expect(plain.words.values[SHARD.resets]).toBe(0);
  });

  test("goes on where positions wrap", () => {
    const plain = new PlainShard(2 ** 12);
    // As if 32 GiB had been written, but for two laps.
    const start = -2 * 512;
    plain.words.values[SHARD.head] = start;
    plain.words.values[SHARD.tail] = start;
    for (let i = 0; i < 500; i++) {
      plain.put(`key ${i % 7}`, `value ${i}`);
      expect(plain.get(`key ${i % 7}`)).toBe(`value ${i}`);
    }
    expect(plain.words.values[SHARD.head]).toBeGreaterThan(0);
    expect(plain.words.values[SHARD.resets]).toBe(0);
    expect(plain.words.values[SHARD.entries]).toBe(7);
  });

  test("keeps what is asked for, and evicts the rest", () => {
    const plain = new PlainShard(2 ** 14);
    plain.put("wanted", "1");
    for (let i = 0; i < 5000; i++) {
      plain.put(`other ${i}`, "x".repeat(50));
      expect(plain.get("wanted")).toBe("1");
    }
    expect(plain.words.values[SHARD.evictions]).toBeGreaterThan(4000);
    expect(plain.words.values[SHARD.entries]).toBeGreaterThan(100);
  });

  test("does not lose what nobody changes to one key that is changed all the time", () => {
    const plain = new PlainShard(2 ** 14);
    for (let i = 0; i < 40; i++) plain.put(`quiet ${i}`, "x".repeat(50));
    for (let i = 0; i < 20_000; i++) plain.put("busy", `${i}${"y".repeat(100)}`);
    for (let i = 0; i < 40; i++) expect(plain.get(`quiet ${i}`)).toBe("x".repeat(50));
    expect(plain.words.values[SHARD.evictions]).toBe(0);
  });

  test("drops what is over first", () => {
    const plain = new PlainShard(2 ** 12);
    for (let i = 0; i < 20; i++) plain.put(`short ${i}`, "x".repeat(50), 0, 10);
    for (let i = 0; i < 60; i++) plain.put(`long ${i % 10}`, "y".repeat(50), 20);
    for (let i = 0; i < 10; i++) expect(plain.get(`long ${i}`)).toBe("y".repeat(50));
    expect(plain.words.values[SHARD.expirations]).toBe(20);
    expect(plain.words.values[SHARD.evictions]).toBe(0);
  });

  test("is emptied when a writer finds a chain that cannot be, and goes on", () => {
    const plain = new PlainShard(2 ** 12);
    plain.put("a", "1");
    plain.key.set("a");
    const word = plain.shard.wordOf(plain.shard.find(plain.key));
    plain.words.values[word + ENTRY.older] = 5; // its own bucket's future
    plain.words.values[word + ENTRY.control] = 0x1fff_ffff;
    plain.put("b", "2");
    plain.put("a", "3");
    expect([plain.get("a"), plain.get("b")]).toContain("3");
    expect(plain.words.values[SHARD.resets]).toBeGreaterThan(0);
  });

  test("is emptied when what a dead writer left cannot be, and goes on", () => {
    const plain = new PlainShard(2 ** 12);
    const placeOf = (key: string): number => {
      plain.put(key, key);
      plain.key.set(key);
      return plain.shard.find(plain.key);
    };
    const places = Array.from({ length: 20 }, (_, i) => placeOf(`key ${i}`));
    const { values } = plain.words;
    const hashAt = (at: number): number => plain.shard.wordOf(at) + ENTRY.hash;
    const bucketOf = (at: number): number => values[hashAt(at)]! & plain.bucketMask;
    const [first, ...others] = places.toSorted((one, other) => bucketOf(one) - bucketOf(other));
    const last = others.pop()!;
    expect(bucketOf(first!)).toBeLessThan(bucketOf(last));
    // The first says that it is of the last one's chain, which has no end.
    values[hashAt(first!)] = values[hashAt(last)]!;
    values[plain.shard.wordOf(last) + ENTRY.older] = last;
    plain.shard.recover();
    expect(values[SHARD.resets]).toBe(1);
    plain.put("after", "1");
    expect(plain.get("after")).toBe("1");
  });

  test("recovers from whatever is in its memory", () => {
    const random = new SeededRandom(seedOf("damage before a recovery"));
    let resets = 0;
    for (let round = 0; round < OPERATIONS / 100; round++) {
      const plain = new PlainShard(2 ** 12);
      const { values } = plain.words;
      for (let i = 0; i < 30; i++) plain.put(`key ${i}`, "x".repeat(random.below(60)));
      for (let lies = 1 + random.below(4); lies > 0; lies--) {
        // Mostly one of the few words that lead somewhere, with a value that does.
        const word = random.below(values.length);
        const other = values[random.below(values.length)]!;
        values[word] = random.oneIn(2) ? other : random.below(512);
      }
      // The counter may be among what was changed: what counts is that it goes on.
      const before = values[SHARD.resets]!;
      plain.shard.recover();
      if (values[SHARD.resets] !== before) resets++;
      for (let i = 0; i < 30; i++) {
        plain.get(`key ${i}`);
        plain.put(`key ${i}`, "new");
      }
      expect(plain.get("key 29")).toBe("new");
    }
    expect(resets).toBeGreaterThan(0);
  });
});
