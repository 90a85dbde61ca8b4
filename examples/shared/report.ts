/**
 * How an example tells what it has measured.
 *
 * @module
 */
import { cpus } from "node:os";

/** Prints a table for people, the first row its head. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => {
    return Math.max(...rows.map((row) => row[column]?.length ?? 0));
  });
  console.log("");
  for (const row of rows) {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    console.log(`  ${cells.join("   ")}`);
  }
  console.log(`\n  ${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, Bun ${Bun.version}\n`);
}

/** A time, given in milliseconds. */
export function duration(ms: number): string {
  if (ms < 0.001) return `${significant(ms * 1e6)} ns`;
  if (ms < 1) return `${significant(ms * 1000)} µs`;
  return ms < 1000 ? `${significant(ms)} ms` : `${significant(ms / 1000)} s`;
}

/** A size, given in bytes. */
export function size(bytes: number): string {
  if (bytes < 2 ** 10) return `${bytes} B`;
  if (bytes < 2 ** 20) return `${significant(bytes / 2 ** 10)} KiB`;
  return bytes < 2 ** 30
    ? `${significant(bytes / 2 ** 20)} MiB`
    : `${significant(bytes / 2 ** 30)} GiB`;
}

/** A number of things. */
export function count(number: number): string {
  return Math.round(number).toLocaleString("en-US");
}

/** How many times as much. */
export function ratio(one: number, other: number): string {
  return `${significant(one / other)}×`;
}

/** The value below which so many of the values are. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** In milliseconds, by a clock that all processes have in common: `process.hrtime` of Bun begins with its process. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

function significant(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}
