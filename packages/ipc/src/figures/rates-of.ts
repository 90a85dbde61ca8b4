/**
 * How fast the counters of a table have grown between two looks.
 *
 * @module
 */
import type { CounterFigures, CounterNames, FigureTable } from "./figure.ts";
import { planOf } from "./figure-plan.ts";

/** Makes a count that was added in a time a rate. */
export type PerSecond = (count: number) => number;

/** The rate of every counter of a table: its name, and `PerSecond`. */
export type Rates<Table> = {
  readonly [Name in CounterNames<Table> as `${Table[Name] extends { readonly rate: infer Rate extends string } ? Rate : Name & string}PerSecond`]: number;
};

/** The rate of what happened in a time. */
export function perSecond(elapsedMs: number): PerSecond {
  return (count) => (count * 1000) / elapsedMs;
}

/**
 * Compares two looks at the same thing.
 *
 * @param before The earlier one; undefined for what was not there: it has counted from 0. What wraps has not.
 */
export function ratesOf<Table extends FigureTable>(
  table: Table,
  before: CounterFigures<Table> | undefined,
  after: CounterFigures<Table> | undefined,
  per: PerSecond,
): Rates<Table> {
  const rates: Record<string, number> = {};
  const [earlier, later] = [before, after] as (Readonly<Record<string, number>> | undefined)[];
  for (const { name, rate, bits } of planOf(table).counters) {
    const value = later?.[name] ?? 0;
    const first = earlier?.[name] ?? (bits === undefined ? 0 : value);
    rates[rate] = per(grown(first, value, bits));
  }
  return rates as Rates<Table>;
}

/** The rates of several things together. */
export function rateTotals<Table extends FigureTable>(
  table: Table,
  items: readonly Rates<Table>[],
): Rates<Table> {
  const totals: Record<string, number> = {};
  for (const { rate } of planOf(table).counters) {
    let total = 0;
    for (const item of items as readonly Readonly<Record<string, number>>[]) {
      total += item[rate] as number;
    }
    totals[rate] = total;
  }
  return totals as Rates<Table>;
}

/** Counters never go back, but some wrap; where memory says otherwise, nobody knows. */
function grown(before: number, after: number, bits: 31 | 32 | undefined): number {
  if (bits === undefined) return Math.max(0, after - before);
  return bits === 32 ? (after - before) >>> 0 : (after - before) & 0x7fff_ffff;
}
