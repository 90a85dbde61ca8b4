/**
 * Concept 3: files that are larger than memory has any right to be.
 *
 * @module
 */
import {
  closeSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { MemoryMappedFile } from "@isthmus/core";
import { createBreather } from "../breather.ts";
import { formatCount, formatDuration, formatRate, formatSize } from "../output/format.ts";
import { check, checkEqual, codeOf } from "./check.ts";
import type { DemoRoom } from "./room.ts";
import { type DemoConcept, SkippedStep, type StepOutcome } from "./step.ts";

const GIB: number = 2 ** 30;
const MIB: number = 2 ** 20;
const FILE = "large.bin";
const FILE_BYTES: number = 10 * GIB;
const RANDOM_WRITES = 1000;
const RANDOM_STEP_BYTES: number = Math.floor((FILE_BYTES - 8) / RANDOM_WRITES);
const CHUNKS = 256;
/** Written to the first byte of each chunk. No other byte at the start of a page is set. */
const MARK = 7;
/** Many chunks must not need more memory than a few; a fraction of what would be mapped at once. */
const GROWTH_LIMIT_BYTES: number = 64 * MIB;

/** Large files: partial views, random access, chunks, flat memory. */
export const largeFiles: DemoConcept = {
  number: 3,
  title: "Large files",
  steps: [
    { name: "map a sparse file of 10 GiB", run: mapSparse },
    { name: "partial views past 4 GiB", run: partialViews },
    { name: "random access", run: randomAccess },
    { name: "chunks of 1 MiB, resident memory flat", run: chunks },
  ],
};

function mapSparse(room: DemoRoom): StepOutcome {
  const path = room.path(FILE);
  writeFileSync(path, "");
  try {
    truncateSync(path, FILE_BYTES);
  } catch (error) {
    rmSync(path);
    return new SkippedStep(`no file of 10 GiB in the temporary directory (${codeOf(error)})`);
  }
  const onDisk = statSync(path).blocks * 512;
  if (onDisk > GIB) {
    rmSync(path);
    return new SkippedStep("the file system has no sparse files");
  }
  using file = MemoryMappedFile.createFromFile(path);
  checkEqual(file.capacity, FILE_BYTES, "the capacity");
  return `${formatCount(FILE_BYTES)} bytes mapped, ${formatSize(onDisk)} on disk`;
}

function partialViews(room: DemoRoom): StepOutcome {
  using file = openLarge(room);
  if (file === undefined) return NO_LARGE_FILE;
  const offsets = [4 * GIB - 3, 5 * GIB + 1, 9 * GIB + 123, FILE_BYTES - 4096];
  for (const offset of offsets) {
    const text = `here is byte ${offset}`;
    using view = file.createViewAccessor({ offset, size: 64 });
    view.writeString(0, text, { nullTerminated: true });
    checkEqual(readAt(room, offset, text.length).toString(), text, "an ordinary read");
  }
  return `${offsets.length} views of 64 bytes, up to offset ${formatCount(offsets.at(-1) ?? 0)}`;
}

function randomAccess(room: DemoRoom): StepOutcome {
  using file = openLarge(room);
  if (file === undefined) return NO_LARGE_FILE;
  using view = file.createViewAccessor();
  // Otherwise the kernel brings in a neighbourhood for each number: measured 45 times as slow.
  view.advise("random");
  const order = shuffled(RANDOM_WRITES);
  const startMs = performance.now();
  for (const index of order) view.writeFloat64(index * RANDOM_STEP_BYTES, index + 0.5);
  const elapsedMs = performance.now() - startMs;
  for (const index of order) {
    checkEqual(view.readFloat64(index * RANDOM_STEP_BYTES), index + 0.5, `number ${index}`);
  }
  for (const index of order.slice(0, 50)) {
    const number = readAt(room, index * RANDOM_STEP_BYTES, 8).readDoubleLE();
    checkEqual(number, index + 0.5, `number ${index} by an ordinary read`);
  }
  const each = formatDuration(elapsedMs / RANDOM_WRITES);
  const numbers = `${formatCount(RANDOM_WRITES)} numbers across 10 GiB in shuffled order`;
  return `${numbers}, ${each} each with its page fault`;
}

async function chunks(room: DemoRoom): Promise<StepOutcome> {
  using file = openLarge(room);
  if (file === undefined) return NO_LARGE_FILE;
  using view = file.createViewAccessor({ size: CHUNKS * MIB });
  view.advise("random");
  for (let index = 0; index < CHUNKS; index += 1) view.writeUint8(index * MIB, MARK);
  const breathe = createBreather(room.signal);
  let count = 0;
  let sum = 0;
  let firstRss = 0;
  let highestRss = 0;
  const startMs = performance.now();
  for (const chunk of file.chunks({ size: MIB })) {
    checkEqual(chunk.length, MIB, "the length of a chunk");
    // One byte of every page, so that every page is really brought in.
    for (let offset = 0; offset < MIB; offset += 4096) sum += chunk[offset] ?? 0;
    count += 1;
    if (count % 16 === 0) {
      const rss = process.memoryUsage.rss();
      firstRss ||= rss;
      highestRss = Math.max(highestRss, rss);
    }
    if (count === CHUNKS) break;
    await breathe();
  }
  const elapsedMs = performance.now() - startMs;
  checkEqual(count, CHUNKS, "how many chunks came");
  checkEqual(sum, CHUNKS * MARK, "the sum of the marks at the start of each chunk");
  const growth = highestRss - firstRss;
  check(growth < GROWTH_LIMIT_BYTES, `resident memory grew by ${formatSize(growth)}`);
  const rate = formatRate(((CHUNKS * MIB) / elapsedMs) * 1000);
  const [first, highest] = [formatSize(firstRss), formatSize(highestRss)];
  return `${CHUNKS} chunks at ${rate}; resident ${first} at first, at most ${highest}`;
}

const NO_LARGE_FILE: SkippedStep = new SkippedStep("there is no large file");

function openLarge(room: DemoRoom): MemoryMappedFile | undefined {
  const path = room.path(FILE);
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  return isThere ? MemoryMappedFile.createFromFile(path) : undefined;
}

function readAt(room: DemoRoom, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const fd = openSync(room.path(FILE), "r");
  try {
    readSync(fd, bytes, 0, length, offset);
  } finally {
    closeSync(fd);
  }
  return bytes;
}

/** The numbers below `count` in an order that looks random and is always the same. */
function shuffled(count: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  let state = 1;
  for (let index = count - 1; index > 0; index -= 1) {
    // A linear congruential generator with the constants of Numerical Recipes.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (index + 1);
    [order[index], order[other]] = [order[other] ?? 0, order[index] ?? 0];
  }
  return order;
}
