/**
 * What the hardware allows: a C program that does the same work.
 *
 * @module
 */
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { type CaseContext, type CaseFunction, type Figure, SkipError } from "../../runner/suite.ts";
import { testFilePath, wordAt } from "../../runner/test-file.ts";
import { logFile } from "../micro/log-file.ts";
import { warmUpOf } from "../sample.ts";

/** What is copied at a time, and room for eight of it. */
const LARGE_BYTES = 1 << 20;
const LARGE_COUNT = 8;
const COPY_SHARE = 4;
const PAGE_BYTES = 4096;

/** All of it. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  ping: (context) => runReference(context, ["ping", context.sizes.spinningRoundTrips]),
  ring: (context) => runReference(context, ["ring", context.sizes.records, 1]),
  ringBatched: (context) => runReference(context, ["ring", context.sizes.records, 64]),
  memcpy: (context) => runReference(context, ["copy", LARGE_BYTES, copiesOf(context)]),
  mappedPage: (context) => runReference(context, ["mapped", ...pagesOf(context)]),
  readPage: (context) => runReference(context, ["read", ...pagesOf(context)]),
  storedPage: (context) => {
    const path = join(context.memoryDirectory, `pages-${process.pid}`);
    return runReference(context, ["stored", path, context.sizes.transferBytes]);
  },
  countRead: (context) => runReference(context, ["count", ...lineFeedsOf(context)]),
  countMapped: (context) => runReference(context, ["mapcount", ...lineFeedsOf(context)]),
  histogram: (context) => runReference(context, ["histogram", ...linesOf(context), 1]),
  histogramTwo: (context) => runReference(context, ["histogram", ...linesOf(context), 2]),
  copies: (context) => ({ value: copyRate(copiesOf(context)) }),
};

function copiesOf({ sizes }: CaseContext): number {
  return Math.max(8, Math.round((sizes.transferBytes / LARGE_BYTES) * COPY_SHARE));
}

/** The large file, and what the first words of its pages add up to. */
function pagesOf({ sizes, directory }: CaseContext): [path: string, sum: number] {
  const { largeFileBytes } = sizes;
  let sum = 0;
  for (let at = 0; at < largeFileBytes; at += PAGE_BYTES) sum = (sum + wordAt(at / 4)) | 0;
  return [testFilePath(directory, largeFileBytes), sum >>> 0];
}

/** The large file, and how many line feeds are in it. */
function lineFeedsOf({ sizes, directory }: CaseContext): [path: string, count: number] {
  const path = testFilePath(directory, sizes.largeFileBytes);
  using file = MemoryMappedFile.createFromFile(path, { access: "read" });
  return [path, file.count("\n")];
}

/** The log, and how many lines are in it. */
function linesOf({ sizes, directory }: CaseContext): [path: string, count: number] {
  const { path, lines } = logFile(directory, sizes.largeFileBytes);
  return [path, lines];
}

function runReference({ reference }: CaseContext, args: readonly (string | number)[]): Figure {
  if (reference === undefined) throw new Error("the reference program was not prepared");
  if ("reason" in reference) throw new SkipError(reference.reason);
  const { stdout, exitCode } = Bun.spawnSync([reference.path, ...args.map(String)], {
    stderr: "inherit",
  });
  if (exitCode !== 0) throw new Error(`the reference program ended with ${exitCode}`);
  return { value: Number(stdout.toString()) };
}

/** Bytes per second of copying 1 MiB into shared memory and out again, in one process. */
function copyRate(count: number): number {
  using file = MemoryMappedFile.createNew(`copies-${process.pid}`, LARGE_COUNT * LARGE_BYTES);
  using view = file.createViewAccessor();
  const shared = view.bytes();
  const source = new Uint8Array(LARGE_BYTES).fill(7);
  const target = new Uint8Array(LARGE_BYTES);
  let startedAt = 0;
  for (let i = 0; i < count; i++) {
    if (i === warmUpOf(count)) startedAt = performance.now();
    const offset = (i % LARGE_COUNT) * LARGE_BYTES;
    shared.set(source, offset);
    target.set(shared.subarray(offset, offset + LARGE_BYTES));
  }
  const ms = performance.now() - startedAt;
  return ((count - warmUpOf(count)) * LARGE_BYTES * 1000) / ms;
}
