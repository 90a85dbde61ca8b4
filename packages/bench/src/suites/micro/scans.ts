/**
 * Analysing content: the kernels of core beside what one would write. All but those that say otherwise open the file
 * and get at its bytes within the timed part.
 *
 * @module
 */
import { closeSync, createReadStream, openSync, readFileSync, readSync } from "node:fs";
import { MemoryMappedFile } from "@isthmus/core";
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
  wc: counting(countByProgram),
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
};

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

function onFile(path: string, scan: (file: MemoryMappedFile) => number): number {
  using file = MemoryMappedFile.createFromFile(path, { access: "read" });
  return scan(file);
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

/** Its start is part of the time, as it is for who uses it: about a millisecond. */
function countByProgram(path: string): number {
  if (Bun.which("wc") === null) throw new SkipError("no wc in PATH");
  const { stdout } = Bun.spawnSync(["wc", "-l", path]);
  return Number.parseInt(stdout.toString(), 10);
}
