/**
 * A histogram of durations in shared memory: many narrow buckets for short ones, wide ones for long ones.
 *
 * ```text
 *    0 ┌ count    f64   durations that were recorded
 *    8 │ sum      f64   of them, in nanoseconds
 *   16 │ min      f64   the shortest, in nanoseconds; 0 while count is 0
 *   24 │ max      f64   the longest, in nanoseconds
 *   32 └ reserved 32 bytes
 *   64 ┌ bucket 0, bucket 1, … bucket 1215, each f64: how many durations fell into it
 * 9792
 * ```
 *
 * Bucket `i` below 64 is for `i` nanoseconds. From there on every power of two has 32 buckets of equal width: with
 * `s = floor(i / 32) - 1`, bucket `i` begins at `(i - 32 s) × 2^s` and is `2^s` wide. What is too long for the last
 * one (2^42 ns, 73 minutes) is counted there.
 *
 * A bucket is at most 1/32 of its beginning wide, so that its middle is off by 1.6 % at most. (HdrHistogram divides
 * powers of two in the same way.) Counts are whole numbers up to 2^53 as IEEE doubles, for the reasons given in
 * `counter-layout.ts`.
 *
 * @module
 */

/** Positions of the numbers before the buckets, in units of 8 bytes. */
export const HISTOGRAM = { count: 0, sum: 1, min: 2, max: 3 } as const;

/** Where the buckets begin, in units of 8 bytes. */
export const BUCKETS_INDEX = 8;

/** Buckets of one power of two. */
export const SUB_BUCKET_COUNT = 32;

/** Durations below this many nanoseconds fit the buckets. */
export const DURATION_LIMIT_NS: number = 2 ** 42;

/** How many buckets there are. */
export const BUCKET_COUNT = 1216;

/** Bytes of a histogram. */
export const HISTOGRAM_BYTES = 9792;

/** The shortest duration of a bucket in nanoseconds; for the number of buckets, where the last one ends. */
export function bucketStartNs(index: number): number {
  const shift = Math.max(0, Math.floor(index / SUB_BUCKET_COUNT) - 1);
  return (index - shift * SUB_BUCKET_COUNT) * 2 ** shift;
}

if (bucketStartNs(BUCKET_COUNT) !== DURATION_LIMIT_NS) {
  throw new Error("histogram: the last bucket does not end at the longest duration");
}
if ((BUCKETS_INDEX + BUCKET_COUNT) * 8 !== HISTOGRAM_BYTES || HISTOGRAM_BYTES % 64 !== 0) {
  throw new Error("histogram: the buckets do not end with its bytes");
}
if (Object.keys(HISTOGRAM).length > BUCKETS_INDEX) {
  throw new Error("histogram: the numbers overlap the buckets");
}
