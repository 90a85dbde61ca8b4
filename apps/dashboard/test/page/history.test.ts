import { describe, expect, test } from "bun:test";
import { History, type Merge, Tier } from "../../src/page/history.ts";

const STEP_MS = 1000;

function figure(key: string, value: number | null, merge: Merge = "mean") {
  return { key, value, merge };
}

describe("Tier", () => {
  test("merges what falls into one step: the mean of rates, the worst of the rest", () => {
    const tier = new Tier(STEP_MS, 10);
    for (const value of [1, 2, 6]) {
      tier.add(5000 + value, [figure("rate", value), figure("lag", value, "max")]);
    }
    expect(tier.times()).toEqual([5]);
    expect(tier.values("rate")).toEqual([3]);
    expect(tier.values("lag")).toEqual([6]);
  });

  test("keeps the last steps only, oldest first", () => {
    const tier = new Tier(STEP_MS, 3);
    for (let second = 1; second <= 5; second++) tier.add(second * 1000, [figure("x", second)]);
    expect(tier.times()).toEqual([3, 4, 5]);
    expect(tier.values("x")).toEqual([3, 4, 5]);
  });

  test("leaves a gap where there was no figure for long, and draws through where there was for a moment", () => {
    const tier = new Tier(STEP_MS, 10);
    tier.add(1000, [figure("x", 1)]);
    tier.add(3000, [figure("x", 2)]);
    tier.add(20_000, [figure("x", 3)]);
    expect(tier.times()).toEqual([1, 3, 4, 20]);
    expect(tier.values("x")).toEqual([1, 2, null, 3]);
  });

  test("takes no figure of a time that has passed, and none that is null", () => {
    const tier = new Tier(STEP_MS, 10);
    tier.add(2000, [figure("x", 2)]);
    tier.add(1000, [figure("x", 9)]);
    tier.add(3000, [figure("x", null)]);
    expect(tier.values("x")).toEqual([2, null]);
    expect(tier.values("unknown")).toEqual([null, null]);
  });

  test("forgets the names of what has gone", () => {
    const tier = new Tier(STEP_MS, 5);
    tier.add(1000, [figure("gone", 1)]);
    for (let second = 2; second < 130; second++) tier.add(second * 1000, [figure("x", second)]);
    expect(tier.has("gone")).toBe(false);
    expect(tier.has("x")).toBe(true);
  });
});

describe("History", () => {
  test("holds an hour in as many points as half a minute has, or a few more", () => {
    const history = new History();
    for (let atMs = 0; atMs < 2 * 3_600_000; atMs += 1000) history.add(atMs, [figure("x", atMs)]);
    for (const seconds of [30, 300, 3600] as const) {
      const times = history.of(seconds).times();
      expect(times.length).toBeLessThan(700);
      const last = times.at(-1) ?? 0;
      expect(last - (times[0] ?? 0)).toBeGreaterThanOrEqual(seconds);
    }
  });
});
