/** The cache as its users see it, in one process. */
import { describe, expect, test } from "bun:test";
import { bytes, json, struct, u32, utf8 } from "@isthmus/ipc";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { SharedCache } from "../../src/index.ts";

const SMALL = 2 ** 16;

describe("SharedCache", () => {
  test("gives what another handle has set", () => {
    using _home = new Home();
    using one = SharedCache.createNew("pages", {
      capacityBytes: SMALL,
      value: json<{ n: number }>(),
    });
    using two = SharedCache.openExisting("pages", { value: json<{ n: number }>() });
    expect([one.createdNew, two.createdNew, one.name]).toEqual([true, false, "pages"]);
    one.set("a", { n: 1 });
    expect(two.get("a")).toEqual({ n: 1 });
    expect([two.has("a"), two.has("b"), two.get("b")]).toEqual([true, false, undefined]);
    two.set("a", { n: 2 });
    expect(one.get("a")).toEqual({ n: 2 });
    expect([one.delete("a"), one.delete("a"), two.get("a")]).toEqual([true, false, undefined]);
  });

  test("has the errors of all named things", () => {
    using _home = new Home();
    expectCode(() => SharedCache.openExisting("none"), "SystemError", "ENOENT");
    using _cache = SharedCache.createNew("taken", { capacityBytes: SMALL });
    expectCode(() => SharedCache.createNew("taken"), "SystemError", "EEXIST");
    const other = () => SharedCache.openExisting("taken", { value: bytes });
    expectCode(other, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
    const disposed = SharedCache.createOrOpen("taken");
    disposed.dispose();
    disposed.dispose();
    expectCode(() => disposed.get("a"), "DisposedError", "ERR_DISPOSED");
    expectCode(() => disposed.set("a", 1), "DisposedError", "ERR_DISPOSED");
  });

  test("refuses options that mean nothing", () => {
    using _home = new Home();
    const make = (options: object) => () => SharedCache.createNew("wrong", options);
    for (const ttlMs of [0, -1, -Infinity, Number.NaN]) {
      expectCode(make({ ttlMs }), "RangeError", "ERR_OUT_OF_RANGE");
    }
    expectCode(make({ ttlMs: "1" }), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(make({ capacityBytes: 100 }), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(make({ capacityBytes: 2 ** 33 }), "RangeError", "ERR_OUT_OF_RANGE");
    for (const value of [{}, null])
      expectCode(make({ value }), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(make({ lifetime: "long" }), "TypeError", "ERR_INVALID_ARG_VALUE");
    expectCode(make({ ttl: 1 }), "TypeError", "ERR_INVALID_ARG_VALUE");
    using cache = SharedCache.createNew("right", { capacityBytes: SMALL });
    for (const ttlMs of [0, -1, Number.NaN]) {
      const { message } = expectCode(make({ ttlMs }), "RangeError", "ERR_OUT_OF_RANGE");
      expect(message).toContain("must be > 0 milliseconds");
      expectCode(() => cache.set("a", 1, { ttlMs }), "RangeError", "ERR_OUT_OF_RANGE");
    }
    expectCode(() => cache.set(1 as never, 1), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(() => cache.set("\ud800", 1), "TypeError", "ERR_INVALID_ARG_VALUE");
    expectCode(() => cache.get("x".repeat(4097)), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(() => cache.set("a", undefined), "TypeError", "ERR_INVALID_ARG_TYPE");
    for (const allowStale of [null, 1, "yes"] as never[])
      expectCode(() => cache.get("a", { allowStale }), "TypeError", "ERR_INVALID_ARG_TYPE");
  });

  test("takes any key of up to 4096 bytes", () => {
    using _home = new Home();
    using cache = SharedCache.createNew("keys", { capacityBytes: 2 ** 20 });
    const keys = [
      "",
      "a",
      "ab",
      "abc",
      "abcd",
      "abcde",
      "é",
      "日本語",
      "🎉🎉",
      "\0",
      "\0\0",
      "x".repeat(4096),
    ];
    for (const [i, key] of keys.entries()) cache.set(key, i);
    for (const [i, key] of keys.entries()) expect(cache.get(key)).toBe(i);
    expect(new Set(cache.keys())).toEqual(new Set(keys));
  });

  test("holds what JSON holds, and numbers as they are", () => {
    using _home = new Home();
    using cache = SharedCache.createNew("json", { capacityBytes: SMALL });
    const values = [
      null,
      true,
      "",
      "text",
      0,
      -0,
      1.5,
      2 ** 53,
      1e308,
      [1, [2]],
      { a: { b: null } },
    ];
    for (const value of values) {
      cache.set("value", value);
      expect(cache.get("value")).toStrictEqual(value);
    }
    // As JSON has them, whichever process asks.
    cache.set("value", new Date(0));
    expect(cache.get("value")).toBe("1970-01-01T00:00:00.000Z");
    cache.set("value", new Map([[1, 2]]));
    expect(cache.get("value")).toEqual({});
    cache.set("value", Uint8Array.of(7, 8));
    expect(cache.get("value")).toEqual({ "0": 7, "1": 8 });
    expectCode(() => cache.set("value", 1n), "TypeError", "ERR_INVALID_ARG_TYPE");
    expect(cache.get("value")).toEqual({ "0": 7, "1": 8 });
  });

  test("copies into an array again and again, wherever it lies and however long it is", () => {
    using _home = new Home();
    using raw = SharedCache.createNew("into", { capacityBytes: SMALL, value: bytes });
    const memory = new Uint8Array(1200);
    for (const offset of [0, 1, 4, 8]) {
      const target = memory.subarray(offset, offset + 1000);
      for (const length of [1000, 257, 256, 67, 64, 3, 0]) {
        const value = crypto.getRandomValues(new Uint8Array(length));
        raw.set("value", value);
        target.fill(9);
        expect(raw.getInto("value", target)).toBe(length);
        expect(target.subarray(0, length)).toEqual(value);
        expect(target.subarray(length)).toEqual(new Uint8Array(1000 - length).fill(9));
      }
      expect([...memory.subarray(0, offset)]).toEqual(Array(offset).fill(0));
      memory.fill(0);
    }
    const short = new Uint8Array(2);
    raw.set("value", Uint8Array.of(1, 2, 3));
    for (let i = 0; i < 3; i++) {
      expectCode(() => raw.getInto("value", short), "RangeError", "ERR_OUT_OF_RANGE");
      expect([...short]).toEqual([0, 0]);
    }
    using numbers = SharedCache.createNew("numbers", { capacityBytes: SMALL });
    numbers.set("n", 12.5);
    const text = new Uint8Array(8);
    for (let i = 0; i < 2; i++) expect(numbers.getInto("n", text)).toBe(4);
    expect(Buffer.from(text).toString("latin1", 0, 4)).toBe("12.5");
  });

  test("is disposed for a call whose value, options or callback has disposed it", async () => {
    using _home = new Home();
    const options = { capacityBytes: SMALL, value: json<unknown>() };
    const use = async (how: (cache: SharedCache, disposing: object) => unknown): Promise<void> => {
      const cache = SharedCache.createNew("ended", options);
      cache.set("key", 1);
      const dispose = (): undefined => cache.dispose() as undefined;
      const disposing = {
        toJSON: dispose,
        option: (name: string) =>
          Object.defineProperty({}, name, { get: dispose, enumerable: true }),
      };
      const called = (async () => await how(cache, disposing))();
      await expectRejection(called, "DisposedError", "ERR_DISPOSED");
    };
    type Disposing = { readonly option: (name: string) => object };
    const of = (disposing: object, name: string) => (disposing as Disposing).option(name);
    await use((cache, value) => cache.set("key", [value, 1]));
    await use((cache, value) => cache.setIfAbsent("key", [value]));
    await use((cache, value) => cache.compareAndSet("key", 1, [value]));
    await use((cache, value) => cache.compareAndSet("key", [value], 2));
    await use((cache, value) => cache.getOrCompute("other", () => [value]));
    await use((cache, value) => cache.set("key", 1, of(value, "ttlMs")));
    await use((cache, value) => cache.increment("key", 1, of(value, "ttlMs")));
    await use((cache, value) => cache.getOrCompute("key", () => 1, of(value, "ttlMs")));
    await use((cache, value) => cache.get("key", of(value, "allowStale")));
    await use((cache, value) => cache.getInto("key", new Uint8Array(9), of(value, "allowStale")));
    await use((cache, value) => cache.watch(of(value, "prefix")).next());
    await use((cache) => {
      cache.set("key", "text");
      return cache.read("key", () => cache.dispose());
    });
  });

  test("takes a value whole whose getters use the cache", () => {
    using _home = new Home();
    const value = struct({ id: u32, other: u32 });
    using cache = SharedCache.createNew("within", { capacityBytes: SMALL, value });
    const [pair, inner] = [
      { id: 1, other: 2 },
      { id: 50, other: 51 },
    ];
    const using = (use: () => unknown) => ({
      id: 1,
      get other() {
        use();
        return 2;
      },
    });
    cache.set(
      "a",
      using(() => cache.set("b", inner)),
    );
    expect([cache.get("a"), cache.get("b")]).toEqual([pair, inner]);
    const comparing = using(() => cache.compareAndSet("b", { id: 3, other: 4 }, inner));
    expect(cache.compareAndSet("a", pair, comparing)).toBe(true);
    expect(cache.compareAndSet("a", comparing, inner)).toBe(true);
    expect([cache.get("a"), cache.get("b")]).toEqual([inner, inner]);
  });

  test("refuses to read by what is asynchronous", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("later", { capacityBytes: SMALL, value: bytes });
    cache.set("key", new Uint8Array(8));
    const later = async (view: Uint8Array) => {
      await Promise.resolve();
      throw new Error(`nobody hears of ${view.length}`);
    };
    const { message } = expectCode(
      () => void cache.read("key", later),
      ...(["TypeError", "ERR_INVALID_ARG_TYPE"] as const),
    );
    expect(message).toContain('"read" argument must be a function that is not asynchronous');
  });

  test("reads in place again, at last a copy, when what was read has been overwritten meanwhile", () => {
    using _home = new Home();
    using raw = SharedCache.createNew("places", { capacityBytes: SMALL, value: bytes });
    using other = SharedCache.openExisting("places", { value: bytes });
    const overwrite = (): void => {
      for (let i = 0; i < 2000; i++) other.set(`other ${i}`, new Uint8Array(100).fill(0xee));
    };
    const value = new Uint8Array(100).fill(1);
    let calls = 0;
    /** What is in the view, once everything has been written over as often as it is told to. */
    const read = (times: number, act: (view: Uint8Array) => number) => {
      raw.set("key", value);
      calls = 0;
      return raw.read("key", (view) => {
        if (calls++ < times) {
          overwrite();
          other.set("key", value);
          return act(view);
        }
        return view.reduce((sum, one) => sum + one, 0);
      });
    };
    for (const times of [1, 2, 3]) {
      expect(read(times, (view) => view.length * 1000)).toBe(100);
      expect(calls).toBe(times + 1);
      const fail = (): number => {
        throw new Error("of what is nobody's any more");
      };
      expect(read(times, fail)).toBe(100);
    }
    // What has gone meanwhile has no value.
    raw.set("key", value);
    const gone = raw.read("key", () => {
      overwrite();
      other.delete("key");
      return 1;
    });
    expect(gone).toBeUndefined();
  });

  test("takes no more than 48 bytes for an entry beside its key and value, on average", () => {
    using _home = new Home();
    const options = { capacityBytes: 2 ** 20, value: bytes } as const;
    using raw = SharedCache.createNew("overhead", options);
    let content = 0;
    for (let i = 0; i < 2000; i++) {
      const key = "k".repeat(i % 23) + i;
      const value = new Uint8Array(i % 101);
      raw.set(key, value);
      content += key.length + value.length;
    }
    const { entries, bytes: used, evictions } = raw.metrics;
    expect([entries, evictions]).toEqual([2000, 0]);
    // A bucket of 8 bytes for each 128 bytes of a log is not among the bytes of entries.
    expect((used * (1 + 8 / 128) - content) / entries).toBeLessThanOrEqual(48);
  });

  test("holds bytes and structs", () => {
    using _home = new Home();
    using raw = SharedCache.createNew("bytes", { capacityBytes: SMALL, value: bytes });
    for (const length of [0, 1, 7, 8, 9, 300, 1000]) {
      const value = crypto.getRandomValues(new Uint8Array(length));
      raw.set("value", value);
      expect(raw.get("value")).toEqual(value);
      const target = new Uint8Array(1000);
      expect(raw.getInto("value", target)).toBe(length);
      expect(target.subarray(0, length)).toEqual(value);
      expect(raw.read("value", (view) => [...view])).toEqual([...value]);
    }
    expect(raw.getInto("none", new Uint8Array(1))).toBeUndefined();
    expectCode(() => raw.getInto("value", new Uint8Array(999)), "RangeError", "ERR_OUT_OF_RANGE");
    const Price = struct({ bid: u32, name: utf8(8) });
    using prices = SharedCache.createNew("structs", { capacityBytes: SMALL, value: Price });
    prices.set("x", { bid: 7, name: "seven" });
    expect(prices.get("x")).toEqual({ bid: 7, name: "seven" });
    expect(prices.read("x", ({ bid }) => bid)).toBe(7);
    expect(prices.read("y", () => 1)).toBeUndefined();
    expectCode(
      () => prices.set("x", { bid: 1, name: "much too long" }),
      "RangeError",
      "ERR_OUT_OF_RANGE",
    );
    expect(prices.get("x")?.bid).toBe(7);
    expectCode(() => prices.increment("x"), "NotSupportedError", "ERR_NOT_SUPPORTED");
    expect(() =>
      prices.read("x", () => {
        throw new Error("mine");
      }),
    ).toThrow("mine");
  });

  test("adds to numbers", () => {
    using _home = new Home();
    using cache = SharedCache.createNew("numbers", {
      capacityBytes: SMALL,
      value: json<number | string>(),
    });
    expect([cache.increment("n"), cache.increment("n", 4), cache.get("n")]).toEqual([1, 5, 5]);
    cache.set("n", 0.5);
    expect([cache.increment("n", -1), cache.read("n", (n) => n)]).toEqual([-0.5, -0.5]);
    cache.set("text", "1");
    expectCode(() => cache.increment("text"), "TypeError", "ERR_INVALID_ARG_VALUE");
    expectCode(() => cache.increment("n", Number.NaN), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(() => cache.increment("n", Infinity), "RangeError", "ERR_OUT_OF_RANGE");
    cache.increment("most", Number.MAX_VALUE);
    expectCode(() => cache.increment("most", Number.MAX_VALUE), "RangeError", "ERR_OUT_OF_RANGE");
    expect([cache.get("most"), cache.increment("most", -Number.MAX_VALUE)]).toEqual([
      Number.MAX_VALUE,
      0,
    ]);
    const target = new Uint8Array(8);
    expect(cache.getInto("n", target)).toBe(4);
    expect(new TextDecoder().decode(target.subarray(0, 4))).toBe("-0.5");
  });

  test("sets what is absent, and what is as expected, once", () => {
    using _home = new Home();
    using cache = SharedCache.createNew("cas", { capacityBytes: SMALL, value: json<unknown>() });
    expect([cache.setIfAbsent("a", 1), cache.setIfAbsent("a", 2), cache.get("a")]).toEqual([
      true,
      false,
      1,
    ]);
    expect([
      cache.compareAndSet("a", 2, 3),
      cache.compareAndSet("a", 1, 3),
      cache.get("a"),
    ]).toEqual([false, true, 3]);
    cache.set("o", { x: [1] });
    expect(cache.compareAndSet("o", { x: [2] }, "new")).toBe(false);
    expect(cache.compareAndSet("o", { x: [1] }, "new")).toBe(true);
    expect(cache.compareAndSet("o", undefined, "newer")).toBe(false);
    expect(cache.compareAndSet("none", "x", "newer")).toBe(false);
    expect([cache.get("o"), cache.has("none")]).toEqual(["new", false]);
  });

  test("forgets what is over, and gives what is stale to who takes it", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("times", {
      capacityBytes: SMALL,
      ttlMs: 5,
      staleMs: 3_600_000,
    });
    cache.set("short", 1);
    cache.set("long", 2, { ttlMs: 3_600_000 });
    cache.set("ever", 3, { ttlMs: Infinity });
    cache.set("gone", 4, { staleMs: 0 });
    await until(() => !cache.has("short") && !cache.has("gone"), "the end of a value");
    expect([cache.get("short"), cache.get("short", { allowStale: true })]).toEqual([undefined, 1]);
    expect([cache.get("gone"), cache.get("gone", { allowStale: true })]).toEqual([
      undefined,
      undefined,
    ]);
    expect([cache.get("long"), cache.get("ever")]).toEqual([2, 3]);
    expect([...cache.keys()].sort()).toEqual(["ever", "long"]);
    expect(cache.delete("short")).toBe(false);
    expect(cache.setIfAbsent("gone", 5)).toBe(true);
    expect(cache.increment("short", 7)).toBe(7);
  });

  test("loses about what was asked for when it is full, and never throws", () => {
    using _home = new Home();
    using cache = SharedCache.createNew("full", { capacityBytes: 2 ** 18, value: bytes });
    const value = new Uint8Array(100);
    for (let i = 0; i < 20_000; i++) cache.set(`key ${i}`, value);
    const { entries, bytes: used, evictions, resets, capacityBytes } = cache.metrics;
    expect(entries + evictions).toBe(20_000);
    expect([used > capacityBytes * 0.7, resets]).toEqual([true, 0]);
    expect([...cache.keys()].length).toBe(entries);
    const before = cache.metrics.entries;
    cache.set("one more", value);
    // What one entry takes makes room for one: this is no cache that empties itself.
    expect(before - cache.metrics.entries).toBeLessThan(50);
  });

  test("refuses a value that is too large before it touches the one before", () => {
    using _home = new Home();
    using cache = SharedCache.createNew("large", { capacityBytes: SMALL, value: bytes });
    const longest = new Uint8Array(cache.entryBytesMax - 8).fill(1);
    cache.set("key", longest);
    const refused = () => cache.set("key", new Uint8Array(cache.entryBytesMax - 7));
    const error = expectCode(refused, "RangeError", "ERR_OUT_OF_RANGE");
    expect(error.message).toContain("capacityBytes");
    expect(cache.get("key")).toEqual(longest);
  });

  test("refuses what its schema does not allow, and says that it is the value", () => {
    using _home = new Home();
    using cache = SharedCache.createNew("json", { capacityBytes: SMALL, value: json<unknown>() });
    using raw = SharedCache.createNew("raw", { capacityBytes: SMALL, value: bytes });
    const refused = [
      () => cache.set("key", undefined),
      () => cache.compareAndSet("key", undefined, 1n),
      () => raw.set("key", "text" as never),
    ];
    for (const one of refused) {
      const { message } = expectCode(one, "TypeError", "ERR_INVALID_ARG_TYPE");
      expect(message).toStartWith('The "value" argument must be a');
    }
    expect(cache.get("key")).toBeUndefined();
  });

  test("forgets everything", () => {
    using _home = new Home();
    using cache = SharedCache.createNew("clear", { capacityBytes: SMALL });
    for (let i = 0; i < 100; i++) cache.set(`${i}`, i);
    cache.clear();
    expect([cache.metrics.entries, cache.metrics.bytes, [...cache.entries()]]).toEqual([0, 0, []]);
    cache.set("1", 2);
    expect([...cache]).toEqual([["1", 2]]);
  });

  test("tells what happened", () => {
    using _home = new Home();
    using cache = SharedCache.createNew("metrics", { capacityBytes: SMALL });
    using other = SharedCache.openExisting("metrics");
    cache.set("a", 1);
    cache.get("a");
    other.get("b");
    other.delete("a");
    const { hits, misses, sets, deletes, entries, entriesByShard } = cache.metrics;
    expect({ hits, misses, sets, deletes, entries }).toEqual({
      hits: 1,
      misses: 1,
      sets: 1,
      deletes: 1,
      entries: 0,
    });
    expect(entriesByShard.length).toBeGreaterThanOrEqual(4);
    expect(other.metrics).toEqual(cache.metrics);
  });

  test("stays when it is persistent, until the machine begins anew", () => {
    using home = new Home();
    {
      using cache = SharedCache.createNew("kept", { capacityBytes: SMALL, lifetime: "persistent" });
      cache.set("a", 1);
    }
    {
      using cache = SharedCache.openExisting("kept");
      expect(cache.get("a")).toBe(1);
    }
    expect(home.names()).toEqual(["kept"]);
  });
});

describe("SharedCache.getOrCompute()", () => {
  test("computes once for all who ask", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("once", { capacityBytes: SMALL, value: json<unknown>() });
    using other = SharedCache.openExisting("once", { value: json<unknown>() });
    let count = 0;
    const compute = async () => {
      await Bun.sleep(5);
      return { count: ++count };
    };
    const asked = [cache, other, cache, other].map((one) => one.getOrCompute("key", compute));
    expect(await Promise.all(asked)).toEqual(Array(4).fill({ count: 1 }));
    expect(await other.getOrCompute("key", compute)).toEqual({ count: 1 });
    const { computes, waits } = cache.metrics;
    expect([computes, waits]).toEqual([1, 1]);
  });

  test("rejects all who wait with what was thrown, and keeps nothing", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("throws", { capacityBytes: SMALL, value: json<unknown>() });
    using other = SharedCache.openExisting("throws", { value: json<unknown>() });
    const failure = Object.assign(new RangeError("no such page"), { code: "ERR_NO_PAGE" });
    const compute = async () => {
      await Bun.sleep(5);
      throw failure;
    };
    const outcomes = await Promise.allSettled([
      cache.getOrCompute("key", compute),
      cache.getOrCompute("key", compute),
      other.getOrCompute("key", () => "never"),
    ]);
    const reasons = outcomes.map((one) => (one.status === "rejected" ? one.reason : one.value));
    expect([reasons[0], reasons[1]]).toEqual([failure, failure]);
    expect(reasons[2]).toMatchObject({
      name: "RemoteError",
      code: "ERR_NO_PAGE",
      message: "no such page",
    });
    expect(cache.has("key")).toBe(false);
    expect([...cache.keys()]).toEqual([]);
    expect(await other.getOrCompute("key", () => "next")).toBe("next");
  });

  test("throws an error again for as long as it is told to", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("negative", {
      capacityBytes: SMALL,
      value: json<unknown>(),
    });
    const fail = () => Promise.reject(new Error("down"));
    const options = { errorTtlMs: 3_600_000 };
    await expect(cache.getOrCompute("key", fail, options)).rejects.toThrow("down");
    expect(cache.metrics.computeErrors).toBe(1);
    await expect(cache.getOrCompute("key", () => 1)).rejects.toThrow("down");
    cache.set("key", 2);
    expect(await cache.getOrCompute("key", () => 1)).toBe(2);
  });

  test("gives what is stale at once, and computes meanwhile", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("stale", {
      capacityBytes: SMALL,
      value: json<number>(),
      ttlMs: 1,
      staleMs: 3_600_000,
    });
    cache.set("key", 1);
    await until(() => !cache.has("key"), "the end of a value");
    const gate = Promise.withResolvers<void>();
    const compute = async () => {
      await gate.promise;
      return 2;
    };
    const ttl = { ttlMs: 3_600_000 };
    expect(await cache.getOrCompute("key", compute, ttl)).toBe(1);
    expect(await cache.getOrCompute("key", compute, ttl)).toBe(1);
    gate.resolve();
    await until(() => cache.get("key") === 2, "the new value");
    const { staleHits, computes } = cache.metrics;
    expect([staleHits, computes]).toEqual([2, 1]);
  });

  test("ends a wait by its signal, and no more than that", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("signal", { capacityBytes: SMALL, value: json<number>() });
    const gate = Promise.withResolvers<number>();
    const controller = new AbortController();
    const waiting = cache.getOrCompute("key", () => gate.promise, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    gate.resolve(3);
    await until(() => cache.get("key") === 3, "the value");
    const aborted = { signal: AbortSignal.abort(new Error("before")) };
    await expect(cache.getOrCompute("other", () => 1, aborted)).rejects.toThrow("before");
    await expect(cache.getOrCompute("key", () => 1, { ttlMs: -1 })).rejects.toThrow("> 0");
  });

  test("lets others compute when the handle that did is disposed", async () => {
    using _home = new Home();
    const cache = SharedCache.createNew("left", { capacityBytes: SMALL, value: json<number>() });
    using other = SharedCache.openExisting("left", { value: json<number>() });
    const gate = Promise.withResolvers<number>();
    const first = cache.getOrCompute("key", () => gate.promise);
    const second = other.getOrCompute("key", () => 2);
    await until(() => other.metrics.waits === 1, "who waits");
    cache.dispose();
    expect(await second).toBe(2);
    gate.resolve(1);
    expect(await first).toBe(1);
    expect(other.get("key")).toBe(2);
  });

  test("refuses a computation that would wait for itself, and no other one", async () => {
    using _home = new Home();
    const options = { capacityBytes: SMALL, value: json<number>() };
    using cache = SharedCache.createNew("self", options);
    using twin = SharedCache.openExisting("self", options);
    using elsewhere = SharedCache.createNew("elsewhere", options);
    const never = (): number => expect.unreachable();
    const ask = {
      itself: () => cache.getOrCompute("key", never),
      "by another handle": () => twin.getOrCompute("key", never),
      "inside another one": () =>
        twin.getOrCompute("between", () => cache.getOrCompute("key", never)),
    };
    for (const [how, compute] of Object.entries(ask)) {
      const { message } = await expectRejection(
        cache.getOrCompute("key", compute),
        ...(["NotSupportedError", "ERR_NOT_SUPPORTED"] as const),
      );
      expect([how, message]).toEqual([how, expect.stringContaining('compute "key" of "self"')]);
    }
    expect(await cache.getOrCompute("key", () => elsewhere.getOrCompute("key", () => 1))).toBe(1);
    expect(cache.delete("key")).toBe(true);
    // What a computation has left running asks when it is over.
    const gate = Promise.withResolvers<void>();
    let later: Promise<number> | undefined;
    const compute = (): number => {
      later = gate.promise.then(() => cache.getOrCompute("key", () => 3));
      return 2;
    };
    expect(await cache.getOrCompute("key", compute)).toBe(2);
    expect(cache.delete("key")).toBe(true);
    gate.resolve();
    expect(await later).toBe(3);
    // A value that is stale is given at once.
    cache.set("old", 4, { ttlMs: 1, staleMs: 60_000 });
    await until(() => cache.get("old") === undefined, "an end");
    const inside: number[] = [];
    await cache.getOrCompute("old", async () =>
      inside.push(await cache.getOrCompute("old", never)),
    );
    await until(() => cache.get("old") === 1, "the new value");
    expect(inside).toEqual([4]);
  });

  test("ends each of several computations at once, in whichever shards they are", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("shards", {
      capacityBytes: 2 ** 20,
      value: json<number>(),
    });
    const gate = Promise.withResolvers<number>();
    const keys = Array.from({ length: 100 }, (_, key) => `${key}`);
    const first = keys.map((key) => cache.getOrCompute(key, () => gate.promise));
    gate.resolve(1);
    expect(await Promise.all(first)).toEqual(keys.map(() => 1));
    cache.clear();
    const again = keys.map((key) => cache.getOrCompute(key, () => 2));
    expect(await Promise.all(again)).toEqual(keys.map(() => 2));
  });

  test("refuses the last of computations that would wait for each other", async () => {
    using _home = new Home();
    const options = { capacityBytes: SMALL, value: json<unknown>() };
    using cache = SharedCache.createNew("circle", options);
    using twin = SharedCache.openExisting("circle", options);
    using elsewhere = SharedCache.createNew("elsewhere", options);
    const never = (): never => expect.unreachable();
    /** Asks for each at once; each computation asks for the others by its name. */
    const ask = async (
      asks: readonly (readonly [cache: SharedCache, key: string, inside: () => Promise<unknown>])[],
    ): Promise<string[]> => {
      const errors: string[] = [];
      const computing = asks.map(async ([one, key, inside], index) => {
        const compute = async () => {
          await Bun.sleep(5 + index * 5);
          return await inside().catch((error) => {
            errors.push(`${error.code} ${error.message}`);
            return "handled";
          });
        };
        return await one.getOrCompute(key, compute);
      });
      expect(await Promise.all(computing)).toEqual(asks.map(() => "handled"));
      for (const [one, key] of asks) one.delete(key);
      return errors;
    };
    const expected = (key: string, inside: string, through = "") => [
      `ERR_NOT_SUPPORTED Cannot compute "${key}" of "circle" inside the computation of "${inside}", for which it waits${through}`,
    ];
    const two = [
      [cache, "a", () => cache.getOrCompute("b", never)],
      [cache, "b", () => cache.getOrCompute("a", never)],
    ] as const;
    expect(await ask(two)).toEqual(expected("a", "b"));
    const handles = [
      [cache, "a", () => twin.getOrCompute("b", never)],
      [cache, "b", () => twin.getOrCompute("a", never)],
    ] as const;
    expect(await ask(handles)).toEqual(expected("a", "b"));
    const long = [
      [cache, "a", () => elsewhere.getOrCompute("b", never)],
      [elsewhere, "b", () => twin.getOrCompute("c", never)],
      [twin, "c", () => cache.getOrCompute("a", never)],
    ] as const;
    expect(await ask(long)).toEqual(expected("a", "c", ' by way of "b"'));
    const both = [
      [
        cache,
        "a",
        () =>
          Promise.all([
            cache.getOrCompute("free", () => Bun.sleep(1).then(() => 1)),
            cache.getOrCompute("b", never),
          ]).then(([, b]) => b),
      ],
      [cache, "b", () => cache.getOrCompute("a", never)],
    ] as const;
    expect(await ask(both)).toEqual(expected("a", "b"));
    // Who does not handle it rejects, and with it who waits.
    const plain = [
      cache.getOrCompute("c", async () => {
        await Bun.sleep(1);
        return await cache.getOrCompute("d", never);
      }),
      cache.getOrCompute("d", async () => {
        await Bun.sleep(5);
        return await cache.getOrCompute("c", never);
      }),
    ];
    const outcomes = await Promise.allSettled(plain);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  test("refuses no computation that waits for one whose own wait is over", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("ended", { capacityBytes: SMALL, value: json<number>() });
    const never = (): never => expect.unreachable();
    const gate = Promise.withResolvers<void>();
    const first = cache.getOrCompute("a", async () => {
      const inside = async () => {
        await gate.promise;
        return (await cache.getOrCompute("a", never)) + 1;
      };
      const options = { timeoutMs: 1 };
      const { code } = await expectRejection(
        cache.getOrCompute("b", inside, options),
        ...(["TimeoutError", "ETIMEDOUT"] as const),
      );
      expect(code).toBe("ETIMEDOUT");
      gate.resolve();
      await Bun.sleep(5);
      return 1;
    });
    expect(await first).toBe(1);
    expect(await cache.getOrCompute("b", never)).toBe(2);
  });

  test("ends a wait by its time, and no more than that", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("time", { capacityBytes: SMALL, value: json<number>() });
    const gate = Promise.withResolvers<number>();
    const { message } = await expectRejection(
      cache.getOrCompute("key", () => gate.promise, { timeoutMs: 2 }),
      ...(["TimeoutError", "ETIMEDOUT"] as const),
    );
    expect(message).toBe('Cannot compute "key" of "time" within 2 ms');
    const other = cache.getOrCompute("key", () => 0, { timeoutMs: 60_000 });
    gate.resolve(3);
    expect(await other).toBe(3);
    expect(await cache.getOrCompute("key", () => 0, { timeoutMs: 0 })).toBe(3);
    for (const timeoutMs of [-1, Number.NaN, 2 ** 31]) {
      const wrong = cache.getOrCompute("other", () => 1, { timeoutMs });
      await expectRejection(wrong, "RangeError", "ERR_OUT_OF_RANGE");
    }
    const wrong = cache.getOrCompute("other", () => 1, { timeoutMs: "1" as never });
    await expectRejection(wrong, "TypeError", "ERR_INVALID_ARG_TYPE");
    expect(await cache.getOrCompute("last", () => 4, { timeoutMs: Infinity })).toBe(4);
  });

  test("gives everybody what the cache gives", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("dates", { capacityBytes: SMALL });
    expect(await cache.getOrCompute("key", () => new Date(0))).toBe("1970-01-01T00:00:00.000Z");
    await expect(cache.getOrCompute("none", () => undefined)).rejects.toThrow("JSON can hold");
  });
});

describe("SharedCache.watch()", () => {
  test("tells what happens to keys, in the order of each", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("watch", { capacityBytes: SMALL, value: json<unknown>() });
    using other = SharedCache.openExisting("watch", { value: json<unknown>() });
    cache.set("user:0", "before");
    const changes = cache.watch({ prefix: "user:" });
    other.set("page:1", 1);
    other.set("user:1", 1);
    other.increment("user:1");
    other.delete("user:1");
    const seen: unknown[] = [];
    for await (const change of changes) {
      seen.push(change);
      if (seen.length === 3) break;
    }
    const key = "user:1";
    expect(seen).toEqual(["set", "increment", "delete"].map((operation) => ({ operation, key })));
  });

  test("is woken, and ends with its signal or the cache", async () => {
    using _home = new Home();
    const cache = SharedCache.createNew("woken", { capacityBytes: SMALL });
    const controller = new AbortController();
    const one = cache.watch({ signal: controller.signal });
    const two = cache.watch();
    const [first, second] = [one.next(), two.next()];
    await Bun.sleep(1);
    cache.set("a", 1);
    const change = { done: false as const, value: { operation: "set" as const, key: "a" } };
    expect([await first, await second]).toEqual([change, change]);
    const [third, fourth] = [one.next(), two.next()];
    controller.abort(new Error("enough"));
    await expect(third).rejects.toThrow("enough");
    cache.dispose();
    expect(await fourth).toEqual({ done: true, value: undefined });
  });

  test("tells once that everything was forgotten, however many shards that takes", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("forgotten", { capacityBytes: SMALL });
    const changes = cache.watch();
    cache.clear();
    const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`);
    for (const key of keys) cache.set(key, 1);
    const told: string[] = [];
    for await (const { operation, key = operation } of changes) {
      told.push(key);
      if (keys.every((each) => told.includes(each))) break;
    }
    // In which order the keys of different shards are told is left open.
    expect([told[0], ...told.slice(1).sort()]).toEqual(["clear", ...keys.toSorted()]);
  });

  test("says once that changes were missed, however many shards have lost some", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("missed", { capacityBytes: SMALL });
    expect(cache.metrics.entriesByShard.length).toBeGreaterThan(1);
    const changes = cache.watch();
    for (let i = 0; i < 100; i++) cache.set(`key ${i}`, i);
    cache.clear();
    expect((await changes.next()).value).toEqual({ operation: "lapped" });
    cache.set("next", 1);
    expect((await changes.next()).value).toEqual({ operation: "set", key: "next" });
  });

  test("says when changes were missed", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("lapped", { capacityBytes: SMALL });
    const changes = cache.watch();
    for (let i = 0; i < 20_000; i++) cache.set(`key ${i % 10}`, i);
    expect((await changes.next()).value).toEqual({ operation: "lapped" });
    cache.clear();
    let last = (await changes.next()).value;
    while (last?.operation !== "clear") last = (await changes.next()).value;
    expect(cache.get("key 1")).toBeUndefined();
  });
});
