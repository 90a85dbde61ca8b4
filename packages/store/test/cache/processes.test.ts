/** A cache between processes: who dies, who is stopped, who waits. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { decodeSuperblock, SECTION } from "@isthmus/core/internal";
import { bytes, json } from "@isthmus/ipc";
import { MUTEX } from "@isthmus/ipc/internal";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { Peer } from "@isthmus/testing/peer";
import { ifSignals, KILLED } from "@isthmus/testing/requirement";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { untilStopped } from "@isthmus/testing/until-stopped";
import { CACHE, cacheShape } from "../../src/cache/cache-layout.ts";
import { KeyText } from "../../src/cache/key-text.ts";
import { SharedCache } from "../../src/index.ts";
import { checkedValue, isWhole } from "./support/checked-value.ts";

const SMALL = 2 ** 16;
const ROUNDS = 4 * Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);
/** How many stores a change makes, about. */
const STORES = 24;

const peer = () =>
  new Peer([process.execPath, join(import.meta.dir, "fixtures", "participant.ts")]);

describe("SharedCache between processes", () => {
  test("is one cache", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("shared", { capacityBytes: SMALL, value: json<unknown>() });
    await using one = peer();
    await using two = peer();
    await one.call("set", "shared", "a", { from: "one" });
    expect(cache.get("a")).toEqual({ from: "one" });
    expect(await two.call("get", "shared", "a")).toEqual({ from: "one" });
    one.send("increment", "shared", "n", 20_000);
    two.send("increment", "shared", "n", 20_000);
    await Promise.all([one.answer(), two.answer()]);
    expect(cache.get("n")).toBe(40_000);
  });

  test("has no value that is torn or lost when writers are killed at any moment", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("storm", { capacityBytes: 2 ** 15, value: bytes });
    const random = new SeededRandom(seedOf("a storm"));
    let found = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await using one = peer();
      await using two = peer();
      for (const each of [one, two]) {
        const [changes, stores] = [random.below(5000), random.below(STORES)];
        await each.call("harm", { signal: "SIGKILL", changes, stores });
        each.send("storm", "storm", 100);
      }
      const ends = Promise.all([one.end(), two.end()]);
      let isOver = false;
      void ends.then(() => {
        isOver = true;
      });
      while (!isOver) {
        for (let i = 0; i < 100; i++) {
          const value = cache.get(`key ${i}`);
          if (value === undefined) continue;
          found++;
          expect(isWhole(`key ${i}`, value)).toBe(true);
        }
        for (const [key, value] of cache.entries()) expect(isWhole(key, value)).toBe(true);
        await Bun.sleep(random.below(5));
      }
      expect(await ends).toEqual([KILLED, KILLED]);
      // As they left it: nobody has put anything in order yet.
      for (const [key, value] of cache.entries()) expect(isWhole(key, value)).toBe(true);
      expect(cache.metrics.resets).toBe(0);
      // Whatever they were doing, everybody goes on, and what is set is there.
      for (let i = 0; i < 100; i++) {
        cache.set(`key ${i}`, Buffer.from([0, 0, 0, 0, 1]));
        expect(cache.get(`key ${i}`)).toEqual(Uint8Array.of(0, 0, 0, 0, 1));
        expect(cache.delete(`key ${i}`)).toBe(true);
        expect(cache.get(`key ${i}`)).toBeUndefined();
      }
      expect([...cache.keys()]).toEqual([]);
      const { resets, entries, bytes: used } = cache.metrics;
      expect({ resets, entries, used }).toEqual({ resets: 0, entries: 0, used: 0 });
    }
    expect(found).toBeGreaterThan(0);
  });

  ifSignals(
    "goes on in all other shards while somebody is stopped in the middle of a change",
    async () => {
      using home = new Home();
      using cache = SharedCache.createNew("stopped", { capacityBytes: 2 ** 21, value: bytes });
      const keys = Array.from({ length: 200 }, (_, i) => `key ${i}`);
      for (const key of keys) cache.set(key, checkedValue(key, 40));
      await using one = peer();
      await one.call("harm", { signal: "SIGSTOP", changes: 500, stores: 20 });
      one.send("storm", "stopped", keys.length);
      await untilStopped(one.pid);
      const { shardOf, shardCount, ownerOf } = shardsOf(home.bytes("stopped"), "stopped");
      const stopped = Array.from({ length: shardCount }, (_, shard) => shard).filter(ownerOf);
      expect(stopped).toHaveLength(1);
      expect(shardCount).toBeGreaterThanOrEqual(16);
      // Reading waits for nobody, in no shard.
      for (const key of keys) {
        const value = cache.get(key);
        if (value !== undefined) expect(isWhole(key, value)).toBe(true);
      }
      const [theirs, others] = [true, false].map((isTheirs) =>
        keys.filter((key) => (shardOf(key) === stopped[0]) === isTheirs),
      ) as [string[], string[]];
      for (const key of others) cache.set(key, checkedValue(key, 40));
      const [first = ""] = theirs;
      const refused = (): void => cache.set(first, checkedValue(first, 40));
      expect(refused).toThrow(expect.objectContaining({ code: "ETIMEDOUT" }));
      await one.kill();
      for (const key of keys) cache.set(key, checkedValue(key, 40));
      for (const key of keys) expect(isWhole(key, cache.get(key) as Uint8Array)).toBe(true);
      expect(cache.metrics.recoveries).toBe(1);
    },
  );
});

/** Where keys are in a segment, and which shards somebody has locked. */
function shardsOf(segment: Buffer, name: string) {
  const { sections } = decodeSuperblock(segment, segment.length, name);
  const offsetOf = (id: number): number => sections.find((one) => one.id === id)?.offset ?? 0;
  const state = (word: number): number => segment.readInt32LE(offsetOf(SECTION.state) + word * 4);
  const { shardCount, bytesPerShard } = cacheShape(state(CACHE.shardCount), state(CACHE.logBytes));
  const key = new KeyText(state(CACHE.seed), state(CACHE.factor));
  return {
    shardCount,
    shardOf: (text: string): number => {
      key.set(text);
      return ((key.hash >>> 16) * shardCount) >>> 16;
    },
    ownerOf: (shard: number): boolean => {
      const mutex = offsetOf(SECTION.data) + shard * bytesPerShard;
      return segment.readInt32LE(mutex + MUTEX.holder * 4) !== 0;
    },
  };
}

describe("SharedCache.getOrCompute() between processes", () => {
  test("computes once", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("once", { capacityBytes: SMALL, value: json<unknown>() });
    await using one = peer();
    await using two = peer();
    await Promise.all([one.call("get", "once", "a"), two.call("get", "once", "a")]);
    one.send("compute", "once", "key", "of one", 50);
    two.send("compute", "once", "key", "of two", 50);
    const [first, second] = await Promise.all([one.answer(), two.answer()]);
    expect(first).toBe(second);
    expect(cache.get("key")).toBe(first);
    expect(cache.metrics.computes).toBe(1);
  });

  test("is handed over at once when who computes is killed", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("death", { capacityBytes: SMALL, value: json<unknown>() });
    await using one = peer();
    await using two = peer();
    one.send("compute", "death", "key", "never", 3_600_000);
    await until(() => cache.metrics.misses > 0, "who computes");
    // A computation is no value: everybody misses it, and whoever has one may set it.
    expect([cache.get("key"), cache.has("key"), [...cache.keys()]]).toEqual([undefined, false, []]);
    expect(await two.call("get", "death", "key")).toBeNull();
    two.send("compute", "death", "key", "of two", 0);
    await until(() => cache.metrics.waits === 1, "who waits");
    const mine = cache.getOrCompute("key", () => "of this");
    await one.kill();
    const [theirs, own] = await Promise.all([two.answer(), mine]);
    expect(theirs).toBe(own);
    expect(cache.metrics.computes).toBe(1);
  });

  test("rejects all who wait, in every process, with what was thrown", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("throws", { capacityBytes: SMALL, value: json<unknown>() });
    await using one = peer();
    await using two = peer();
    const gate = Promise.withResolvers<void>();
    const mine = cache.getOrCompute("key", async () => {
      await gate.promise;
      throw Object.assign(new RangeError("not today"), { code: "ERR_TODAY" });
    });
    const answers = [one, two].map((each) => each.call("compute", "throws", "key", "no", 0));
    await until(() => cache.metrics.waits === 2, "who waits");
    gate.resolve();
    for (const outcome of await Promise.allSettled([mine, ...answers])) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "ERR_TODAY" } });
    }
    expect([cache.metrics.computes, cache.metrics.computeErrors]).toEqual([0, 1]);
    expect(await one.call("compute", "throws", "key", "yes", 0)).toBe("yes");
  });
});
