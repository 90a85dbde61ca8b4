/**
 * Reading from front to back, from the page cache and from the disk.
 *
 * @module
 */
import { MemoryMappedFile } from "@isthmus/core";
import { type CaseFunction, type Figure, SkipError } from "../../runner/suite.ts";
import { coldFilePath, testFilePath } from "../../runner/test-file.ts";
import { median } from "../../statistics/statistics.ts";
import { residentBytes } from "../resident-bytes.ts";
import {
  type Reader,
  readAgain,
  readBunMapping,
  readBunStream,
  readInto,
  readMapping,
  readStream,
  readWhole,
} from "./reading.ts";
import { WordSum, warmUpSum } from "./word-sum.ts";

/** Of each warm file; the median counts. */
const PASSES = 3;

const READERS = {
  mapping: readMapping,
  again: readAgain,
  stream: readStream,
  bunStream: readBunStream,
  readSync: readInto,
  bytes: readWhole,
  bunMmap: readBunMapping,
} as const;

/** The file of the usual size, in the page cache. */
export const warm: { readonly cases: Readonly<Record<string, CaseFunction>> } = {
  cases: casesOf(async ({ sizes, directory }, reader) => {
    return await readWarm(testFilePath(directory, sizes.fileBytes), sizes.fileBytes, reader);
  }),
};

/** The large file, in the page cache. */
export const large: { readonly cases: Readonly<Record<string, CaseFunction>> } = {
  cases: casesOf(async ({ sizes, directory }, reader) => {
    const { largeFileBytes } = sizes;
    return await readWarm(testFilePath(directory, largeFileBytes), largeFileBytes, reader);
  }),
};

/** A file of the usual size, dropped from the page cache before. */
export const cold: { readonly cases: Readonly<Record<string, CaseFunction>> } = {
  cases: casesOf(async ({ sizes, directory }, reader) => {
    const path = coldFilePath(directory, sizes.fileBytes);
    // Compiles the reader; the file is dropped afterwards.
    warmUpSum();
    await readOnce(path, sizes.fileBytes, reader);
    dropFromCache(path);
    return { value: await readOnce(path, sizes.fileBytes, reader) };
  }),
};

type Measure = (context: Parameters<CaseFunction>[0], reader: Reader) => Promise<Figure>;

function casesOf(measure: Measure): Record<string, CaseFunction> {
  return Object.fromEntries(
    Object.entries(READERS).map(([name, reader]) => [
      name,
      (context: Parameters<CaseFunction>[0]) => measure(context, reader),
    ]),
  );
}

async function readWarm(path: string, bytes: number, reader: Reader): Promise<Figure> {
  const before = residentBytes("VmRSS");
  // Brings the file into the cache and the reader to its compiled state.
  warmUpSum();
  await readOnce(path, bytes, reader);
  const rates: number[] = [];
  for (let pass = 0; pass < PASSES; pass++) rates.push(await readOnce(path, bytes, reader));
  const value = median(rates);
  const peak = residentBytes("VmHWM");
  return { value, ...(peak > before && { peakGrowthBytes: peak - before }) };
}

/** Bytes per second, opening, verifying and closing included. */
async function readOnce(path: string, bytes: number, reader: Reader): Promise<number> {
  const startedAt = Bun.nanoseconds();
  const sum = new WordSum();
  await reader(path, sum);
  sum.verify(bytes);
  return bytes / ((Bun.nanoseconds() - startedAt) / 1e9);
}

/** GNU dd is the one program found on most systems that can ask the kernel to forget a file's pages. */
function dropFromCache(path: string): void {
  if (Bun.which("dd") === null) throw new SkipError("no dd to drop the file from the page cache");
  const { exitCode, stderr } = Bun.spawnSync([
    "dd",
    `of=${path}`,
    "oflag=nocache",
    "conv=notrunc,fdatasync",
    "count=0",
    "status=none",
  ]);
  if (exitCode !== 0) {
    throw new SkipError(`dd cannot drop the file from the page cache: ${stderr.toString().trim()}`);
  }
  using file = MemoryMappedFile.createFromFile(path, { access: "read" });
  using view = file.createViewAccessor();
  const left = view.residentBytes();
  if (left > file.capacity / 100) {
    throw new SkipError(`the kernel keeps ${left} bytes of the file in the page cache`);
  }
}
