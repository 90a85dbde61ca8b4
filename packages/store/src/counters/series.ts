/**
 * One series: what is counted under some values of the labels.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { checkNumber } from "@isthmus/core/internal";
import type { Columns } from "./columns.ts";
import type { Definition } from "./definition.ts";
import type { Family } from "./directory.ts";

/** Where the numbers of a gauge are, from its first one on. */
const IS_SET = 0;
const VALUE = 1;
/** The same of a histogram. */
const SUM = 0;
const BUCKETS = 1;

/** Finds the numbers of series; made by `SharedCounters`, which it keeps alive. */
export interface SeriesSource {
  readonly columns: Columns;
  /** The first number of a series, new or known; undefined when there is no room for a new one. */
  numberOf(family: Family, key: string, values: readonly string[]): number | undefined;
}

/** Counts one series of a counter. */
export class CounterSeries {
  readonly #source: SeriesSource;
  readonly #at: number | undefined;

  constructor(source: SeriesSource, number: number | undefined) {
    this.#source = source;
    this.#at = number === undefined ? undefined : source.columns.own + number;
  }

  /**
   * Adds to it: 0 or more, finite; 1 unless given.
   *
   * @param by How much: 0 or more, finite; 1 unless given.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for a number that is not allowed.
   */
  inc(by = 1): void {
    const { columns } = this.#source;
    columns.check();
    if (by !== 1) checkNumber("by", by, 0, Number.MAX_VALUE);
    if (this.#at === undefined) columns.drop();
    else columns.numbers[this.#at]! += by;
  }
}

/** Sets one series of a gauge. */
export class GaugeSeries {
  readonly #source: SeriesSource;
  readonly #at: number | undefined;
  readonly #isShared: boolean;

  constructor(source: SeriesSource, { aggregate }: Definition, number: number | undefined) {
    this.#source = source;
    this.#isShared = aggregate === "last";
    const { shared, own } = source.columns;
    this.#at = number === undefined ? undefined : (this.#isShared ? shared : own) + number;
  }

  /**
   * Sets it to a number that is not NaN.
   *
   * @param value Any number.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for a number that is not allowed.
   */
  set(value: number): void {
    const { columns } = this.#source;
    columns.check();
    checkNumber("value", value, -Infinity, Infinity);
    if (this.#at === undefined) {
      columns.drop();
      return;
    }
    columns.numbers[this.#at + VALUE] = value;
    columns.numbers[this.#at + IS_SET] = 1;
  }

  /**
   * Adds to this process's own, which is 0 at first.
   *
   * @param by How much; 1 unless given.
   * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` for a gauge that all processes set together (`"last"`).
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for a number that is not allowed.
   */
  inc(by = 1): void {
    const { columns } = this.#source;
    columns.check();
    checkNumber("by", by, -Number.MAX_VALUE, Number.MAX_VALUE);
    if (this.#isShared) {
      throw new NotSupportedError(`Cannot add to a gauge whose aggregate is "last": set it`);
    }
    this.set(by + (this.#at === undefined ? 0 : (columns.numbers[this.#at + VALUE] as number)));
  }

  /**
   * Takes from this process's own; see {@link inc}.
   *
   * @param by How much; 1 unless given.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for a number that is not allowed.
   */
  dec(by = 1): void {
    this.inc(-checkNumber("by", by, -Number.MAX_VALUE, Number.MAX_VALUE));
  }

  /** Sets it to the time on the clock, in seconds since 1970. */
  setToCurrentTime(): void {
    this.set(Date.now() / 1000);
  }
}

/** Observes for one series of a histogram. */
export class HistogramSeries {
  readonly #source: SeriesSource;
  readonly #buckets: readonly number[];
  readonly #at: number | undefined;

  constructor(source: SeriesSource, { buckets }: Definition, number: number | undefined) {
    this.#source = source;
    this.#buckets = buckets;
    this.#at = number === undefined ? undefined : source.columns.own + number;
  }

  /**
   * Counts a number, finite, in the first bucket whose end is not below it.
   *
   * @param value Any number; of times, seconds by convention.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for a number that is not allowed.
   */
  observe(value: number): void {
    const { columns } = this.#source;
    columns.check();
    checkNumber("value", value, -Number.MAX_VALUE, Number.MAX_VALUE);
    if (this.#at === undefined) {
      columns.drop();
      return;
    }
    const buckets = this.#buckets;
    let bucket = 0;
    while (bucket < buckets.length && value > (buckets[bucket] as number)) bucket++;
    columns.numbers[this.#at + BUCKETS + bucket]! += 1;
    columns.numbers[this.#at + SUM]! += value;
  }

  /** Begins to measure; the function that it returns observes how long it took, and returns that, in seconds. */
  startTimer(): () => number {
    const start = performance.now();
    return () => {
      const seconds = (performance.now() - start) / 1000;
      this.observe(seconds);
      return seconds;
    };
  }
}
