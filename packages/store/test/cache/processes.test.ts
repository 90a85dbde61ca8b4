/** A cache between processes: who dies, who is stopped, who waits. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { bytes, json } from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { Peer } from "@isthmus/testing/peer";
import { untilStopped } from "@isthmus/testing/until-stopped";
import { SharedCache } from "../../src/index.ts";
import { isWhole } from "./support/checked-value.ts";

setDefaultTimeout(120_000);

const SMALL = 2 ** 16;
const ROUNDS = 3 * Number(process.env["ISTHMUS_FUZZ_RUNS"] ?? 1);

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
    let found = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await using one = peer();
      await using two = peer();
      await Promise.all([one.call("storm", "storm", 100), two.call("storm", "storm", 100)]);
      for (let looks = 0; looks < 3; looks++) {
        for (let i = 0; i < 100; i++) {
          const value = cache.get(`key ${i}`);
          if (value === undefined) continue;
          found++;
          expect(isWhole(`key ${i}`, value)).toBe(true);
        }
        for (const [key, value] of cache.entries()) expect(isWhole(key, value)).toBe(true);
        await Bun.sleep(Math.random() * 5);
      }
      await Promise.all([one.kill(), two.kill()]);
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

  test("goes on in all other shards while somebody is stopped", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("stopped", { capacityBytes: 2 ** 20, value: bytes });
    await using one = peer();
    await one.call("storm", "stopped", 1000);
    one.signal("SIGSTOP");
    await untilStopped(one.pid);
    let refused = 0;
    for (let i = 0; i < 40 && refused === 0; i++) {
      try {
        cache.set(`mine ${i}`, new Uint8Array(10));
        expect(cache.get(`mine ${i}`)).toEqual(new Uint8Array(10));
      } catch (error) {
        // At most one shard, and only if it was stopped in the middle of a change.
        expect(error).toMatchObject({ code: "ETIMEDOUT" });
        expect((error as Error).message).toContain(`process ${one.pid}`);
        refused++;
      }
    }
    // Reading waits for nobody.
    for (const [key, value] of cache.entries()) {
      if (key.startsWith("key")) expect(isWhole(key, value)).toBe(true);
    }
    one.signal("SIGCONT");
    await one.kill();
    for (let i = 0; i < 40; i++) cache.set(`mine ${i}`, new Uint8Array(10));
  });
});

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
