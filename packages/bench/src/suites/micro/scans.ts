/**
 * Analysing content: the kernels of core beside what one would write.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { MemoryMappedFile } from "@isthmus/core";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { testFilePath } from "../../runner/test-file.ts";
import { mustBe } from "./micro.ts";

const NEEDLE = 0x0a;
/** No four neighbouring bytes of the words are these; a search has to go to the end. */
const ABSENT = "\n\n\n\n\n\n\n\n";

/** All kernels. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  count: (context) => onFile(context, (file) => file.count(NEEDLE), countBytes),
  countIndexOf: (context) => onBytes(context, countByIndexOf),
  countLoop: (context) => onBytes(context, countBytes),
  indexOf: (context) =>
    onFile(
      context,
      (file) => file.indexOf(ABSENT),
      () => -1,
    ),
  bufferIndexOf: (context) =>
    onBytes(
      context,
      (bytes) => bytes.indexOf(ABSENT),
      () => -1,
    ),
  histogram: (context) => onFile(context, (file) => file.histogram()[NEEDLE] as number, countBytes),
};

function onFile(
  context: CaseContext,
  scan: (file: MemoryMappedFile) => number,
  expected: (bytes: Buffer) => number,
): Figure {
  const path = testFilePath(context.directory, context.sizes.fileBytes);
  using file = MemoryMappedFile.createFromFile(path, { access: "read" });
  return measureScan(context, () => scan(file), expected(readFileSync(path)));
}

function onBytes(
  context: CaseContext,
  scan: (bytes: Buffer) => number,
  expected: (bytes: Buffer) => number = countBytes,
): Figure {
  const bytes = readFileSync(testFilePath(context.directory, context.sizes.fileBytes));
  return measureScan(context, () => scan(bytes), expected(bytes));
}

/** A scan takes milliseconds: one that is timed, after one that warms up, needs no mitata. */
function measureScan(context: CaseContext, scan: () => number, expected: number): Figure {
  mustBe(scan(), expected);
  const startedAt = Bun.nanoseconds();
  mustBe(scan(), expected);
  return { value: context.sizes.fileBytes / ((Bun.nanoseconds() - startedAt) / 1e9) };
}

function countBytes(bytes: Uint8Array): number {
  let found = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === NEEDLE) found++;
  return found;
}

function countByIndexOf(bytes: Buffer): number {
  let found = 0;
  for (let at = bytes.indexOf(NEEDLE); at !== -1; at = bytes.indexOf(NEEDLE, at + 1)) found++;
  return found;
}
