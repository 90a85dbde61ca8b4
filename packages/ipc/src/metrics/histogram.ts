/**
 * Recording durations into a histogram in shared memory.
 *
 * @module
 */
import {
  BUCKET_COUNT,
  BUCKETS_INDEX,
  DURATION_LIMIT_NS,
  HISTOGRAM,
  HISTOGRAM_BYTES,
  SUB_BUCKET_COUNT,
} from "./histogram-layout.ts";

/** Below this, bit operations work on the duration itself. */
const WORD_LIMIT = 2 ** 31;

/** Longer durations lose so many bits first, none of which decides about their bucket. */
const DROPPED_BITS = 16;
const DROPPED_SHARE = 2 ** -DROPPED_BITS;

/** Number of the highest bit of the first duration that shares its bucket with others, less 1. */
const SUB_BUCKET_BITS = 5;

/**
 * A histogram with one writer. A successor counts on where the last writer stopped.
 *
 * **Safety.** Only one may record into the same memory at a time; readers copy it with `HistogramSnapshot.read`, at any
 * time and from anywhere. Stores are plain and of 8 aligned bytes each: nobody sees one in halves, but a reader may
 * find a duration in its bucket that is not in the sum yet.
 */
export class Histogram {
  readonly #values: Float64Array;

  /** @param bytes `HISTOGRAM_BYTES` of memory that begin at a multiple of 8; zeros for an empty histogram. */
  constructor({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>) {
    if (length < HISTOGRAM_BYTES) {
      throw new RangeError(`A histogram has ${HISTOGRAM_BYTES} bytes: received ${length}`);
    }
    this.#values = new Float64Array(buffer, byteOffset, HISTOGRAM_BYTES / 8);
  }

  /**
   * Counts a duration. Costs about 4 ns.
   *
   * @param durationNs In nanoseconds. Any number will do, for a sender's time may be corrupt: less than 0 and NaN
   * count as 0, more than 73 minutes as 73 minutes.
   */
  record(durationNs: number): void {
    const values = this.#values;
    const isUsual = durationNs >= 0 && durationNs <= DURATION_LIMIT_NS;
    const duration = isUsual ? durationNs : nearest(durationNs);
    const bucket = BUCKETS_INDEX + bucketOf(duration);
    const count = values[HISTOGRAM.count] as number;
    values[bucket] = (values[bucket] as number) + 1;
    values[HISTOGRAM.sum] = (values[HISTOGRAM.sum] as number) + duration;
    if (duration > (values[HISTOGRAM.max] as number)) values[HISTOGRAM.max] = duration;
    if (duration < (values[HISTOGRAM.min] as number) || count === 0) {
      values[HISTOGRAM.min] = duration;
    }
    values[HISTOGRAM.count] = count + 1;
  }
}

/** The nearest duration that can be counted. */
function nearest(durationNs: number): number {
  return durationNs > 0 ? DURATION_LIMIT_NS : 0;
}

/**
 * The bucket of a duration.
 *
 * @param durationNs In nanoseconds, not below 0.
 */
export function bucketOf(durationNs: number): number {
  if (durationNs < WORD_LIMIT) {
    const whole = durationNs | 0;
    // Below 64, every duration has a bucket of its own: the highest bit that matters is never below bit 5.
    const shift = 31 - SUB_BUCKET_BITS - Math.clz32(whole | SUB_BUCKET_COUNT);
    return shift * SUB_BUCKET_COUNT + (whole >> shift);
  }
  if (durationNs >= DURATION_LIMIT_NS) return BUCKET_COUNT - 1;
  const whole = (durationNs * DROPPED_SHARE) | 0;
  const shift = 31 - SUB_BUCKET_BITS - Math.clz32(whole);
  return (shift + DROPPED_BITS) * SUB_BUCKET_COUNT + (whole >> shift);
}
