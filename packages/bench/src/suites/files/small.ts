/**
 * Opening, reading and closing files of many sizes: where mapping begins to pay.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { wordAt } from "../../runner/test-file.ts";
import { SMALL_SIZES } from "./small-sizes.ts";
import { WordSum } from "./word-sum.ts";

const PASSES_MIN = 4;
const PASSES_MAX = 400;

type Read = (path: string, sum: WordSum) => void | Promise<void>;

const READS: Readonly<Record<string, Read>> = {
  mapping: (path, sum) => {
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    using view = file.createViewAccessor();
    sum.add(view.bytes());
  },
  readFileSync: (path, sum) => sum.add(readFileSync(path)),
  bytes: async (path, sum) => sum.add(await Bun.file(path).bytes()),
};

/** Every way with every size. */
export const cases: Readonly<Record<string, CaseFunction>> = Object.fromEntries(
  Object.entries(READS).flatMap(([name, read]) =>
    SMALL_SIZES.map((bytes) => [
      `${name}-${bytes}`,
      (context: CaseContext) => readMany(context, bytes, read),
    ]),
  ),
);

/** Nanoseconds for one file. */
async function readMany(context: CaseContext, bytes: number, read: Read): Promise<Figure> {
  const path = join(context.directory, `small-${bytes}`);
  writeFileSync(
    path,
    Int32Array.from({ length: bytes / 4 }, (_, index) => wordAt(index)),
  );
  const wanted = Math.round(context.sizes.smallTotalBytes / bytes);
  const passes = Math.min(PASSES_MAX, Math.max(PASSES_MIN, wanted));
  const run = async (): Promise<void> => {
    const sum = new WordSum();
    const pending = read(path, sum);
    // Only what gives a promise waits: an `await` costs as much as reading a small file.
    if (pending instanceof Promise) await pending;
    sum.verify(bytes);
  };
  for (let i = 0; i < passes; i++) await run();
  const startedAt = Bun.nanoseconds();
  for (let i = 0; i < passes; i++) await run();
  return { value: (Bun.nanoseconds() - startedAt) / passes };
}
