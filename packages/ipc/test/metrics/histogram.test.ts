/** The histogram of durations against a sorted list of them, and against memory that somebody has filled with nonsense. */
import { describe, expect, test } from "bun:test";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import { HistogramSnapshot } from "../../src/index.ts";
import { bucketOf, Histogram } from "../../src/metrics/histogram.ts";
import {
  BUCKET_COUNT,
  BUCKETS_INDEX,
  bucketStartNs,
  DURATION_LIMIT_NS,
  HISTOGRAM_BYTES,
} from "../../src/metrics/histogram-layout.ts";

const HOUR_NS = 3600e9;
/** Half of a bucket's width, against its beginning. */
const ERROR_SHARE = 1 / 64;

/** From nanoseconds to more than an hour, short ones as often as long ones. */
const durations = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 200 }),
    fc
      .double({ min: 0, max: Math.log(HOUR_NS * 1.2), noNaN: true })
      .map((x) => Math.floor(Math.exp(x))),
    fc.constantFrom(0, 1, 63, 64, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32, HOUR_NS),
  ),
  { minLength: 1, maxLength: 300 },
);

const NS = 1;
const PERCENTS = [0, 1, 25, 50, 90, 99, 99.9, 100];

function empty(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(HISTOGRAM_BYTES));
}

function recorded(all: readonly number[], bytes = empty()): HistogramSnapshot {
  const histogram = new Histogram(bytes);
  for (const duration of all) histogram.record(duration);
  return HistogramSnapshot.read(bytes);
}

/** The duration that so many per cent do not exceed, of a list. */
function exactPercentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] as number;
}

function near(exact: number): { least: number; most: number } {
  return { least: exact * (1 - ERROR_SHARE) - NS, most: exact * (1 + ERROR_SHARE) + NS };
}

describe("Histogram", () => {
  test("every duration falls into the bucket that covers it", () => {
    const edges = Array.from({ length: BUCKET_COUNT }, (_, index) => bucketStartNs(index));
    for (const [index, start] of edges.entries()) {
      const end = bucketStartNs(index + 1);
      expect([start, bucketOf(start)]).toEqual([start, index]);
      expect([end - 1, bucketOf(end - 1)]).toEqual([end - 1, index]);
      expect((end - start) / Math.max(1, start)).toBeLessThanOrEqual(index < 64 ? 1 : 1 / 32);
    }
  });

  test("percentiles, count, sum, least and most are those of the sorted list", () => {
    const check = (all: readonly number[]): void => {
      const sorted = all.toSorted((left, right) => left - right);
      const snapshot = recorded(all);
      expect(snapshot.count).toBe(all.length);
      expect(snapshot.sumNs).toBe(all.reduce((sum, one) => sum + one, 0));
      expect(snapshot.meanNs).toBe(snapshot.sumNs / all.length);
      expect([snapshot.minNs, snapshot.maxNs]).toEqual([sorted[0], sorted.at(-1)] as number[]);
      for (const percent of PERCENTS) {
        const { least, most } = near(exactPercentile(sorted, percent));
        const found = snapshot.percentile(percent);
        expect({ percent, isNear: found >= least && found <= most }).toEqual({
          percent,
          isNear: true,
        });
      }
      expect(snapshot.buckets().reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
    };
    fc.assert(fc.property(durations, check), runs(200));
  });

  test("merged, it is the histogram of both lists", () => {
    const check = (left: number[], right: number[]): void => {
      const merged = recorded(left).merge(recorded(right));
      const both = recorded([...left, ...right]);
      expect(merged.buckets()).toEqual(both.buckets());
      expect([merged.count, merged.sumNs, merged.minNs, merged.maxNs]).toEqual([
        both.count,
        both.sumNs,
        both.minNs,
        both.maxNs,
      ]);
    };
    fc.assert(fc.property(durations, durations, check), runs(100));
    const one = recorded([5]);
    const none = recorded([]);
    expect([one.merge(none).count, none.merge(one).count, none.merge(none).count]).toEqual([
      1, 1, 0,
    ]);
  });

  test("the difference of two snapshots is the histogram of what came in between", () => {
    const check = (before: number[], after: number[]): void => {
      const bytes = empty();
      const earlier = recorded(before, bytes);
      const window = recorded(after, bytes).since(earlier);
      expect(window.buckets()).toEqual(recorded(after).buckets());
      const sorted = after.toSorted((left, right) => left - right);
      for (const percent of PERCENTS) {
        const { least, most } = near(exactPercentile(sorted, percent));
        const found = window.percentile(percent);
        // The ends of a window are known to the width of a bucket only.
        expect(found).toBeGreaterThanOrEqual(least * (1 - ERROR_SHARE) - NS);
        expect(found).toBeLessThanOrEqual(most * (1 + ERROR_SHARE) + NS);
      }
    };
    fc.assert(fc.property(durations, durations, check), runs(200));
    const same = recorded([1, 2, 3]);
    expect(same.since(same)).toMatchObject({ count: 0, minNs: 0, maxNs: 0, sumNs: 0 });
    expect(same.since(same).percentile(99)).toBe(0);
  });

  test("a successor counts on where the last writer stopped", () => {
    const bytes = empty();
    recorded([10, 20], bytes);
    expect(recorded([5], bytes)).toMatchObject({ count: 3, minNs: 5, maxNs: 20, sumNs: 35 });
  });

  test("times that cannot be are counted as the nearest that can", () => {
    const odd = [-1, Number.NaN, -Infinity, Infinity, 1e300, DURATION_LIMIT_NS * 2];
    const snapshot = recorded(odd);
    expect(snapshot).toMatchObject({ count: 6, minNs: 0, maxNs: DURATION_LIMIT_NS });
    expect(snapshot.buckets().map(({ count }) => count)).toEqual([3, 3]);
    expect(snapshot.sumNs).toBe(3 * DURATION_LIMIT_NS);
  });

  test("refuses too little memory, and a percentile that there is not", () => {
    expect(() => new Histogram(empty().subarray(8))).toThrow(RangeError);
    for (const percent of [-1, 100.1, Number.NaN]) {
      expect(() => recorded([1]).percentile(percent)).toThrow(RangeError);
    }
  });
});

describe("HistogramSnapshot.read()", () => {
  test("nonsense gives figures that can be, in order", () => {
    const check = (bytes: Uint8Array): void => {
      const snapshot = HistogramSnapshot.read(bytes);
      const percentiles = PERCENTS.map((percent) => snapshot.percentile(percent));
      const figures = [snapshot.count, snapshot.minNs, snapshot.maxNs, snapshot.sumNs];
      for (const figure of [...figures, snapshot.meanNs, ...percentiles]) {
        expect(figure >= 0 && Number.isFinite(figure)).toBe(true);
      }
      expect(percentiles).toEqual(percentiles.toSorted((left, right) => left - right));
      expect(snapshot.since(recorded([7])).count).toBeGreaterThanOrEqual(0);
    };
    const word = fc.oneof(fc.double(), fc.constantFrom(-1, 0.5, Infinity, Number.NaN, 2 ** 60, 3));
    const nonsense = fc
      .array(word, { minLength: 1, maxLength: BUCKETS_INDEX + BUCKET_COUNT })
      .map((words) => new Uint8Array(new Float64Array(words).buffer));
    fc.assert(fc.property(nonsense, check), runs(100));
    fc.assert(fc.property(fc.uint8Array({ maxLength: HISTOGRAM_BYTES }), check), runs(50));
  });
});
