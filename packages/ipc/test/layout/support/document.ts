/**
 * The tables and code blocks of `docs/layout.md` and `docs/journal-format.md`; no heading is in both.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const DOCS = join(import.meta.dir, "..", "..", "..", "..", "..", "docs");

/** A row of a table: the text of each cell by the name of its column. */
export type Row = Readonly<Record<string, string>>;

/** A field of a layout table. */
export interface FieldRow {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

interface Part {
  readonly rows: Row[];
  readonly blocks: string[];
  text: string;
}

function parse(document: string): Map<string, Part> {
  const parts = new Map<string, Part>();
  let part: Part = { rows: [], blocks: [], text: "" };
  let columns: string[] | undefined;
  let block: string | undefined;
  for (const line of document.split("\n")) {
    if (line.startsWith("```")) {
      if (block !== undefined) part.blocks.push(block);
      block = block === undefined ? "" : undefined;
    } else if (block !== undefined) {
      block += `${line}\n`;
    } else if (line.startsWith("#")) {
      part = { rows: [], blocks: [], text: "" };
      parts.set(line.replace(/^#+ /, ""), part);
    } else {
      part.text += `${line}\n`;
    }
    if (block !== undefined || !line.startsWith("|")) columns = undefined;
    else columns = readRow(part, line, columns);
  }
  return parts;
}

/** Takes a line of a table into a part; returns the names of the table's columns. */
function readRow(part: Part, line: string, columns: string[] | undefined): string[] {
  // A bar inside a cell is escaped.
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  const texts = cells.map((cell) => cell.trim());
  if (columns === undefined) return texts;
  if (!texts.every((text) => /^:?-+:?$/.test(text))) {
    part.rows.push(Object.fromEntries(columns.map((column, i) => [column, texts[i] ?? ""])));
  }
  return columns;
}

const PARTS = new Map(
  ["layout.md", "journal-format.md"].flatMap((name) => [
    ...parse(readFileSync(join(DOCS, name), "utf8")),
  ]),
);

function partOf(heading: string): Part {
  const part = PARTS.get(heading);
  if (part === undefined) throw new Error(`docs/ has no heading "${heading}"`);
  return part;
}

/** The rows of the tables under a heading. */
export function rowsOf(heading: string): readonly Row[] {
  return partOf(heading).rows;
}

/** The fields of the layout table under a heading; those of no fixed length are 0 bytes long. */
export function fieldsOf(heading: string): readonly FieldRow[] {
  return rowsOf(heading).map(({ field = "", offset, bytes }) => ({
    name: field,
    offset: Number(offset),
    bytes: Number(bytes) || 0,
  }));
}

/** The offsets of the fields under a heading by their names, divided by a unit; without what is reserved. */
export function offsetsOf(heading: string, unit: number): Record<string, number> {
  const named = fieldsOf(heading).filter(({ name }) => name !== "reserved");
  return Object.fromEntries(named.map(({ name, offset }) => [name, offset / unit]));
}

/** The numbers of a table by the names in another column. */
export function codesOf(heading: string, code: string, name: string): Record<string, number> {
  return Object.fromEntries(rowsOf(heading).map((row) => [row[name], Number(row[code])]));
}

/** What a field's values mean: the numbers of its meaning, `"0 auto, 1 manual; …"`, with the words behind them. */
export function valuesOf(heading: string, field: string): Record<string, string> {
  const row = rowsOf(heading).find((candidate) => candidate["field"] === field);
  const values = (row?.["meaning"] ?? "").matchAll(/(?<![^ ])(\d+) ([^,;]+)/g);
  return Object.fromEntries(Array.from(values, ([, value = "", meaning = ""]) => [value, meaning]));
}

/** The code blocks under a heading. */
export function blocksOf(heading: string): readonly string[] {
  return partOf(heading).blocks;
}

/** What is under a heading, without tables and code. */
export function textOf(heading: string): string {
  return partOf(heading).text;
}
