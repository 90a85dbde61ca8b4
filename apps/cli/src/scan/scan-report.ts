/**
 * A scan as a person reads it.
 *
 * @module
 */
import type { TopValues } from "@isthmus/core";
import { formatBar } from "../output/bar.ts";
import {
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
  formatSize,
} from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import type { ScanResult } from "./scan-file.ts";

/** How many of the most frequent byte values are listed. */
const TOP_BYTES = 10;
const BAR_CELLS = 24;

/** Kinds of bytes, in the order of printing; each byte belongs to the first that accepts it. */
const KINDS: readonly (readonly [name: string, accepts: (byte: number) => boolean])[] = [
  ["letters", (byte) => (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)],
  ["digits", (byte) => byte >= 0x30 && byte <= 0x39],
  ["punctuation", (byte) => byte > 0x20 && byte < 0x7f],
  ["white space", (byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)],
  ["NUL", (byte) => byte === 0],
  ["other control", (byte) => byte < 0x20 || byte === 0x7f],
  ["0x80 and above", () => true],
];

const CONTROL_NAMES: Readonly<Record<number, string>> = {
  0: "NUL",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  27: "ESC",
  32: "space",
  127: "DEL",
};

/**
 * Formats one result.
 *
 * @param path The file as the user named it.
 * @param result What was found.
 * @param style The colours of stdout.
 * @returns The text, ending in a newline.
 */
export function formatScanReport(path: string, result: ScanResult, style: Style): string {
  const room = style.columns - 2;
  const lines = [
    style.bold(path),
    ...indent(formatTable(summaryRows(result, style), ["left", "right"], room)),
  ];
  if (result.bytes > 0) {
    lines.push(
      "",
      ...indent(formatTable(kindRows(result, style), ["left", "right", "right"], room)),
    );
    lines.push(
      "",
      ...indent(formatTable(topRows(result, style), ["left", "left", "right", "right"], room)),
    );
  }
  if (result.top !== undefined) {
    lines.push("", ...indent(formatTable(valueRows(result.top, style), ["left", "right"], room)));
  }
  return `${lines.join("\n")}\n`;
}

function summaryRows(result: ScanResult, style: Style): string[][] {
  const rows = [
    [
      "bytes",
      formatCount(result.bytes),
      result.bytes < 1024 ? "" : style.dim(formatSize(result.bytes)),
    ],
    ["lines", formatCount(result.lines)],
    ["words", formatCount(result.words)],
    ["longest line", formatCount(result.longestLineBytes)],
  ];
  for (const { text, matches, firstOffset } of result.found) {
    const first = firstOffset === undefined ? "" : `, first at byte ${formatCount(firstOffset)}`;
    const where = style.dim(`of ${JSON.stringify(text)}${first}`);
    rows.push([
      "matches",
      formatCount(matches),
      matches === 0 && result.found.length === 1 ? "" : where,
    ]);
  }
  const rate = formatRate((result.bytes / result.elapsedMs) * 1000);
  rows.push([
    "elapsed",
    formatDuration(result.elapsedMs),
    result.bytes === 0 ? "" : style.dim(rate),
  ]);
  return rows;
}

function valueRows({ values, distinct, lacking }: TopValues, style: Style): string[][] {
  const largest = values[0]?.count ?? 0;
  const rows = values.map(({ value, count }) => [
    printable(value),
    formatCount(count),
    style.cyan(formatBar(count / largest, BAR_CELLS)),
  ]);
  rows.push([style.dim("different values"), formatCount(distinct), ""]);
  if (lacking > 0) rows.push([style.dim("lines without it"), formatCount(lacking), ""]);
  return rows;
}

function kindRows({ histogram, bytes }: ScanResult, style: Style): string[][] {
  const counts = KINDS.map(() => 0);
  histogram.forEach((count, byte) => {
    const kind = KINDS.findIndex(([, accepts]) => accepts(byte));
    counts[kind] = (counts[kind] ?? 0) + count;
  });
  return KINDS.flatMap(([name], index) => {
    const count = counts[index] ?? 0;
    return count === 0 ? [] : [[name, ...countCells(count, bytes, bytes, style)]];
  });
}

function topRows({ histogram, bytes }: ScanResult, style: Style): string[][] {
  const ranked = Array.from(histogram, (count, byte) => ({ byte, count }))
    .filter(({ count }) => count > 0)
    .sort((left, right) => right.count - left.count || left.byte - right.byte);
  const largest = ranked[0]?.count ?? 0;
  const rows = ranked.slice(0, TOP_BYTES).map(({ byte, count }) => {
    const code = `0x${byte.toString(16).padStart(2, "0")}`;
    return [style.dim(code), glyphOf(byte), ...countCells(count, bytes, largest, style)];
  });
  const rest = ranked.slice(TOP_BYTES);
  if (rest.length > 0) {
    const count = rest.reduce((sum, entry) => sum + entry.count, 0);
    rows.push([
      style.dim("rest"),
      `${rest.length} more`,
      formatCount(count),
      formatShare(count, bytes),
    ]);
  }
  return rows;
}

function countCells(count: number, whole: number, full: number, style: Style): string[] {
  const bar = style.cyan(formatBar(count / full, BAR_CELLS));
  return [formatCount(count), formatShare(count, whole), bar];
}

function glyphOf(byte: number): string {
  const name = CONTROL_NAMES[byte];
  if (name !== undefined) return name;
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "";
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
