import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { unlinkSync } from "node:fs";
import { NamedMutex } from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { Sampler, type Tick } from "../../src/server/sampler.ts";

const INTERVAL_MS = 10;

let home: Home;

beforeEach(() => {
  home = new Home();
});

afterEach(() => home[Symbol.dispose]());

describe("Sampler", () => {
  test("looks while somebody watches, once for all of them, and not at all for nobody", async () => {
    using sampler = new Sampler({ intervalMs: INTERVAL_MS, lingerMs: INTERVAL_MS });
    expect(sampler.isRunning).toBe(false);
    const one: Tick[] = [];
    const two: Tick[] = [];
    const endOne = sampler.subscribe((tick) => one.push(tick));
    const endTwo = sampler.subscribe((tick) => two.push(tick));
    await until(() => one.length > 3 && two.length > 3, "looks");
    expect(two).toEqual(one);
    const numbers = one.map(({ number }) => number);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    endOne();
    endOne();
    expect(sampler.isRunning).toBe(true);
    endTwo();
    await until(() => !sampler.isRunning, "its rest");
    const seen = two.length;
    await Bun.sleep(INTERVAL_MS * 5);
    expect(two.length).toBe(seen);
  });

  testIf(isLinux, "Linux, for /proc")(
    "says what is held although its name leads elsewhere",
    async () => {
      using _mutex = NamedMutex.createNew("orders");
      unlinkSync(home.file("orders"));
      using sampler = new Sampler({ intervalMs: INTERVAL_MS, lingerMs: INTERVAL_MS });
      const { issues } = await sampler.next();
      expect(issues).toMatchObject([{ severity: "bad", segment: "orders", code: "unreachable" }]);
      expect(issues[0]?.message).toContain(`under process ${process.pid}:`);
    },
  );

  test("goes on for a while for whoever comes back", async () => {
    using sampler = new Sampler({ intervalMs: INTERVAL_MS, lingerMs: 600_000 });
    sampler.subscribe(() => undefined)();
    expect(sampler.isRunning).toBe(true);
    const { segments } = await sampler.next();
    expect(segments).toEqual([]);
    expect(sampler.isRunning).toBe(true);
  });

  test("answers with the rates of a lock that is taken again and again", async () => {
    using sampler = new Sampler({ intervalMs: INTERVAL_MS });
    using mutex = NamedMutex.createOrOpen("busy");
    await until(async () => {
      mutex.acquire()[Symbol.dispose]();
      const { segments } = await sampler.next();
      return (segments[0]?.lock?.acquisitions_per_second ?? 0) > 0;
    }, "a rate");
  });

  test("looks no more after its end", () => {
    const sampler = new Sampler({ intervalMs: INTERVAL_MS });
    sampler.subscribe(() => undefined);
    sampler[Symbol.dispose]();
    expect(sampler.isRunning).toBe(false);
  });
});
