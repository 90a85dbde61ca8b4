/**
 * What was counted, as values and as Prometheus reads it.
 *
 * @module
 */
import type { Columns } from "./columns.ts";
import type { Definition, FamilyType } from "./definition.ts";
import type { Family, Series } from "./directory.ts";

/** One number, of a counter or a gauge. */
export interface NumberSample {
  /** The values of its labels, by their names. */
  readonly labels: Readonly<Record<string, string>>;
  /** The number, of all processes together. */
  readonly value: number;
}

/** What one series of a histogram observed. */
export interface HistogramSample {
  /** The values of its labels, by their names. */
  readonly labels: Readonly<Record<string, string>>;
  /** How many numbers were observed. */
  readonly count: number;
  /** Their sum. */
  readonly sum: number;
  /** For each end of a bucket how many were not above it; the last end is `Infinity`. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
}

interface Described {
  readonly name: string;
  readonly help: string;
}

/** A metric with all its series, as all processes together have counted it. */
export type MetricFamily =
  | (Described & { readonly type: "counter" | "gauge"; readonly samples: readonly NumberSample[] })
  | (Described & { readonly type: "histogram"; readonly samples: readonly HistogramSample[] });

/** Adds up what the processes have counted. */
export function readFamilies(columns: Columns, families: readonly Family[]): MetricFamily[] {
  const all = columns.everybodys();
  const isGauge = ({ definition }: Family): boolean => definition.type === "gauge";
  const living = families.some(isGauge) ? columns.livings() : [];
  return families.map(({ definition, series }) => {
    const { name, help, type } = definition;
    const each = [...series.values()];
    if (type === "histogram") {
      return {
        name,
        help,
        type,
        samples: each.map((one) => histogram(columns, all, definition, one)),
      };
    }
    const samples: NumberSample[] = [];
    for (const one of each) {
      const value =
        type === "counter"
          ? columns.count(all, one.number)
          : gauge(columns, living, definition, one.number);
      if (value !== undefined) samples.push({ labels: labelsOf(definition, one), value });
    }
    return { name, help, type, samples };
  });
}

function labelsOf({ labels }: Definition, { values }: Series): Record<string, string> {
  return Object.fromEntries(labels.map((label, index) => [label, values[index] as string]));
}

function histogram(
  columns: Columns,
  all: readonly number[],
  definition: Definition,
  series: Series,
): HistogramSample {
  const { number } = series;
  let count = 0;
  const buckets = [...definition.buckets, Infinity].map((le, index) => {
    count += columns.count(all, number + 1 + index);
    return { le, count };
  });
  return { labels: labelsOf(definition, series), count, sum: columns.sum(all, number), buckets };
}

/** One number for those of all who live; undefined when nobody has set any. */
function gauge(
  { numbers, shared }: Columns,
  living: readonly number[],
  { aggregate }: Definition,
  number: number,
): number | undefined {
  const values = (aggregate === "last" ? [shared] : living)
    .filter((column) => numbers[column + number] === 1)
    .map((column) => numbers[column + number + 1] as number)
    .filter((value) => !Number.isNaN(value));
  const sum = values.reduce((total, value) => total + value, 0);
  if (aggregate === "sum") return sum;
  if (values.length === 0) return undefined;
  if (aggregate === "min") return Math.min(...values);
  if (aggregate === "max") return Math.max(...values);
  return sum / values.length;
}

/** The text that Prometheus reads (text format 0.0.4). */
export function exposition(families: readonly MetricFamily[]): string {
  const lines: string[] = [];
  for (const family of families) {
    const { name, help, type } = family;
    if (help !== "") lines.push(`# HELP ${name} ${escaped(help, /[\\\n]/g)}`);
    lines.push(`# TYPE ${name} ${type satisfies FamilyType}`);
    if (family.type === "histogram") {
      for (const sample of family.samples) pushHistogram(lines, name, sample);
    } else {
      for (const { labels, value } of family.samples) lines.push(line(name, labels, value));
    }
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function pushHistogram(lines: string[], name: string, sample: HistogramSample): void {
  const { labels, count, sum, buckets } = sample;
  for (const bucket of buckets) {
    lines.push(line(`${name}_bucket`, { ...labels, le: numberText(bucket.le) }, bucket.count));
  }
  lines.push(line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, count));
}

function line(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const texts = Object.entries(labels).map(
    ([label, text]) => `${label}="${escaped(text, /[\\\n"]/g)}"`,
  );
  return `${name}${texts.length === 0 ? "" : `{${texts.join(",")}}`} ${numberText(value)}`;
}

function escaped(text: string, special: RegExp): string {
  return text.replace(special, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}

/** A number as Prometheus reads it. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? `${value}` : value > 0 ? "+Inf" : "-Inf";
}
