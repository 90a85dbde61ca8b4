/**
 * The shipped sources of the ring with one mistake in them.
 *
 * @module
 */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "@isthmus/testing/remove-tree";
import type { RingSource } from "./ring-world.ts";

const SOURCE = join(import.meta.dir, "..", "..", "..", "src");
const MODULES = [
  "broadcast-gated",
  "broadcast-gates",
  "broadcast-lapped",
  "broadcast-lapped-bytes",
  "broadcast-reading",
  "broadcast-ring",
] as const;

/** What is replaced by what; every text must be in the file once. */
export interface Mistake {
  readonly file: (typeof MODULES)[number];
  readonly changes: readonly (readonly [from: string, to: string])[];
}

/** Loads the sources with a mistake made. */
export async function mutateRing({ file, changes }: Mistake): Promise<RingSource> {
  const directory = mkdtempSync(join(tmpdir(), "isthmus-mutant-"));
  try {
    cpSync(join(SOURCE, "ring"), join(directory, "ring"), { recursive: true });
    cpSync(join(SOURCE, "words.ts"), join(directory, "words.ts"));
    const path = join(directory, "ring", `${file}.ts`);
    let source = readFileSync(path, "utf8");
    for (const [from, to] of changes) {
      const parts = source.split(from);
      if (parts.length !== 2) throw new Error(`"${from}" is ${parts.length - 1} times in ${file}`);
      source = parts.join(to);
    }
    writeFileSync(path, source);
    const loaded = await Promise.all(
      MODULES.map(async (name) => (await import(join(directory, "ring", `${name}.ts`))) as object),
    );
    return Object.assign({}, ...loaded) as RingSource;
  } finally {
    removeTree(directory);
  }
}
