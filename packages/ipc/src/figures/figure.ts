/**
 * A figure: a number that a segment tells of itself, declared once. Everything that tells figures walks the tables of
 * them: the metrics of participants, what observers see, rates, JSON, `top`, the dashboard and `/metrics`.
 *
 * A table is an object literal `as const`; the comment before each figure is what editors show for it wherever it is
 * read, because the public types are mapped from the tables.
 *
 * @module
 */
import type { CounterName } from "../metrics/counter-layout.ts";

/** What a figure counts or measures. `count`: how often something happened; `positions`: steps of a ring. */
export type FigureUnit =
  | "records"
  | "bytes"
  | "requests"
  | "replies"
  | "permits"
  | "jobs"
  | "participants"
  | "positions"
  | "seconds"
  | "milliseconds"
  | "ratio"
  | "boolean"
  | "count";

/**
 * What the same kind of thing is in segments that carry something, whatever their kind: `records` are what is sent,
 * `consumed` what is received, `drops` what did not arrive.
 */
export type FlowColumn =
  | "records"
  | "bytes"
  | "consumed"
  | "lag"
  | "fill"
  | "drops"
  | "fullWaits"
  | "emptyWaits"
  | "corruptions";

/** One figure. Never changes. */
export interface Figure {
  /** A counter only grows, and has a rate; a gauge goes up and down. */
  readonly type: "counter" | "gauge" | "histogram";
  /** What it counts in. */
  readonly unit: FigureUnit;
  /** What it says, as a sentence. */
  readonly help: string;
  /** Who writes it: a role, or `creator`. */
  readonly writer: string;
  /** How to add a gauge up over lanes or participants; absent where a total says nothing. Counters are summed. */
  readonly total?: "sum" | "max";
  /** In which counter it is kept; absent where it is worked out from positions and words. */
  readonly counter?: CounterName;
  /** Which counters these are; absent where the writer has but one set of them. */
  readonly block?: string;
  /** How many bits a counter has that wraps; absent for one that never does. */
  readonly bits?: 31 | 32;
  /** What its rate is called, before `PerSecond`; absent where that is the figure's own name. */
  readonly rate?: string;
  /** What its family in `/metrics` is called; absent where that is the figure's own name. */
  readonly family?: string;
  /** The label `direction` of its sample, where a family has several. */
  readonly direction?: string;
  /** Where it belongs when segments of all kinds are compared. */
  readonly column?: FlowColumn | "latency";
  /** What to tell when a counter that should stay 0 begins to count. */
  readonly alarm?: string;
}

/** Figures by name. */
export type FigureTable = Readonly<Record<string, Figure>>;

/** The figures of each part of a kind: of the segment as a whole, of a lane, of an end. */
export type KindFigures = Readonly<Record<string, FigureTable>>;

/** The values of all figures of a table. */
export type Figures<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends { readonly unit: "boolean" }
    ? boolean
    : number;
};

/** The values of those that are kept in counters. */
export type Stored<Table> = Pick<
  Figures<Table>,
  {
    [Name in keyof Table]: Table[Name] extends { readonly counter: string } ? Name : never;
  }[keyof Table]
>;

/** The names of those that only grow. */
export type CounterNames<Table> = {
  [Name in keyof Table]: Table[Name] extends { readonly type: "counter" } ? Name : never;
}[keyof Table];

/** The values of those that only grow. */
export type CounterFigures<Table> = Pick<Figures<Table>, CounterNames<Table>>;
