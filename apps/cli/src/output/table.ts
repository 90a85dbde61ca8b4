/**
 * Columns of text.
 *
 * @module
 */

/** How one column stands. */
export type Alignment = "left" | "right";

/**
 * Lays rows out in columns, two spaces apart. Colour codes in a cell take no width.
 *
 * @param rows The cells, row by row.
 * @param alignments One entry per column; a column without one stands left.
 * @returns One line per row, without trailing space and without a newline.
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, alignments[column] ?? "left"))
      .join("  ")
      .trimEnd(),
  );
}

function pad(cell: string, width: number, alignment: Alignment): string {
  const space = " ".repeat(Math.max(0, width - widthOf(cell)));
  return alignment === "left" ? cell + space : space + cell;
}

/** In terminal cells; Bun leaves colour codes out of the count. */
function widthOf(cell: string): number {
  return Bun.stringWidth(cell);
}
