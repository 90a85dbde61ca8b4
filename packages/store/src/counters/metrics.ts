/**
 * What programs count with: counters, gauges and histograms, by their labels.
 *
 * @module
 */
import { invalidType, invalidValue } from "@isthmus/core/internal";
import { type Family, keyOf } from "./directory.ts";
import { CounterSeries, GaugeSeries, HistogramSeries, type SeriesSource } from "./series.ts";

/** The values of all labels of a metric. */
export type LabelValues<L extends string> = Readonly<Record<L, string | number>>;

/** Series by the values of their labels, as they were given: found without making a text of them all. */
class Known<S> {
  #series: S | undefined;
  readonly #next = new Map<unknown, Known<S>>();

  /** What is known of these values; undefined also when there are others beside. */
  find(names: readonly string[], values: Readonly<Record<string, unknown>>): S | undefined {
    let at: Known<S> | undefined = this;
    for (let i = 0; i < names.length; i++) {
      at = at.#next.get(values[names[i] as string]);
      if (at === undefined) return undefined;
    }
    let count = 0;
    for (const _ in values) count++;
    return count === names.length ? at.#series : undefined;
  }

  add(names: readonly string[], values: Readonly<Record<string, unknown>>, series: S): void {
    let at: Known<S> = this;
    for (const name of names) {
      const value = values[name];
      const next = at.#next.get(value) ?? new Known<S>();
      at.#next.set(value, next);
      at = next;
    }
    at.#series = series;
  }
}

/** What labelled and unlabelled metrics have in common. */
abstract class Metric<L extends string, S> {
  readonly #source: SeriesSource;
  readonly #family: Family;
  /** What has been asked for, by the value of the first label, then that of the second, … */
  readonly #known = new Known<S>();
  readonly #make: (number: number | undefined) => S;
  #only: S | undefined;

  /** @param make Makes what counts one series; of undefined, what counts nothing. */
  constructor(source: SeriesSource, family: Family, make: (number: number | undefined) => S) {
    this.#source = source;
    this.#family = family;
    this.#make = make;
    if (family.definition.labels.length === 0) this.#only = this.#find([]) ?? make(undefined);
  }

  /** Its name. */
  get name(): string {
    return this.#family.definition.name;
  }

  /**
   * The series of some values of the labels: keep it where it is used often.
   *
   * When there is no room for one more, what it counts goes to `SharedCounters.dropped`.
   *
   * @param values A string or a number for each label.
   * @throws {TypeError} `ERR_INVALID_ARG_VALUE` for a label that there is not, or one without a value.
   */
  labels(values: LabelValues<L>): S {
    this.#source.columns.check();
    if (typeof values !== "object" || values === null) throw this.#refusal(values);
    const names = this.#family.definition.labels;
    const known = this.#known.find(names, values);
    if (known !== undefined) return known;
    const series = this.#find(this.#valuesOf(values));
    if (series !== undefined) this.#known.add(names, values, series);
    return series ?? this.#make(undefined);
  }

  /** The series that a call is about, by its first argument. */
  protected of(first: unknown): S {
    if (typeof first === "object" && first !== null) return this.labels(first as LabelValues<L>);
    if (this.#only !== undefined) return this.#only;
    throw this.#refusal(first);
  }

  #refusal(values: unknown): TypeError {
    const names = this.#family.definition.labels.join(", ") || "no labels";
    return invalidType("labels", `an object with values for ${names}`, values);
  }

  /** A series, new or known; undefined when there is no room for it. */
  #find(values: readonly string[]): S | undefined {
    // Getters of labels may have disposed the counters.
    this.#source.columns.check();
    const number = this.#source.numberOf(this.#family, keyOf(values), values);
    return number === undefined ? undefined : this.#make(number);
  }

  #valuesOf(given: LabelValues<L>): string[] {
    const { labels } = this.#family.definition;
    const values: string[] = [];
    for (const label of labels) {
      const value: unknown = given[label as L];
      if (typeof value !== "string" && typeof value !== "number") {
        throw invalidType(`labels.${label}`, "a string or a number", value);
      }
      values.push(typeof value === "string" ? value.toWellFormed() : `${value}`);
    }
    for (const label in given) {
      if (!labels.includes(label)) {
        throw invalidValue(`labels.${label}`, `one of ${labels.join(", ") || "none"}`, label);
      }
    }
    return values;
  }
}

/** What only grows. */
export class Counter<L extends string = never> extends Metric<L, CounterSeries> {
  constructor(source: SeriesSource, family: Family) {
    super(source, family, (number) => new CounterSeries(source, number));
  }

  /**
   * Adds to it: 0 or more, finite; 1 unless given.
   *
   * @param by How much: 0 or more, finite; 1 unless given.
   * @throws {TypeError | RangeError} For labels that there are not, and a number that is not allowed.
   */
  inc(by?: number): void;
  /**
   * The same for a metric with labels.
   *
   * @param labels A string or a number for each label.
   * @param by How much; 1 unless given.
   * @throws {TypeError | RangeError} As the other form.
   */
  inc(labels: LabelValues<L>, by?: number): void;
  inc(first?: number | LabelValues<L>, by?: number): void {
    this.of(first).inc(typeof first === "object" ? by : first);
  }
}

/** What goes up and down. */
export class Gauge<L extends string = never> extends Metric<L, GaugeSeries> {
  constructor(source: SeriesSource, family: Family) {
    super(source, family, (number) => new GaugeSeries(source, family.definition, number));
  }

  /**
   * Sets it to a number that is not NaN.
   *
   * @param value Any number.
   * @throws {TypeError | RangeError} For labels that there are not, and a number that is not allowed.
   */
  set(value: number): void;
  /**
   * The same for a metric with labels.
   *
   * @param labels A string or a number for each label.
   * @param value Any number.
   * @throws {TypeError | RangeError} As the other form.
   */
  set(labels: LabelValues<L>, value: number): void;
  set(first: number | LabelValues<L>, value?: number): void {
    this.of(first).set((typeof first === "object" ? value : first) as number);
  }

  /**
   * Adds to this process's own; 1 unless given. See {@link GaugeSeries.inc}.
   *
   * @param by How much; 1 unless given.
   * @throws {TypeError | RangeError} For labels that there are not, and a number that is not allowed.
   */
  inc(by?: number): void;
  /**
   * The same for a metric with labels.
   *
   * @param labels A string or a number for each label.
   * @param by How much; 1 unless given.
   * @throws {TypeError | RangeError} As the other form.
   */
  inc(labels: LabelValues<L>, by?: number): void;
  inc(first?: number | LabelValues<L>, by?: number): void {
    this.of(first).inc(typeof first === "object" ? by : first);
  }

  /**
   * Takes from this process's own; 1 unless given. See {@link GaugeSeries.inc}.
   *
   * @param by How much; 1 unless given.
   * @throws {TypeError | RangeError} For labels that there are not, and a number that is not allowed.
   */
  dec(by?: number): void;
  /**
   * The same for a metric with labels.
   *
   * @param labels A string or a number for each label.
   * @param by How much; 1 unless given.
   * @throws {TypeError | RangeError} As the other form.
   */
  dec(labels: LabelValues<L>, by?: number): void;
  dec(first?: number | LabelValues<L>, by?: number): void {
    this.of(first).dec(typeof first === "object" ? by : first);
  }

  /**
   * Sets it to the time on the clock, in seconds since 1970.
   *
   * @param labels A string or a number for each label.
   * @throws {TypeError | RangeError} For labels that there are not, and a number that is not allowed.
   */
  setToCurrentTime(labels?: LabelValues<L>): void {
    this.of(labels).setToCurrentTime();
  }
}

/** How often what was observed. */
export class Histogram<L extends string = never> extends Metric<L, HistogramSeries> {
  constructor(source: SeriesSource, family: Family) {
    super(source, family, (number) => new HistogramSeries(source, family.definition, number));
  }

  /**
   * Counts a number, finite, in the first bucket whose end is not below it.
   *
   * @param value Any number; of times, seconds by convention.
   * @throws {TypeError | RangeError} For labels that there are not, and a number that is not allowed.
   */
  observe(value: number): void;
  /**
   * The same for a metric with labels.
   *
   * @param labels A string or a number for each label.
   * @param value Any number; of times, seconds by convention.
   * @throws {TypeError | RangeError} As the other form.
   */
  observe(labels: LabelValues<L>, value: number): void;
  observe(first: number | LabelValues<L>, value?: number): void {
    this.of(first).observe((typeof first === "object" ? value : first) as number);
  }

  /**
   * Begins to measure; the function that it returns observes how long it took, and returns that, in seconds.
   *
   * @param labels A string or a number for each label.
   * @throws {TypeError | RangeError} For labels that there are not, and a number that is not allowed.
   */
  startTimer(labels?: LabelValues<L>): () => number {
    return this.of(labels).startTimer();
  }
}
