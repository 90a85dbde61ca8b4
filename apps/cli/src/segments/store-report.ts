/**
 * Caches, rate limiters, tables, counters and journals as a person reads them: every figure of their tables, under its own name.
 *
 * @module
 */
import { FIGURES, type FigureTable, type FollowerInfo, type SegmentInfo } from "@isthmus/ipc";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { type FigureColumns, figureText } from "./figure-table.ts";
import { NOTHING } from "./segment-text.ts";

const TITLES = {
  cache: "Cache",
  limiter: "Rate limiter",
  table: "Table",
  counters: "Counters",
  journal: "Journal",
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
    return { title: TITLES[kind], rows: [...pathRow(info), ...rows] };
  }
  return undefined;
}

/** Those who follow a journal. */
export const FOLLOWER_COLUMNS: FigureColumns<FollowerInfo> = {
  leads: {
    SLOT: ({ participant }) => String(participant.slot),
    FOLLOWER: ({ name }) => printable(name) || NOTHING,
    PROCESS: ({ participant }) => `${printable(participant.name)} (${participant.pid})`,
  },
  tables: [FIGURES.journal.follower],
  headings: { position: "POSITION", lag: "LAG" },
};

/** Where a journal is. */
function pathRow({ journal }: SegmentInfo): string[][] {
  return journal === undefined ? [] : [["directory", printable(journal.path) || NOTHING]];
}
