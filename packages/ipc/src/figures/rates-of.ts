/**
 * How fast the counters of a table have grown between two looks.
 *
 * @module
 */
import type { CounterFigures, CounterNames, Figure, FigureTable } from "./figure.ts";

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

/** What a counter's rate is called. */
export function rateName(name: string, { rate }: Figure): string {
  return `${rate ?? name}PerSecond`;
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
  for (const name in table) {
    const figure = table[name] as Figure;
    if (figure.type !== "counter") continue;
    const value = later?.[name] ?? 0;
    const first = earlier?.[name] ?? (figure.bits === undefined ? 0 : value);
    rates[rateName(name, figure)] = per(grown(first, value, figure.bits));
  }
  return rates as Rates<Table>;
}

/** The rates of several things together. */
export function rateTotals<Table extends FigureTable>(
  table: Table,
  items: readonly Rates<Table>[],
): Rates<Table> {
  const totals: Record<string, number> = {};
  for (const name in table) {
    const figure = table[name] as Figure;
    if (figure.type !== "counter") continue;
    const rate = rateName(name, figure);
    totals[rate] = items.reduce(
      (sum, item) => sum + (item as Readonly<Record<string, number>>)[rate]!,
      0,
    );
  }
  return totals as Rates<Table>;
}

/** Counters never go back, but some wrap; where memory says otherwise, nobody knows. */
function grown(before: number, after: number, bits: 31 | 32 | undefined): number {
  if (bits === undefined) return Math.max(0, after - before);
  return bits === 32 ? (after - before) >>> 0 : (after - before) & 0x7fff_ffff;
}
