/**
 * Machine-readable output: one JSON object per line (NDJSON).
 *
 * @module
 */
import type { StricliStream } from "../context.ts";

/**
 * Writes one record as one line.
 *
 * @param stream Where data goes: stdout.
 * @param record A plain object; members that are `undefined` are left out.
 */
export function writeJsonLine(
  stream: StricliStream,
  record: Readonly<Record<string, unknown>>,
): void {
  stream.write(`${JSON.stringify(record)}\n`);
}
