/**
 * Analysing content: the kernels of core beside what one would write. All but those that say otherwise open the file
 * and get at its bytes within the timed part.
 *
 * @module
 */
import { closeSync, createReadStream, openSync, readFileSync, readSync } from "node:fs";
import { availableParallelism } from "node:os";
import { MemoryMappedFile, scanJobs } from "@isthmus/core";
import { type CaseContext, type CaseFunction, type Figure, SkipError } from "../../runner/suite.ts";
import { testFilePath } from "../../runner/test-file.ts";
import { mustBe } from "./micro.ts";

const NEEDLE = 0x0a;
/** No four neighbouring bytes of the words are these; a search has to go to the end. */
const ABSENT = "\n\n\n\n\n\n\n\n";
/** As in the suites that read. */
const BUFFER_BYTES: number = 256 << 10;

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
  histogram: counting((path) => onFile(path, (file) => file.histogram()[NEEDLE] as number)),
  histogramLoop: counting((path) => onFile(path, histogramByLoop)),
  forEachLine: counting((path) => onFile(path, countLines)),
  lines: counting((path) => onFile(path, countDecodedLines)),
  text: counting((path) => onFile(path, scanText)),
  wcText: counting((path) => countByProgram(["wc", "-lwL", path])),
  countText: searching((path) => onFile(path, (file) => file.count(TEXT))),
  rg: searching((path) => countByProgram(["rg", "-a", "-c", "-F", "--include-zero", TEXT, path])),
  grep: searching((path) => countByProgram(["grep", "-a", "-c", "-F", TEXT, path])),
  oneThread: counting((path) => onFile(path, (file) => scanWith(file, 1))),
  twoThreads: counting((path) => {
    if (availableParallelism() < 2) throw new SkipError("this process has one CPU");
    return onFile(path, (file) => scanWith(file, 2));
  }),
};

/** Not in the words of the file: the search goes to the end, and nobody is slowed by what was found. */
const TEXT = "ERROR while";

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

/** A scan takes milliseconds: one that is timed, after one that warms up, needs no mitata. */
async function measureScan(context: CaseContext, scan: Scan, expected: number): Promise<Figure> {
  const path = pathOf(context);
  mustBe(await scan(path), expected);
  const startedAt = Bun.nanoseconds();
  mustBe(await scan(path), expected);
  return { value: context.sizes.largeFileBytes / ((Bun.nanoseconds() - startedAt) / 1e9) };
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

/** The file does not end with a line feed. */
function countLines(file: MemoryMappedFile): number {
  let found = 0;
  file.forEachLine((bytes, _, end) => {
    if (bytes[end] === NEEDLE) found++;
  });
  return found;
}

function countDecodedLines(file: MemoryMappedFile): number {
  let found = 0;
  for (const _ of file.lines()) found++;
  return found - Number(endsInLine(file));
}

/** Whether something stands behind the last line feed. */
function endsInLine(file: MemoryMappedFile): boolean {
  return file.lastIndexOf(NEEDLE) < file.capacity - 1;
}

async function scanText(file: MemoryMappedFile): Promise<number> {
  return (await file.scan(scanJobs.text(), { workers: 1 })).lines;
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
