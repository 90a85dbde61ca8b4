/** What mirrors take from a cache: values with their times, and changes since a position. */
import { describe, expect, test } from "bun:test";
import { json } from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { SharedCache } from "../../src/index.ts";
import { type CacheInside, type Following, insideOfCache } from "../../src/internal.ts";

const OPTIONS = { capacityBytes: 2 ** 16, value: json<number | string>() };

function inside(cache: SharedCache<typeof OPTIONS.value>): CacheInside {
  return insideOfCache(cache) as CacheInside;
}

/** All that is there to be polled. */
function drained(following: Following): string[] {
  const found: string[] = [];
  for (let batch = following.poll(); batch !== undefined; batch = following.poll()) {
    found.push(...batch.map(({ operation, key }) => `${operation} ${key}`));
  }
  return found.sort();
}

describe("the inside of a cache", () => {
  test("peeks at a value with its times, fresh or stale, and counts nothing", async () => {
    using _home = new Home();
    using cache = SharedCache.createNew("peeked", OPTIONS);
    const { peek, now } = inside(cache);
    cache.set("text", "ä");
    cache.set("number", 7, { ttlMs: 60_000, staleMs: 5 });
    cache.set("old", 1, { ttlMs: 1, staleMs: 60_000 });
    expect(peek("text")).toEqual({
      bytes: new TextEncoder().encode('"ä"'),
      freshUntil: Infinity,
      staleMs: 0,
    });
    const number = peek("number");
    expect([new TextDecoder().decode(number?.bytes), number?.staleMs]).toEqual(["7", 5]);
    expect(number?.freshUntil).toBeGreaterThan(now());
    expect(number?.freshUntil).toBeLessThanOrEqual(now() + 60_000);
    await until(() => !cache.has("old"), "the end of the value");
    expect(peek("old")?.staleMs).toBe(60_000);
    expect(peek("none")).toBeUndefined();
    const { hits, misses, staleHits } = cache.metrics;
    expect([hits, misses, staleHits]).toEqual([0, 0, 0]);
  });

  test("follows changes from where another following was", () => {
    using _home = new Home();
    using one = SharedCache.createNew("followed", OPTIONS);
    const first = inside(one).follow(undefined);
    one.set("a", 1);
    one.set("b", 2);
    expect(drained(first)).toEqual(["set a", "set b"]);
    const { positions } = first;
    one.delete("a");
    one.increment("b", 1);
    using two = SharedCache.openExisting("followed", OPTIONS);
    expect(drained(inside(two).follow(positions))).toEqual(["delete a", "increment b"]);
    expect(drained(inside(two).follow(undefined))).toEqual([]);
    expect(drained(first)).toEqual(["delete a", "increment b"]);
  });

  test("says that changes since a position were missed", () => {
    using _home = new Home();
    using cache = SharedCache.createNew("lapped", { ...OPTIONS, capacityBytes: 8192 });
    const { positions } = inside(cache).follow(undefined);
    for (let number = 0; number < 2000; number++) cache.set(`key ${number}`, "x".repeat(50));
    expect(drained(inside(cache).follow(positions))).toContain("lapped undefined");
  });

  test("is of a cache alone", () => {
    expect(insideOfCache({})).toBeUndefined();
  });
});
