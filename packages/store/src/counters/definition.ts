/**
 * What is counted: a name with what is said of it, and how much room its numbers take.
 *
 * @module
 */
import {
  checkNumber,
  checkOneOf,
  checkOptions,
  checkString,
  invalidType,
  invalidValue,
  type OptionNames,
  outOfRange,
} from "@isthmus/core/internal";

/** How the gauges of several processes become one number. */
export type GaugeAggregate = "sum" | "min" | "max" | "average" | "last";

/** What is said of a counter. */
export interface CounterOptions<L extends string> {
  /** What it counts, in a sentence. */
  readonly help?: string | undefined;
  /** The names of its labels. Each combination of values is a series of its own and takes memory for good. */
  readonly labels?: readonly L[] | undefined;
}

/** What is said of a gauge. */
export interface GaugeOptions<L extends string> extends CounterOptions<L> {
  /**
   * How those of the processes that live become one: `"sum"` (default), `"min"`, `"max"`, `"average"`; or `"last"`: there is
   * one for all, which has the value that was set last, also when whoever set it has gone.
   */
  readonly aggregate?: GaugeAggregate | undefined;
}

/** What is said of a histogram. */
export interface HistogramOptions<L extends string> extends CounterOptions<L> {
  /** Upper ends of its buckets, inclusive, ascending; one without an end is added. Default 0.005 to 10, for seconds. */
  readonly buckets?: readonly number[] | undefined;
}

/** What a family is. */
export type FamilyType = "counter" | "gauge" | "histogram";

/** A family of series as the directory has it. */
export interface Definition {
  readonly type: FamilyType;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Empty but for histograms. */
  readonly buckets: readonly number[];
  /** `"sum"` but for gauges. */
  readonly aggregate: GaugeAggregate;
}

const DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BUCKETS_MAX = 1000;
const LABELS_MAX = 64;
const TYPES = ["counter", "gauge", "histogram"] as const;
const AGGREGATES = ["sum", "min", "max", "average", "last"] as const;
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

type AllOptions = CounterOptions<string> & GaugeOptions<string> & HistogramOptions<string>;

const COMMON = { help: true, labels: true } as const;
const OPTIONS: Readonly<Record<FamilyType, OptionNames<object>>> = {
  counter: COMMON,
  gauge: { ...COMMON, aggregate: true },
  histogram: { ...COMMON, buckets: true },
};

/**
 * Checks what somebody wants to count, or what a directory says.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`.
 * @throws {RangeError} `ERR_OUT_OF_RANGE` for buckets that do not ascend.
 */
export function definitionOf(
  type: FamilyType,
  name: string,
  options: AllOptions | undefined,
): Definition {
  checkOneOf("type", type, TYPES);
  if (!METRIC_NAME.test(checkString("name", name))) {
    throw invalidValue("name", "letters, digits, _ and :, and not begin with a digit", name);
  }
  const checked: Partial<AllOptions> = checkOptions<object>("options", options, OPTIONS[type]);
  const { help = "", labels = [], aggregate = "sum", buckets = DEFAULT_BUCKETS } = checked;
  checkString("options.help", help);
  checkOneOf("options.aggregate", aggregate, AGGREGATES);
  return {
    type,
    name,
    help: help.toWellFormed(),
    labels: checkLabels(labels, type),
    buckets: type === "histogram" ? checkBuckets(buckets) : [],
    aggregate,
  };
}

function checkLabels(labels: readonly string[], type: FamilyType): readonly string[] {
  const name = "options.labels";
  if (!Array.isArray(labels)) throw invalidType(name, "an array of strings", labels);
  if (labels.length > LABELS_MAX) throw outOfRange(name, `<= ${LABELS_MAX} names`, labels.length);
  for (const label of labels) {
    const isLabel = LABEL_NAME.test(checkString(name, label));
    if (!isLabel || (type === "histogram" && label === "le")) {
      const what = `names of letters, digits and _, not beginning with a digit or __${type === "histogram" ? `, and not "le"` : ""}`;
      throw invalidValue(name, what, label);
    }
  }
  if (new Set(labels).size < labels.length) throw invalidValue(name, "different names", labels);
  return [...labels];
}

function checkBuckets(buckets: readonly number[]): readonly number[] {
  const name = "options.buckets";
  if (!Array.isArray(buckets)) throw invalidType(name, "an array of numbers", buckets);
  const ends = buckets.at(-1) === Infinity ? buckets.slice(0, -1) : [...buckets];
  if (ends.length > BUCKETS_MAX) throw outOfRange(name, `<= ${BUCKETS_MAX} ends`, ends.length);
  let last = -Infinity;
  for (const end of ends) {
    checkNumber(name, end, -Number.MAX_VALUE, Number.MAX_VALUE);
    if (end <= last) throw outOfRange(name, "ascending", end);
    last = end;
  }
  return ends;
}

/** Checks a definition that was read from memory; throws when there can be none like it. */
export function parseDefinition(value: unknown): Definition {
  const { type, name, ...options } = value as Definition;
  const known: Record<string, unknown> = { help: options.help, labels: options.labels };
  if (type === "gauge") known["aggregate"] = options.aggregate;
  if (type === "histogram") known["buckets"] = options.buckets;
  return definitionOf(type, name, known);
}

/** Whether two definitions may be of the same thing. What they say of it may differ. */
export function isSame(one: Definition, other: Definition): boolean {
  const text = (definition: Definition): string => JSON.stringify({ ...definition, help: "" });
  return text(one) === text(other);
}

/** The names under which a family's numbers are told. */
export function sampleNames({ type, name }: Definition): readonly string[] {
  return type === "histogram" ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

/** How many numbers a series takes: the count; isSet and value; the sum and a count for each bucket. */
export function numberCount({ type, buckets }: Definition): number {
  return { counter: 1, gauge: 2, histogram: buckets.length + 2 }[type];
}
