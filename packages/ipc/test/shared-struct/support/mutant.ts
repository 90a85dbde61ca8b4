/**
 * The shipped source of `VersionedCells` with one mistake in it.
 *
 * @module
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CellsClass } from "./cells-model.ts";

const SOURCE = join(import.meta.dir, "..", "..", "..", "src", "struct", "versioned-cells.ts");

/** What is replaced by what; every text must be in the source once. */
export type Mistake = readonly (readonly [from: string, to: string])[];

/** Loads the class with a mistake made. */
export async function mutate(mistake: Mistake): Promise<CellsClass> {
  let source = readFileSync(SOURCE, "utf8")
    .replace(`"@isthmus/core"`, JSON.stringify(import.meta.resolve("@isthmus/core")))
    .replace(`"./cells-layout.ts"`, JSON.stringify(join(SOURCE, "..", "cells-layout.ts")));
  for (const [from, to] of mistake) {
    const parts = source.split(from);
    if (parts.length !== 2) throw new Error(`"${from}" is ${parts.length - 1} times in the source`);
    source = parts.join(to);
  }
  const directory = mkdtempSync(join(tmpdir(), "isthmus-mutant-"));
  try {
    const path = join(directory, "versioned-cells.ts");
    writeFileSync(path, source);
    const { VersionedCells } = (await import(path)) as { VersionedCells: CellsClass };
    return VersionedCells;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
