import { describe, expect, test } from "bun:test";
import { SeededRandom } from "@isthmus/programs/seeded-random";
import { estimateRatio, median, quantile, summarize } from "../src/statistics/statistics.ts";

describe("quantile()", () => {
  test("interpolates between neighbours, whatever the order", () => {
    const values = [40, 10, 30, 20];
    expect(quantile(values, 0)).toBe(10);
    expect(quantile(values, 1)).toBe(40);
    expect(median(values)).toBe(25);
    expect(quantile(values, 0.25)).toBe(17.5);
    expect(values).toEqual([40, 10, 30, 20]);
  });

  test.each([-0.1, 1.1, Number.NaN])("refuses the share %p", (share) => {
    expect(() => quantile([1], share)).toThrow(RangeError);
  });

  test("refuses no figures at all", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe("summarize()", () => {
  test("gives middle, ends and spread", () => {
    expect(summarize([8, 10, 14])).toEqual({ median: 10, min: 8, max: 14, spread: 0.6 });
  });
});

describe("estimateRatio()", () => {
  const paired = { isPaired: true, seed: 1 } as const;

  test("pairs the rounds, so that a mood of the machine cancels out", () => {
    const baseline = [10, 1, 7, 3, 100];
    const subject = baseline.map((figure) => figure * 2);
    const { value, low, high, shareAboveOne } = estimateRatio(subject, baseline, paired);
    expect([value, low, high, shareAboveOne]).toEqual([2, 2, 2, 1]);
    const unpaired = estimateRatio(subject, baseline, { isPaired: false, seed: 1 });
    expect(unpaired.high - unpaired.low).toBeGreaterThan(1);
  });

  test("is the same for the same seed and another for another", () => {
    const random = new SeededRandom(7);
    const draw = (): number[] => Array.from({ length: 9 }, () => 1 + random.next());
    const [subject, baseline] = [draw(), draw()];
    const once = estimateRatio(subject, baseline, { isPaired: false, seed: 3 });
    expect(estimateRatio(subject, baseline, { isPaired: false, seed: 3 })).toEqual(once);
    expect(estimateRatio(subject, baseline, { isPaired: false, seed: 4 })).not.toEqual(once);
  });

  test("has an interval that contains the true ratio about as often as it says", () => {
    const random = new SeededRandom(11);
    // Sums of three are close enough to a bell.
    const noisy = (middle: number): number =>
      middle * (0.7 + 0.2 * (random.next() + random.next() + random.next()));
    const trials = 60;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const subject = Array.from({ length: 15 }, () => noisy(3));
      const baseline = Array.from({ length: 15 }, () => noisy(1));
      const { low, high } = estimateRatio(subject, baseline, { isPaired: false, seed: trial });
      if (low <= 3 && 3 <= high) covered++;
    }
    // The seeds are fixed: this is one number, not a chance. A bootstrap of medians is a little too sure of itself.
    expect(covered / trials).toBeGreaterThan(0.85);
    expect(covered / trials).toBeLessThanOrEqual(1);
  });

  test.each([
    [[], [1]],
    [[1], []],
    [[0], [1]],
    [[1], [-1]],
    [[Number.NaN], [1]],
    [[1, 2], [1]],
  ])("refuses %p against %p", (subject, baseline) => {
    expect(() => estimateRatio(subject, baseline, paired)).toThrow(RangeError);
  });
});
