/**
 * A histogram of durations as it was in one moment.
 *
 * @module
 */
import { outOfRange } from "@isthmus/core/internal";
import {
  BUCKET_COUNT,
  BUCKETS_INDEX,
  bucketStartNs,
  HISTOGRAM,
  HISTOGRAM_BYTES,
} from "./histogram-layout.ts";

/** Durations that are counted together. */
export interface HistogramBucket {
  /** The shortest duration of the bucket, in nanoseconds. */
  readonly fromNs: number;
  /** Where the next bucket begins, in nanoseconds. */
  readonly toNs: number;
  readonly count: number;
}

/** The numbers of a histogram. */
interface Totals {
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/** How many durations of which length there were. Never changes. */
export class HistogramSnapshot {
  /** How many durations there are. */
  readonly count: number;
  /** The shortest in nanoseconds; 0 when there is none. Of a difference, to the width of a bucket. */
  readonly minNs: number;
  /** The longest in nanoseconds; 0 when there is none. Of a difference, to the width of a bucket. */
  readonly maxNs: number;
  /** Of all durations, in nanoseconds. */
  readonly sumNs: number;
  readonly #counts: Float64Array;

  private constructor(counts: Float64Array, totals: Totals) {
    let count = 0;
    for (let i = 0; i < BUCKET_COUNT; i++) count += counts[i] as number;
    this.#counts = counts;
    this.count = count;
    this.minNs = count === 0 ? 0 : totals.min;
    this.maxNs = count === 0 ? 0 : Math.max(totals.max, totals.min);
    this.sumNs = count === 0 ? 0 : totals.sum;
  }

  /**
   * Copies a histogram that another process may be writing, or may have filled with nonsense: what no count can be
   * counts as 0.
   *
   * @param bytes The histogram; what is missing at its end is 0.
   */
  static read(bytes: Uint8Array): HistogramSnapshot {
    const copy = new Float64Array(HISTOGRAM_BYTES / 8);
    new Uint8Array(copy.buffer).set(bytes.subarray(0, HISTOGRAM_BYTES));
    for (let i = 0; i < copy.length; i++) copy[i] = plausible(copy[i] as number);
    const at = (field: keyof typeof HISTOGRAM): number => copy[HISTOGRAM[field]] as number;
    const totals = { sum: at("sum"), min: at("min"), max: at("max") };
    return new HistogramSnapshot(copy.subarray(BUCKETS_INDEX), totals);
  }

  /** The mean in nanoseconds; 0 when there are no durations. */
  get meanNs(): number {
    return this.count === 0 ? 0 : this.sumNs / this.count;
  }

  /**
   * The duration that so many per cent of all do not exceed, to 1.6 per cent.
   *
   * @param percent 0 to 100; 50 is the median.
   * @returns In nanoseconds; 0 when there are no durations.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for anything else than 0 to 100.
   */
  percentile(percent: number): number {
    if (!(percent >= 0 && percent <= 100)) throw outOfRange("percent", ">= 0 and <= 100", percent);
    if (this.count === 0) return 0;
    // At least one, so that per cent 0 is the shortest.
    let missing = Math.max(1, Math.ceil((percent / 100) * this.count));
    for (let i = 0; i < BUCKET_COUNT; i++) {
      missing -= this.#counts[i] as number;
      if (missing <= 0) return this.#within(middleNs(i));
    }
    return this.maxNs;
  }

  /**
   * What has been recorded since an earlier snapshot of the same histogram.
   *
   * @param earlier The earlier one. A bucket that has less than then, as a successor's that began anew, counts as 0.
   */
  since(earlier: HistogramSnapshot): HistogramSnapshot {
    const counts = this.#counts.map((count, i) => Math.max(0, count - (earlier.#counts[i] ?? 0)));
    const first = counts.findIndex((count) => count > 0);
    const last = counts.findLastIndex((count) => count > 0);
    return new HistogramSnapshot(counts, {
      sum: Math.max(0, this.sumNs - earlier.sumNs),
      min: first < 0 ? 0 : this.#within(bucketStartNs(first)),
      max: last < 0 ? 0 : this.#within(bucketStartNs(last + 1)),
    });
  }

  /** The durations of this and another histogram together. */
  merge(other: HistogramSnapshot): HistogramSnapshot {
    if (this.count === 0) return other;
    if (other.count === 0) return this;
    return new HistogramSnapshot(
      this.#counts.map((count, i) => count + (other.#counts[i] ?? 0)),
      {
        sum: this.sumNs + other.sumNs,
        min: Math.min(this.minNs, other.minNs),
        max: Math.max(this.maxNs, other.maxNs),
      },
    );
  }

  /** The buckets that are not empty, shortest durations first. */
  buckets(): HistogramBucket[] {
    const all: HistogramBucket[] = [];
    this.#counts.forEach((count, i) => {
      if (count > 0) all.push({ fromNs: bucketStartNs(i), toNs: bucketStartNs(i + 1), count });
    });
    return all;
  }

  /** No estimate lies outside of what was really seen. */
  #within(durationNs: number): number {
    return Math.min(this.maxNs, Math.max(this.minNs, durationNs));
  }
}

function middleNs(index: number): number {
  // A bucket that is 1 ns wide has one duration only.
  return Math.floor((bucketStartNs(index) + bucketStartNs(index + 1) - 1) / 2);
}

function plausible(value: number): number {
  return value > 0 && value <= Number.MAX_SAFE_INTEGER ? Math.floor(value) : 0;
}
