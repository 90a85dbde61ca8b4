import { describe, expect, test } from "bun:test";
import { LINES_MAX, Ranking } from "../../src/page/ranking.ts";
import type { SegmentFrame } from "../../src/wire/frame.ts";
import { flowFrame, segmentFrame } from "../support/frames.ts";

function channels(rates: Readonly<Record<string, number>>): SegmentFrame[] {
  return Object.entries(rates).map(([name, records_per_second]) =>
    segmentFrame({ name, flow: flowFrame({ records_per_second }) }),
  );
}

describe("Ranking", () => {
  test("chooses the busiest, and only what flows", () => {
    const ranking = new Ranking();
    const rates = { a: 1, b: 7, c: 6, d: 5, e: 4, f: 3, g: 2 };
    ranking.update([segmentFrame({ name: "mutex" }), ...channels(rates)], 0);
    expect(ranking.places).toEqual(["b", "c", "d", "e", "f", "g"]);
  });

  test("leaves everybody in place while rates tremble", () => {
    const ranking = new Ranking();
    const names = Array.from({ length: 30 }, (_, index) => `channel-${index}`);
    const trembling = (seed: number): SegmentFrame[] =>
      channels(
        Object.fromEntries(names.map((name, i) => [name, 100 + ((i * 7 + seed * 13) % 20)])),
      );
    ranking.update(trembling(0), 0);
    const first = ranking.places;
    expect(first.length).toBe(LINES_MAX);
    for (let second = 1; second < 120; second++) ranking.update(trembling(second), second * 1000);
    expect(ranking.places).toEqual(first);
  });

  test("gives the place of who has gone to the next, at once", () => {
    const ranking = new Ranking();
    ranking.update(channels({ a: 9, b: 8, c: 7, d: 6, e: 5, f: 4, g: 3 }), 0);
    ranking.update(channels({ a: 9, b: 8, d: 6, e: 5, f: 4, g: 3 }), 100);
    expect(ranking.places).toEqual(["a", "b", "g", "d", "e", "f"]);
  });

  test("makes room for who has become much busier, after a while", () => {
    const ranking = new Ranking();
    const rates = { a: 9, b: 8, c: 7, d: 6, e: 5, f: 4, g: 1 };
    ranking.update(channels(rates), 0);
    ranking.update(channels({ ...rates, g: 100 }), 1000);
    expect(ranking.places).not.toContain("g");
    ranking.update(channels({ ...rates, g: 100 }), 11_000);
    expect(ranking.places).toEqual(["a", "b", "c", "d", "e", "g"]);
  });
});
