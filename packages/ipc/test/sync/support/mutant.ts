/**
 * A shipped module with one mistake in it.
 *
 * @module
 */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { removeTree } from "@isthmus/testing/remove-tree";

const SOURCE = join(import.meta.dir, "..", "..", "..", "src");

/** What is replaced by what; the text must be in the source once. */
export type Mistake = readonly [from: string, to: string];

/** Loads a module of `src` with a mistake made. */
export async function mutate<T>(file: string, [from, to]: Mistake): Promise<T> {
  const path = join(SOURCE, file);
  const source = readFileSync(path, "utf8");
  const parts = source.split(from);
  // A mistake that no longer applies would test nothing.
  if (parts.length !== 2) throw new Error(`"${from}" is ${parts.length - 1} times in ${file}`);
  const moved = parts
    .join(to)
    .replaceAll(
      /from "(@?[^"]+)"/g,
      (_, name) => `from ${JSON.stringify(Bun.resolveSync(name, dirname(path)))}`,
    );
  const directory = mkdtempSync(join(tmpdir(), "isthmus-mutant-"));
  try {
    const copy = join(directory, "mutant.ts");
    writeFileSync(copy, moved);
    return (await import(copy)) as T;
  } finally {
    removeTree(directory);
  }
}
