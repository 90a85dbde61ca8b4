/**
 * Journals for tests.
 *
 * @module
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type JsonSchema, json } from "@isthmus/ipc";
import type { Journal, JournalReadOptions, JournalSchema } from "../../../src/index.ts";
import { FRAME, META, RECORD } from "../../../src/journal/journal-layout.ts";
import type { RecordBytes, RecordFormat } from "../../../src/journal/record-format.ts";

/** The smallest segments. */
export const SMALL: { readonly segmentBytes: number } = { segmentBytes: 2 ** 16 };
export const NUMBERS: { readonly schema: JsonSchema<number>; readonly sync: "none" } = {
  schema: json<number>(),
  sync: "none",
};

/** Appends the numbers up to one, alone and together: half of them share a frame with another one. */
export function appendNumbers(journal: Journal<JsonSchema<number>>, count: number): void {
  for (let first = 1; first <= count; first += 4) {
    journal.append(first);
    journal.append(first + 1);
    journal.appendAll([first + 2, first + 3]);
  }
}

/** Everything that a journal yields: sequences and values, and gaps as they are. */
export async function entriesOf<S extends JournalSchema>(
  journal: Journal<S>,
  options?: JournalReadOptions,
): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const entry of journal.read(options)) {
    found.push(entry.gap === undefined ? [entry.sequence, entry.value] : { gap: entry.gap });
  }
  return found;
}

/** The paths of a journal's segments, in order. */
export function segmentsOf(path: string): string[] {
  const names = readdirSync(path).filter((name) => name.endsWith(".seg"));
  return names.sort().map((name) => join(path, name));
}

/** Changes a file. */
export function changeFile(path: string, change: (bytes: Buffer) => Uint8Array | undefined): void {
  const bytes = readFileSync(path);
  writeFileSync(path, change(bytes) ?? bytes);
}

/** Writes what makes a frame of one record of a payload that is there. */
export function stampRecord(
  format: RecordFormat,
  to: RecordBytes,
  at: number,
  payloadBytes: number,
  sequence: number,
  time: number,
): void {
  to.view.setUint32(at + FRAME.size, FRAME.records + RECORD.payload + payloadBytes, true);
  to.view.setUint32(at + FRAME.count, 1, true);
  to.view.setUint32(at + FRAME.records + RECORD.length, payloadBytes, true);
  format.stamp(to, at, sequence, time);
}

/** The id of a journal. */
export function idOf(path: string): Buffer {
  return readFileSync(join(path, "meta")).subarray(META.id, META.id + 16);
}
