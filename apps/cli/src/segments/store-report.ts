/**
 * Caches, rate limiters, tables and counters as a person reads them: every figure of their tables, under its own name.
 *
 * @module
 */
import { FIGURES, type FigureTable, type SegmentInfo } from "@isthmus/ipc";
import type { Style } from "../output/style.ts";
import { figureText } from "./figure-table.ts";

const TITLES = {
  cache: "Cache",
  limiter: "Rate limiter",
  table: "Table",
  counters: "Counters",
} as const;
type StoreKind = keyof typeof TITLES;

/** What is to be said of a segment of the store, as pairs, and their title; undefined for another one. */
export function storeRows(
  info: SegmentInfo,
  style: Style,
): { readonly title: string; readonly rows: string[][] } | undefined {
  for (const kind of Object.keys(TITLES) as StoreKind[]) {
    const details: object | undefined = info[kind];
    if (details === undefined) continue;
    const table: FigureTable = FIGURES[kind].segment;
    const rows = Object.entries(table).map(([name, figure]) => [
      name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
      figureText(figure, Reflect.get(details, name) as number, 0, style),
    ]);
    return { title: TITLES[kind], rows };
  }
  return undefined;
}
