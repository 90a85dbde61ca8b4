/**
 * Numbers as a person reads them on a page: three digits that do not dance, and the unit apart.
 *
 * @module
 */

/** A number and what it counts. */
export interface Quantity {
  readonly value: string;
  readonly unit: string;
}

/** What is shown where there is no figure. */
export const NOTHING = "–";

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const TIME = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" });

/** A whole number with thousands separated: `1,234,567`. */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** A number of things: `1 process`, `2 processes`. */
export function countOf(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A number per second: `950`, `12.4 k`, `1.20 M`. */
export function rate(perSecond: number): Quantity {
  return scaled(perSecond, 1000, ["", "k", "M", "G"]);
}

/** Bytes per second, in the units of sizes: `1.20 MiB/s`. */
export function byteRate(perSecond: number): Quantity {
  const { value, unit } = size(perSecond);
  return { value, unit: `${unit}/s` };
}

/** A size in binary units: `512 B`, `1.50 MiB`. */
export function size(bytes: number): Quantity {
  return scaled(bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
}

/** A duration: `0.85 ns`, `270 µs`, `3.20 ms`, `1.45 s`. */
export function duration(nanoseconds: number): Quantity {
  const { value, unit } = scaled(nanoseconds, 1000, ["ns", "µs", "ms", "s"]);
  const isExact = unit === "ns" && nanoseconds > 0;
  return { value: isExact ? threeDigits(nanoseconds) : value, unit };
}

/** A share of 1: `12 %`; one that rounds to nothing but is not shows as `< 1 %`. */
export function share(part: number): Quantity {
  const percent = part * 100;
  if (percent > 0 && percent < 1) return { value: "< 1", unit: "%" };
  return { value: String(Math.round(percent)), unit: "%" };
}

/** A quantity per second: `12.4 k/s`, `950/s`. */
export function perSecond({ value, unit }: Quantity): Quantity {
  return { value, unit: `${unit}/s` };
}

/** Both in one text, as at the mark of an axis: without digits that say nothing, `5 k` and not `5.00 k`. */
export function markText({ value, unit }: Quantity): string {
  return text({ value: value.includes(".") ? value.replace(/\.?0+$/, "") : value, unit });
}

/** Both in one text. */
export function text({ value, unit }: Quantity): string {
  return unit === "" || unit.startsWith("/") ? value + unit : `${value} ${unit}`;
}

/** What a figure may lack, as text. */
export function orNothing(
  value: number | null | undefined,
  format: (value: number) => Quantity,
): string {
  return value === null || value === undefined ? NOTHING : text(format(value));
}

/** A number in words that stay the same while it trembles: `20,000`, `1.23 million`. */
export function roughly(value: number): string {
  if (value >= 1e6) return `${threeDigits(value / 1e6)} million`;
  if (value < 10) return value >= 1 ? value.toFixed(1).replace(".0", "") : threeDigits(value);
  const step = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 2);
  return count(Math.round(value / step) * step);
}

/** The time of day: `14:03:07`. */
export function timeOfDay(atMs: number): string {
  return TIME.format(atMs);
}

/** A date and time. */
export function dateAndTime(at: number | string): string {
  return DATE.format(new Date(at));
}

/** How long ago something was: `12 s`, `5 min`, `3 h`. */
export function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

function scaled(value: number, step: number, units: readonly string[]): Quantity {
  let rest = value;
  let index = 0;
  // Three digits are shown: what they would round up to the next unit belongs there.
  while (rest >= step - 0.5 && index < units.length - 1) {
    rest /= step;
    index += 1;
  }
  const isWhole = index === 0 && (rest >= 1 || rest === 0);
  return { value: isWhole ? count(Math.round(rest)) : threeDigits(rest), unit: units[index] ?? "" };
}

function threeDigits(value: number): string {
  if (value >= 99.95) return WHOLE.format(value);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}
