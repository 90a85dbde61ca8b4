/** A limit that processes keep together: no unit is given twice, whoever dies. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { ifSharedPorts } from "@isthmus/testing/requirement";
import { RateLimiter, type RateLimiterOptions, SharedCache } from "../../src/index.ts";
import { Servers } from "../support/servers.ts";

const HOUR = 3_600_000;
const OPTIONS = { limit: 5, perMs: HOUR, capacityBytes: 2 ** 16 } as const;

describe("RateLimiter", () => {
  test("gives so many units of each key, to all handles together", () => {
    using _home = new Home();
    using one = RateLimiter.createNew("api", OPTIONS);
    using two = RateLimiter.openExisting("api", OPTIONS);
    const seen = [one, two, one, two, one, two].map((limiter) => limiter.take("ada"));
    expect(seen.map(({ allowed }) => allowed)).toEqual([true, true, true, true, true, false]);
    expect(seen.map(({ remaining }) => remaining)).toEqual([4, 3, 2, 1, 0, 0]);
    const last = seen.at(-1)!;
    expect(last.retryAfterMs).toBeGreaterThan(HOUR / 5 - 60_000);
    expect(last.retryAfterMs).toBeLessThanOrEqual(HOUR / 5);
    expect(last.resetAfterMs).toBeGreaterThan(HOUR - 60_000);
    expect(one.take("bob")).toMatchObject({ allowed: true, remaining: 4, retryAfterMs: 0 });
    expect(two.metrics).toMatchObject({ allowed: 6, denied: 1, keys: 2, evictions: 0 });
  });

  test("gives several at once or none, and looks without taking", () => {
    using _home = new Home();
    using limiter = RateLimiter.createNew("api", OPTIONS);
    expect(limiter.take("a", 3).remaining).toBe(2);
    expect(limiter.take("a", 3)).toMatchObject({ allowed: false, remaining: 2 });
    expect(limiter.take("a", 0)).toMatchObject({ allowed: true, remaining: 2 });
    expect(limiter.take("a", 1.5)).toMatchObject({ allowed: true, remaining: 0 });
    expect(limiter.take("b", 0)).toMatchObject({ remaining: 5, resetAfterMs: 0 });
    expect(limiter.metrics.keys).toBe(1);
    expect([limiter.reset("a"), limiter.reset("a"), limiter.take("a").remaining]).toEqual([
      true,
      false,
      4,
    ]);
    limiter.clear();
    expect([limiter.metrics.keys, limiter.take("a").remaining]).toEqual([0, 4]);
  });

  test("takes units back, never more than there are", () => {
    using _home = new Home();
    using limiter = RateLimiter.createNew("api", OPTIONS);
    limiter.take("a", 4);
    expect(limiter.giveBack("a")).toMatchObject({ allowed: true, remaining: 2, retryAfterMs: 0 });
    expect(limiter.giveBack("a", 0.5)).toMatchObject({ remaining: 2 });
    expect(limiter.giveBack("a", 5)).toMatchObject({ remaining: 5, resetAfterMs: 0 });
    expect(limiter.giveBack("b")).toMatchObject({ remaining: 5, resetAfterMs: 0 });
    expect([limiter.take("a", 5).allowed, limiter.take("a").allowed]).toEqual([true, false]);
    expect(limiter.giveBack("a", 0).remaining).toBe(0);
    expectCode(() => limiter.giveBack("a", 6), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(() => limiter.giveBack("a", -1), "RangeError", "ERR_OUT_OF_RANGE");
  });

  test("gives again after retryAfterMs, and forgets who has all units back", async () => {
    using _home = new Home();
    using limiter = RateLimiter.createNew("api", { limit: 2, perMs: 40, capacityBytes: 2 ** 16 });
    for (let round = 0; round < 3; round++) {
      let last = limiter.take("a");
      while (last.allowed) last = limiter.take("a");
      const { retryAfterMs } = last;
      expect(retryAfterMs).toBeGreaterThan(0);
      await Bun.sleep(retryAfterMs);
      expect(limiter.take("a").allowed).toBe(true);
    }
    await Bun.sleep(41);
    // Those whose time is over make room first: none that lacks units is evicted.
    for (let key = 0; key < 5000; key++) {
      limiter.take(`${key}`);
      if (key % 100 === 0) await Bun.sleep(5);
    }
    expect(limiter.metrics).toMatchObject({ evictions: 0 });
  });

  test("has the errors of all named things, and refuses what means nothing", () => {
    using _home = new Home();
    const open = (options: unknown) => () =>
      RateLimiter.createOrOpen("wrong", options as RateLimiterOptions);
    expectCode(open(undefined), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(open({ perMs: 1 }), "TypeError", "ERR_INVALID_ARG_TYPE");
    for (const limit of [0, -1, 1.5, Infinity]) {
      expectCode(open({ limit, perMs: 1 }), "RangeError", "ERR_OUT_OF_RANGE");
    }
    for (const perMs of [0, -1, Number.NaN, Infinity]) {
      expectCode(open({ limit: 1, perMs }), "RangeError", "ERR_OUT_OF_RANGE");
    }
    expectCode(open({ ...OPTIONS, max: 1 }), "TypeError", "ERR_INVALID_ARG_VALUE");
    expectCode(() => RateLimiter.openExisting("none", OPTIONS), "SystemError", "ENOENT");
    using limiter = RateLimiter.createNew("api", OPTIONS);
    expectCode(() => RateLimiter.createNew("api", OPTIONS), "SystemError", "EEXIST");
    const asCache = () => SharedCache.openExisting("api");
    expectCode(asCache, "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
    expectCode(() => limiter.take("a", 6), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(() => limiter.take("a", -1), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(() => limiter.take(1 as never), "TypeError", "ERR_INVALID_ARG_TYPE");
    limiter.dispose();
    expectCode(() => limiter.take("a"), "DisposedError", "ERR_DISPOSED");
  });

  ifSharedPorts("four servers on one port keep one limit, also when one is killed", async () => {
    using home = new Home();
    await using servers = await Servers.start(home, import.meta.dir, "servers");
    const ask = async (key: string) => {
      const { status, headers: answer } = await servers.fetch("/", { headers: { key } });
      return { status, pid: answer.get("x-pid"), retryAfter: answer.get("retry-after") };
    };
    const answers = await Promise.all(Array.from({ length: 120 }, () => ask("ada")));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(50);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(70);
    expect(new Set(answers.map(({ pid }) => pid)).size).toBeGreaterThan(1);
    expect(Number(answers.find(({ status }) => status === 429)?.retryAfter)).toBeGreaterThan(1);
    await servers.kill(1);
    let allowed = 0;
    for (let i = 0; i < 60; i++) allowed += (await ask("bob")).status === 200 ? 1 : 0;
    expect(allowed).toBe(50);
    expect((await ask("ada")).status).toBe(429);
  });
});
