/**
 * Journals for tests.
 *
 * @module
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type JsonSchema, json } from "@isthmus/ipc";
import type { Journal, JournalReadOptions, JournalSchema } from "../../../src/index.ts";
import { META } from "../../../src/journal/journal-layout.ts";

/** The smallest segments. */
export const SMALL: { readonly segmentBytes: number } = { segmentBytes: 2 ** 16 };
export const NUMBERS: { readonly schema: JsonSchema<number>; readonly sync: "none" } = {
  schema: json<number>(),
  sync: "none",
};

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

/** The id of a journal. */
export function idOf(path: string): Buffer {
  return readFileSync(join(path, "meta")).subarray(META.id, META.id + 16);
}
