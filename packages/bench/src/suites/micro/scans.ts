/**
 * Analysing content: the kernels of core beside what one would write. All but those that say otherwise open the file
 * and get at its bytes within the timed part.
 *
 * @module
 */
import {
  closeSync,
  createReadStream,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { MemoryMappedFile, scanJobs } from "@isthmus/core";
import { byteCounter } from "@isthmus/core/internal";
import { type CaseContext, type CaseFunction, type Figure, SkipError } from "../../runner/suite.ts";
import { testFilePath } from "../../runner/test-file.ts";
import { residentBytes } from "../resident-bytes.ts";
import { type LogFile, logFile } from "./log-file.ts";
import { mustBe } from "./micro.ts";

const NEEDLE = 0x0a;
/** No four neighbouring bytes of the words are these; a search has to go to the end. */
const ABSENT = "\n\n\n\n\n\n\n\n";
/** As in the suites that read. */
const BUFFER_BYTES: number = 256 << 10;
/** Of the log, on average. */
const LINE_BYTES = 79;

/** Scans the file at a path. */
type Scan = (path: string) => number | Promise<number>;

/** All kernels. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  count: counting((path) => onFile(path, (file) => file.count(NEEDLE))),
  countReadSync: counting(countReadSync),
  countStream: counting(countStream),
  wc: counting((path) => countByProgram(["wc", "-l", path])),
  countLoop: counting((path) => onFile(path, countByLoop)),
  countIndexOf: (context) => {
    const bytes = readFileSync(pathOf(context));
    return measureScan(context, () => countIn(bytes), newlinesOf(context));
  },
  indexOf: (context) => {
    return measureScan(context, (path) => onFile(path, (file) => file.indexOf(ABSENT)), -1);
  },
  bufferIndexOf: (context) => {
    const bytes = readFileSync(pathOf(context));
    return measureScan(context, () => bytes.indexOf(ABSENT), -1);
  },
  histogram: onLog((file) => file.histogram()[NEEDLE] as number),
  histogramLoop: onLog(histogramByLoop),
  forEachLine: onLog(countLines),
  lines: onLog((file) => countOf(file.lines())),
  rawLines: onLog((file) => countOf(file.lines({ raw: true }))),
  rawArrays: ({ directory, sizes }) => {
    const log = logFile(directory, sizes.largeFileBytes);
    return measure(log, () => makeArrays(log.lines), log.lines);
  },
  linesGenerator: onLog((file) => countOf(generateLines(file))),
  countReadKernel: counting(countReadKernel),
  findFour: searching((path) => onFile(path, findFour)),
  findFourIndexOf: searching((path) => onFile(path, findFourByIndexOf)),
  countAnyCase: searching((path) => onFile(path, (file) => file.count(TEXT, ANY_CASE))),
  rgAnyCase: searching((path) => countByProgram([...RG, "-i", TEXT, path])),
  huge: countHoles,
  hugeLimit: ({ sizes }) => ({
    value: sizes.hugeFileBytes,
    peakGrowthBytes: GROWTH_BYTES_MAX,
  }),
  text: counting((path) => onFile(path, scanText)),
  wcText: counting((path) => countByProgram(["wc", "-lwL", path])),
  countText: searching((path) => onFile(path, (file) => file.count(TEXT))),
  rg: searching((path) => countByProgram([...RG, TEXT, path])),
  grep: searching((path) => countByProgram(["grep", "-a", "-c", "-F", TEXT, path])),
  oneThread: onLog((file) => scanWith(file, 1)),
  twoThreads: onLog((file) => {
    if (availableParallelism() < 2) throw new SkipError("this process has one CPU");
    return scanWith(file, 2);
  }),
};

/** What raw lines cannot do without. */
function makeArrays(count: number): number {
  const bytes = new Uint8Array(BUFFER_BYTES);
  let made = 0;
  for (let i = 0; i < count; i++) {
    const start = (i * LINE_BYTES) % (BUFFER_BYTES - LINE_BYTES);
    if (bytes.slice(start, start + LINE_BYTES).length === LINE_BYTES) made++;
  }
  return made;
}

function countOf(lines: Iterable<unknown>): number {
  let found = 0;
  for (const _ of lines) found++;
  return found;
}

/** Many lines decoded and split at once, and yielded one by one: what a user would write. */
function* generateLines(file: MemoryMappedFile): Generator<string, void> {
  let rest = "";
  for (const chunk of file.chunks({ size: BUFFER_BYTES })) {
    const lines = (rest + Buffer.from(chunk).toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
  }
  if (rest !== "") yield rest;
}

async function findFour(file: MemoryMappedFile): Promise<number> {
  const { counts } = await file.scan(scanJobs.find(TEXTS, { limit: 0 }), { workers: 1 });
  return counts.reduce((sum, count) => sum + count, 0);
}

function findFourByIndexOf(file: MemoryMappedFile): number {
  return TEXTS.reduce((sum, text) => sum + file.count(text), 0);
}

/** Counts in a file of holes: nothing is on a disk, and the page cache gives it all back. */
function countHoles({ directory, sizes }: CaseContext): Figure {
  const path = join(directory, `holes-${process.pid}`);
  const bytes = sizes.hugeFileBytes;
  try {
    writeFileSync(path, "");
    truncateSync(path, bytes);
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    const before = residentBytes("VmRSS");
    const startedAt = Bun.nanoseconds();
    mustBe(file.count(0), bytes);
    const value = bytes / ((Bun.nanoseconds() - startedAt) / 1e9);
    return { value, peakGrowthBytes: Math.max(1, residentBytes("VmHWM") - before) };
  } finally {
    rmSync(path, { force: true });
  }
}

/** Not in the words of the file: the search goes to the end, and nobody is slowed by what was found. */
const TEXT = "ERROR while";
const TEXTS = [TEXT, "PANIC at", "deadlock", "out of memory"];
const ANY_CASE = { ignoreCase: true };
const RG = ["rg", "-a", "-c", "-F", "--include-zero"];
/** What a scan of a huge file may add to its process. */
const GROWTH_BYTES_MAX: number = 64 << 20;

function searching(scan: Scan): CaseFunction {
  return (context) => measureScan(context, scan, 0);
}

function counting(scan: Scan): CaseFunction {
  return (context) => measureScan(context, scan, newlinesOf(context));
}

function pathOf({ directory, sizes }: CaseContext): string {
  return testFilePath(directory, sizes.largeFileBytes);
}

let newlines: number | undefined;

/** Counted once per process, from a copy and by the plainest loop. */
function newlinesOf(context: CaseContext): number {
  newlines ??= countBytes(readFileSync(pathOf(context)));
  return newlines;
}

function onLog(count: (file: MemoryMappedFile) => number | Promise<number>): CaseFunction {
  return ({ directory, sizes }) => {
    const { path, bytes, lines } = logFile(directory, sizes.largeFileBytes);
    return measure({ path, bytes }, (log) => onFile(log, count), lines);
  };
}

function measureScan(context: CaseContext, scan: Scan, expected: number): Promise<Figure> {
  return measure({ path: pathOf(context), bytes: context.sizes.largeFileBytes }, scan, expected);
}

/** A scan takes milliseconds: one that is timed, after one that warms up, needs no mitata. */
async function measure(
  { path, bytes }: Pick<LogFile, "path" | "bytes">,
  scan: Scan,
  expected: number,
): Promise<Figure> {
  mustBe(await scan(path), expected);
  const startedAt = Bun.nanoseconds();
  mustBe(await scan(path), expected);
  return { value: bytes / ((Bun.nanoseconds() - startedAt) / 1e9) };
}

async function onFile(
  path: string,
  scan: (file: MemoryMappedFile) => number | Promise<number>,
): Promise<number> {
  using file = MemoryMappedFile.createFromFile(path, { access: "read" });
  return await scan(file);
}

function countByLoop(file: MemoryMappedFile): number {
  let found = 0;
  for (const chunk of file.chunks()) found += countBytes(chunk);
  return found;
}

function countBytes(bytes: Uint8Array): number {
  let found = 0;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === NEEDLE) found++;
  return found;
}

function countIn(bytes: Buffer): number {
  let found = 0;
  for (let at = bytes.indexOf(NEEDLE); at !== -1; at = bytes.indexOf(NEEDLE, at + 1)) found++;
  return found;
}

function countReadSync(path: string): number {
  const fd = openSync(path, "r");
  try {
    const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    let found = 0;
    for (;;) {
      const length = readSync(fd, buffer, 0, buffer.length, null);
      if (length === 0) return found;
      found += countIn(length === buffer.length ? buffer : buffer.subarray(0, length));
    }
  } finally {
    closeSync(fd);
  }
}

/** Read into memory that the CPU's second cache holds, and counted there as `count` does. */
function countReadKernel(path: string): number {
  const fd = openSync(path, "r");
  try {
    const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    const countIn = byteCounter(Infinity);
    let found = 0;
    for (;;) {
      const length = readSync(fd, buffer, 0, buffer.length, null);
      if (length === 0) return found;
      found += countIn(buffer.subarray(0, length), NEEDLE);
    }
  } finally {
    closeSync(fd);
  }
}

async function countStream(path: string): Promise<number> {
  let found = 0;
  for await (const chunk of createReadStream(path)) found += countIn(chunk as Buffer);
  return found;
}

/** Four tables: what a user would write who knows that a run of equal bytes waits for itself. */
function histogramByLoop(file: MemoryMappedFile): number {
  const tables = new Uint32Array(4 * 256);
  for (const chunk of file.chunks()) {
    for (let i = 0; i < chunk.length; i += 4) {
      tables[chunk[i] as number]!++;
      tables[256 + (chunk[i + 1] as number)]!++;
      tables[512 + (chunk[i + 2] as number)]!++;
      tables[768 + (chunk[i + 3] as number)]!++;
    }
  }
  return [0, 256, 512, 768].reduce((sum, table) => sum + (tables[table + NEEDLE] as number), 0);
}

function countLines(file: MemoryMappedFile): number {
  let found = 0;
  file.forEachLine(() => {
    found++;
  });
  return found;
}

async function scanText(file: MemoryMappedFile): Promise<number> {
  return (await file.scan(scanJobs.text({ histogram: false }), { workers: 1 })).lines;
}

async function scanWith(file: MemoryMappedFile, workers: number): Promise<number> {
  return (await file.scan(scanJobs.histogram(), { workers }))[NEEDLE] as number;
}

/** Its start is part of the time, as it is for who uses it: about a millisecond. */
function countByProgram(command: readonly string[]): number {
  const [program = ""] = command;
  if (Bun.which(program) === null) throw new SkipError(`no ${program} in PATH`);
  const env = { ...process.env, LC_ALL: "C" };
  return Number.parseInt(Bun.spawnSync([...command], { env }).stdout.toString(), 10);
}
