/**
 * Columns of text.
 *
 * @module
 */
import stringWidth from "string-width";
import { wrap } from "./wrap.ts";

/** How one column stands. */
export type Alignment = "left" | "right";

const GAP = "  ";
/** A column of text is not made narrower than this; a column whose words are shorter has no text. */
const TEXT_CELLS_MIN = 20;

/**
 * Lays rows out in columns, two spaces apart. Colour codes in a cell take no width. Where there is no room, the widest
 * column of text is wrapped at words; where that is not enough, the columns that do not fit follow on lines of their own.
 *
 * @param rows The cells, row by row.
 * @param alignments One entry per column; a column without one stands left.
 * @param columns The room in terminal cells.
 * @returns One line per row where there is room, without trailing space and without a newline.
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
  columns: number = Number.POSITIVE_INFINITY,
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
    });
  }
  const total = (): number => widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
  const widest = widths.reduce(
    (best, width, column) =>
      alignments[column] !== "right" && width > (widths[best] ?? 0) ? column : best,
    0,
  );
  const excess = total() - columns;
  const narrowed = (widths[widest] ?? 0) - excess;
  if (excess > 0 && narrowed >= TEXT_CELLS_MIN && alignments[widest] !== "right") {
    widths[widest] = narrowed;
  }
  const lines = foldColumns(widths, columns);
  return rows.flatMap((row) =>
    lines.flatMap((places, index) =>
      formatRow(row, places, widths, alignments, lines.length > 1, index > 0 ? GAP : "", columns),
    ),
  );
}

/** Which columns stand on one line: all of them, or as many as fit. */
function foldColumns(widths: readonly number[], columns: number): number[][] {
  const lines: number[][] = [[]];
  let used = 0;
  widths.forEach((width, column) => {
    const isFirst = lines.at(-1)?.length === 0;
    if (!isFirst && used + width > columns) {
      lines.push([]);
      used = GAP.length;
    }
    used += width + GAP.length;
    lines.at(-1)?.push(column);
  });
  return lines;
}

/** The columns of one row that stand on one line; several lines where a cell of text is wrapped. */
function formatRow(
  row: readonly string[],
  places: readonly number[],
  widths: readonly number[],
  alignments: readonly Alignment[],
  isFolded: boolean,
  indent: string,
  columns: number,
): string[] {
  const room = columns - indent.length;
  const cells = places.map((column) => {
    const width = Math.min(widths[column] ?? 0, room);
    return wrap(row[column] ?? "", width).split("\n");
  });
  if (isFolded && cells.every(([first]) => first === "")) return [];
  const height = Math.max(1, ...cells.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) => {
    const text = places.map((column, at) =>
      pad(cells[at]?.[line] ?? "", widths[column] ?? 0, alignments[column] ?? "left"),
    );
    return (indent + text.join(GAP)).trimEnd();
  });
}

function pad(cell: string, width: number, alignment: Alignment): string {
  const space = " ".repeat(Math.max(0, width - widthOf(cell)));
  return alignment === "left" ? cell + space : space + cell;
}

/** In terminal cells; colour codes do not count. */
function widthOf(cell: string): number {
  return stringWidth(cell);
}
