/**
 * The few statistics on which every verdict stands: medians, spread, and how sure a ratio is.
 *
 * @module
 */
import { SeededRandom } from "@isthmus/programs/seeded-random";

/** Of 100 such runs, an interval is to contain the true value in 95. */
export const CONFIDENCE = 0.95;

const RESAMPLES = 2000;

/** The middle and the ends of some figures. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** (max - min) / median: 0.1 is a spread of 10 %. */
  readonly spread: number;
}

/** A ratio and where it lies. */
export interface RatioEstimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** The share of resamples in which the ratio was above 1. */
  readonly shareAboveOne: number;
}

/** How figures belong together. */
export interface RatioOptions {
  /** Whether figure i of both was measured in the same round, so that the round's mood cancels out. */
  readonly isPaired: boolean;
  /** The same seed gives the same interval. */
  readonly seed: number;
}

/**
 * A quantile, interpolated between neighbours.
 *
 * @param values At least one figure, in any order.
 * @param share 0 (smallest) to 1 (largest).
 * @returns The quantile.
 * @throws {RangeError} when there are no figures or the share is outside 0 to 1.
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError("A quantile needs at least one figure");
  if (!(share >= 0 && share <= 1)) {
    throw new RangeError(`A share must be between 0 and 1: received ${share}`);
  }
  return sortedQuantile(
    values.toSorted((one, two) => one - two),
    share,
  );
}

/**
 * The middle of some figures.
 *
 * @param values At least one figure.
 * @returns The median; of an even number of figures, the mean of the middle two.
 * @throws {RangeError} when there are none.
 */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * Middle, ends and spread.
 *
 * @param values At least one figure.
 * @returns The summary; the spread is 0 when the median is 0.
 * @throws {RangeError} when there are none.
 */
export function summarize(values: readonly number[]): Summary {
  const middle = median(values);
  const min = Math.min(...values);
  const max = Math.max(...values);
  return { median: middle, min, max, spread: middle === 0 ? 0 : (max - min) / Math.abs(middle) };
}

/**
 * How many times larger one set of figures is than another, with a percentile-bootstrap interval (Efron 1979).
 *
 * Paired figures give one ratio per round and the median of those; unpaired ones give the ratio of the medians. With
 * few figures the interval is honest only about those figures: five rounds are the least for a verdict.
 *
 * @param subject Figures above the line; all positive.
 * @param baseline Figures below the line; all positive, and as many when paired.
 * @param options How they belong together, and the seed.
 * @returns The ratio and its interval.
 * @throws {RangeError} when there are no figures, one is not positive, or paired ones differ in number.
 */
export function estimateRatio(
  subject: readonly number[],
  baseline: readonly number[],
  { isPaired, seed }: RatioOptions,
): RatioEstimate {
  checkFigures(subject);
  checkFigures(baseline);
  if (isPaired && subject.length !== baseline.length) {
    throw new RangeError(
      `Paired figures must be as many: received ${subject.length} and ${baseline.length}`,
    );
  }
  const random = new SeededRandom(seed);
  const ratios = subject.map((figure, round) => figure / (baseline[round] ?? Number.NaN));
  const draw = isPaired
    ? (): number => median(resample(ratios, random))
    : (): number => median(resample(subject, random)) / median(resample(baseline, random));
  const drawn = Array.from({ length: RESAMPLES }, draw).sort((one, two) => one - two);
  const tail = (1 - CONFIDENCE) / 2;
  return {
    value: isPaired ? median(ratios) : median(subject) / median(baseline),
    low: sortedQuantile(drawn, tail),
    high: sortedQuantile(drawn, 1 - tail),
    shareAboveOne: drawn.filter((ratio) => ratio > 1).length / RESAMPLES,
  };
}

function checkFigures(figures: readonly number[]): void {
  if (figures.length === 0) throw new RangeError("A ratio needs at least one figure on each side");
  for (const figure of figures) {
    if (!(figure > 0 && figure < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`Figures of a ratio must be positive and finite: received ${figure}`);
    }
  }
}

function resample(values: readonly number[], random: SeededRandom): number[] {
  return values.map(() => random.pick(values));
}

function sortedQuantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const low = sorted[Math.floor(position)] ?? Number.NaN;
  const high = sorted[Math.ceil(position)] ?? Number.NaN;
  return low + (high - low) * (position - Math.floor(position));
}
