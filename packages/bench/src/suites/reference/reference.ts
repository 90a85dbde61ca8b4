/**
 * What the hardware allows: a C program that does the same work.
 *
 * @module
 */
import { copyRate } from "../../channel-cases.ts";
import { LARGE_BYTES } from "../../channel-records.ts";
import { type CaseContext, type CaseFunction, type Figure, SkipError } from "../../runner/suite.ts";
import { testFilePath, wordAt } from "../../runner/test-file.ts";

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

function runReference({ reference }: CaseContext, args: readonly (string | number)[]): Figure {
  if (reference === undefined) throw new Error("the reference program was not prepared");
  if ("reason" in reference) throw new SkipError(reference.reason);
  const { stdout, exitCode } = Bun.spawnSync([reference.path, ...args.map(String)], {
    stderr: "inherit",
  });
  if (exitCode !== 0) throw new Error(`the reference program ended with ${exitCode}`);
  return { value: Number(stdout.toString()) };
}
