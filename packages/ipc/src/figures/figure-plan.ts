/**
 * What is to be done with the figures of a table, found out once: whoever looks at dozens of segments ten times a second
 * walks its lists, and not the table.
 *
 * @module
 */
import type { CounterName } from "../metrics/counter-layout.ts";
import type { Figure, FigureTable } from "./figure.ts";

/** The lists of a table. */
export interface FigurePlan {
  /** The figures that are kept in counters, and in which. */
  readonly stored: readonly {
    readonly name: string;
    readonly block: string;
    readonly counter: CounterName;
  }[];
  /** The figures that only grow, and what their rates are called. */
  readonly counters: readonly {
    readonly name: string;
    readonly rate: string;
    readonly bits: Figure["bits"];
  }[];
}

const PLANS = new WeakMap<FigureTable, FigurePlan>();

/** The lists of a table, which never changes. */
export function planOf(table: FigureTable): FigurePlan {
  let plan = PLANS.get(table);
  if (plan === undefined) {
    plan = makePlan(table);
    PLANS.set(table, plan);
  }
  return plan;
}

/** What a counter's rate is called. */
export function rateName(name: string, { rate }: Figure): string {
  return `${rate ?? name}PerSecond`;
}

function makePlan(table: FigureTable): FigurePlan {
  const figures = Object.entries(table);
  return {
    stored: figures.flatMap(([name, { writer, block = writer, counter }]) =>
      counter === undefined ? [] : [{ name, block, counter }],
    ),
    counters: figures
      .filter(([, { type }]) => type === "counter")
      .map(([name, figure]) => ({ name, rate: rateName(name, figure), bits: figure.bits })),
  };
}
