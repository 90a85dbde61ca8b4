/**
 * Reading the figures of a table, and adding them up.
 *
 * @module
 */
import type { CounterName } from "../metrics/counter-layout.ts";
import type { CounterFigures, Figure, FigureTable, Stored } from "./figure.ts";
import { planOf } from "./figure-plan.ts";

/** One participant's counters: in shared memory, or in a copy of it. */
export interface CounterBlock {
  /** A counter's value; 0 when memory holds what no counter can be. */
  get(name: CounterName): number;
}

/** The blocks that the figures of a table are kept in. */
export type BlockNames<Table> = {
  [Name in keyof Table]: Table[Name] extends { readonly counter: string }
    ? Table[Name] extends { readonly block: infer Block extends string }
      ? Block
      : Table[Name] extends { readonly writer: infer Writer extends string }
        ? Writer
        : never
    : never;
}[keyof Table];

/** Every figure that is kept in a counter. Reads are plain; what another process writes arrives in its own time. */
export function readFigures<Table extends FigureTable>(
  table: Table,
  blocks: Readonly<Record<BlockNames<Table>, CounterBlock>>,
): Stored<Table> {
  const values: Record<string, number> = {};
  for (const { name, block, counter } of planOf(table).stored) {
    values[name] = blocks[block as BlockNames<Table>].get(counter);
  }
  return values as Stored<Table>;
}

/** The total of one figure, as its table says. */
export function totalOf<Table extends FigureTable, Name extends keyof Table & string>(
  table: Table,
  name: Name,
  items: readonly Readonly<Record<Name, number | boolean>>[],
): number {
  let total = 0;
  const isMost = (table[name] as Figure).total === "max";
  for (const item of items) {
    const value = Number(item[name]);
    total = isMost ? Math.max(total, value) : total + value;
  }
  return total;
}

/** The totals of all counters. */
export function counterTotals<Table extends FigureTable>(
  table: Table,
  items: readonly CounterFigures<Table>[],
): CounterFigures<Table> {
  const totals: Record<string, number> = {};
  for (const { name } of planOf(table).counters) {
    let total = 0;
    for (const item of items as readonly Readonly<Record<string, number>>[]) {
      total += item[name] as number;
    }
    totals[name] = total;
  }
  return totals as CounterFigures<Table>;
}
