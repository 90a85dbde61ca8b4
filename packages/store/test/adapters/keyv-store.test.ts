/** The cache as a store of the real `keyv` and `cacheable`. */
import { describe, expect, test } from "bun:test";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { Cacheable, Keyv as Keyv5 } from "cacheable";
import { Keyv } from "keyv";
import { keyvStore, SharedCache } from "../../src/index.ts";

const SMALL = { capacityBytes: 2 ** 16 } as const;

/** Either version as a user makes one. */
type AnyKeyv = Pick<Keyv, "get" | "set" | "delete" | "has" | "clear" | "getMany" | "deleteMany"> & {
  on(event: "error", listener: (error: Error) => void): unknown;
};

const versions = [
  [
    "keyv 6",
    (cache: SharedCache, namespace: string) => new Keyv({ store: keyvStore(cache), namespace }),
  ],
  [
    "keyv 5",
    (cache: SharedCache, namespace: string) => new Keyv5({ store: keyvStore(cache), namespace }),
  ],
] as const;

describe.each(versions)("keyvStore() in %s", (_, make) => {
  test("keeps what is set, for all, in its namespace", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("cache", SMALL);
    const errors: Error[] = [];
    const open = (namespace: string): AnyKeyv => {
      const keyv = make(cache, namespace) as unknown as AnyKeyv;
      keyv.on("error", (error) => errors.push(error));
      return keyv;
    };
    const [one, same, other] = [open("one"), open("one"), open("other")];
    const value = { name: "Ada", tags: ["a", null, 1.5], isOn: true };
    expect(await one.set("a", value)).toBe(true);
    await one.set("b", "text: with:colons", 60_000);
    await other.set("a", "other");
    expect(await same.get<unknown>("a")).toEqual(value);
    expect(await same.getMany<unknown>(["a", "none", "b"])).toEqual([
      value,
      undefined,
      "text: with:colons",
    ]);
    expect([await same.has("a"), await same.has("none")]).toEqual([true, false]);
    expect([await same.delete("b"), await one.has("b")]).toEqual([true, false]);
    await one.set("c", 1);
    await one.clear();
    expect([await one.get("a"), await one.get("c"), await other.get<unknown>("a")]).toEqual([
      undefined,
      undefined,
      "other",
    ]);
    expect(errors).toEqual([]);
  });

  test("forgets what is over, in the cache itself", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("cache", SMALL);
    const keyv = make(cache, "n") as unknown as AnyKeyv;
    await keyv.set("short", 1, 60_000);
    await keyv.set("long", 2, 60_000);
    expect([...cache.keys()]).toHaveLength(2);
    await keyv.set("short", 1, 1);
    await until(() => [...cache.keys()].length === 1, "the end of its time");
    expect([await keyv.get("short"), await keyv.get<unknown>("long")]).toEqual([undefined, 2]);
  });

  test("reports what is too large, and leaves the value before", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("cache", SMALL);
    const keyv = make(cache, "n") as unknown as AnyKeyv;
    const errors: Error[] = [];
    keyv.on("error", (error) => errors.push(error));
    await keyv.set("a", "before");
    expect(await keyv.set("a", "x".repeat(cache.entryBytesMax))).toBe(false);
    expect(errors.map(({ name }) => name)).toEqual(["RangeError"]);
    expect(await keyv.get<unknown>("a")).toBe("before");
  });

  test("gives back what Keyv's text says: a Date as text, a Map as an object, bytes as bytes", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("cache", SMALL);
    const keyv = make(cache, "n") as unknown as AnyKeyv;
    await keyv.set("date", new Date(0));
    await keyv.set("map", new Map([[1, 2]]));
    await keyv.set("buffer", Buffer.from("ab"));
    expect(await keyv.get<unknown>("date")).toBe("1970-01-01T00:00:00.000Z");
    expect(await keyv.get<unknown>("map")).toEqual({});
    expect(await keyv.get<unknown>("buffer")).toEqual(Buffer.from("ab"));
  });
});

describe("keyvStore()", () => {
  test("is a second tier of cacheable that other processes see", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("cache", SMALL);
    const open = () => new Cacheable({ secondary: new Keyv5({ store: keyvStore(cache) }) });
    const [one, two] = [open(), open()];
    await one.set("a", { n: 1 }, 60_000);
    expect(await two.get<unknown>("a")).toEqual({ n: 1 });
    expect(await two.getOrSet<unknown>("a", async () => "computed")).toEqual({ n: 1 });
    await two.set("a", { n: 2 });
    await one.primary.clear();
    expect(await one.get<unknown>("a")).toEqual({ n: 2 });
    await two.clear();
    expect([...cache.keys()]).toEqual([]);
  });

  test("refuses a time that is over, before anything is touched", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("cache", SMALL);
    const store = keyvStore(cache);
    await store.set("a", 1);
    for (const ttl of [0, -1, -Infinity, Number.NaN]) {
      await expectRejection(store.set("a", 2, ttl), "RangeError", "ERR_OUT_OF_RANGE");
      const many = store.setMany([{ key: "a", value: 2, ttl }]);
      await expectRejection(many, "RangeError", "ERR_OUT_OF_RANGE");
    }
    expect(await store.get<unknown>("a")).toBe(1);
    // Keyv 5 hands a negative time on, and reports what the store says of it.
    const keyv = new Keyv5({ store, namespace: "" });
    const errors: Error[] = [];
    keyv.on("error", (error: Error) => errors.push(error));
    expect(await keyv.set("a", 3, -5)).toBe(false);
    expect(errors.map(({ name }) => name)).toEqual(["RangeError"]);
    expect(await store.get<unknown>("a")).toBe(1);
  });

  test("refuses what would come back differently, and takes what does not", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("cache", SMALL);
    const store = keyvStore(cache);
    const odd = [
      new Map([[1, 2]]),
      new Set([1]),
      new Date(),
      1n,
      new Uint8Array(2),
      Buffer.from("a"),
      Number.NaN,
      Infinity,
      undefined,
      () => 1,
      Symbol("a"),
      /a/,
      new Error("a"),
      { toJSON: () => 1 },
      [undefined],
      new (class Thing {})(),
    ];
    for (const value of odd) {
      for (const whole of [value, [value], { deep: { value } }]) {
        const isProperty = value === undefined && whole !== value && !Array.isArray(whole);
        if (isProperty) continue;
        await expectRejection(store.set("a", whole), "TypeError", "ERR_INVALID_ARG_VALUE");
      }
    }
    expect(await store.has("a")).toBe(false);
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    await expect(store.set("a", cycle)).rejects.toThrow(TypeError);
    const good = [0, -1.5, "", "é\ud800", true, null, [], {}, { a: [{ b: null }] }];
    for (const value of good) {
      await store.set("a", value);
      expect(await store.get<unknown>("a")).toEqual(value);
    }
    await store.set("a", { x: 1, y: undefined });
    expect(await store.get<unknown>("a")).toStrictEqual({ x: 1 });
    // Keyv 6 without text of its own: the store decides.
    const keyv = new Keyv({ store, serialization: false });
    const errors: Error[] = [];
    keyv.on("error", (error: Error) => errors.push(error));
    await keyv.set("plain", { a: [1] });
    expect(await keyv.get<unknown>("plain")).toEqual({ a: [1] });
    expect(await keyv.set("map", new Map())).toBe(false);
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining("instance of Map"),
    ]);
  });

  test("is a Map that answers later", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("cache", SMALL);
    const store = keyvStore(cache);
    await store.setMany([
      { key: "a", value: 1 },
      { key: "b", value: 2, ttl: 60_000 },
    ]);
    expect(await Array.fromAsync(store.iterator()).then((all) => all.sort())).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
    expect(await store.hasMany(["a", "c"])).toEqual([true, false]);
    expect(await store.deleteMany(["a", "c"])).toEqual([true, false]);
    await store.clear();
    expect(await store.getMany(["a", "b"])).toEqual([undefined, undefined]);
    expectCode(() => keyvStore({} as never), "TypeError", "ERR_INVALID_ARG_TYPE");
  });
});
