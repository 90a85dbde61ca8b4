/**
 * Tables of lanes and participants, with a column for every figure.
 *
 * @module
 */
import type { Figure, FigureTable } from "@isthmus/ipc";
import { formatCount, formatShare, formatSize } from "../output/format.ts";
import type { Style } from "../output/style.ts";
import type { Alignment } from "../output/table.ts";
import { activityText } from "./segment-text.ts";

/** What a table shows. */
export interface FigureColumns<Item> {
  /** The columns that are no figures. The first stands right, the others left. */
  readonly leads: Readonly<Record<string, (item: Item, style: Style) => string>>;
  readonly tables: readonly FigureTable[];
  /** The headings of the figures that come first, in their order, by the figures' names; one without is not shown. */
  readonly headings: Readonly<Record<string, string | undefined>>;
}

/** A table that is ready to be laid out. */
export interface FigureRows {
  readonly headings: readonly string[];
  readonly alignments: readonly Alignment[];
  readonly rows: string[][];
}

/** Makes the table. Counters that have no heading follow under their own names, so that a new one is seen at once. */
export function figureRows<Item extends object>(
  { leads, tables, headings }: FigureColumns<Item>,
  items: readonly Item[],
  nowMs: number,
  style: Style,
): FigureRows {
  const figures = new Map(tables.flatMap((table) => Object.entries(table)));
  const rest = Array.from(figures.entries()).filter(
    ([name, { type }]) => type === "counter" && !(name in headings),
  );
  const shown = [
    ...Object.entries(headings).filter(([, heading]) => heading !== undefined),
    ...rest.map(([name]) => [name, name.replace(/[A-Z]/g, " $&").toUpperCase()]),
  ];
  return {
    headings: [...Object.keys(leads), ...shown.map(([, heading]) => heading as string)],
    alignments: [
      "right",
      ...Object.keys(leads)
        .slice(1)
        .map(() => "left" as const),
      ...shown.map(() => "right" as const),
    ],
    rows: items.map((item) => [
      ...Object.values(leads).map((text) => text(item, style)),
      ...shown.map(([name]) => {
        const value = Reflect.get(item, name as string) as number;
        return figureText(figures.get(name as string), value, nowMs, style);
      }),
    ]),
  };
}

/** A figure as text. */
export function figureText(
  figure: Figure | undefined,
  value: number,
  nowMs: number,
  style: Style,
): string {
  if (figure?.unit === "milliseconds") return activityText(value, nowMs);
  if (figure?.unit === "ratio") return formatShare(value, 1);
  if (figure?.unit === "bytes") return formatSize(value);
  const text = formatCount(value);
  return figure?.alarm !== undefined && value > 0 ? style.yellow(text) : text;
}
