/** Scans that read their file instead of looking at its mapping: they must see what a mapping shows. */
import { describe, expect, test } from "bun:test";
import {
  closeSync,
  ftruncateSync,
  openSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { Home } from "@isthmus/testing/home";
import { descriptorsOf } from "@isthmus/testing/process-state";
import { ifProc, isLinux, testIf, truncatingTest } from "@isthmus/testing/requirement";
import { runs } from "@isthmus/testing/runs";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import fc from "fast-check";
import { DisposedError, FileTruncatedError, MemoryMappedFile, scanJobs } from "../src/index.ts";
import { mapView } from "../src/map-pages.ts";
import { openFile } from "../src/open-file.ts";
import { createMemory } from "../src/open-memory.ts";
import { readPlace } from "../src/scan/read-place.ts";
import { READ_WINDOW_BYTES, SCAN_WINDOW_BYTES, windows } from "../src/scan/windows.ts";
import type { ViewSource } from "../src/view.ts";
import { ViewAccessor } from "../src/view-accessor.ts";
import { filled, pattern } from "./support/bytes.ts";

const MIB = 1 << 20;
/** So much that kernels are used. */
const LENGTH = SCAN_WINDOW_BYTES + 5 * MIB + 777;
const readingTest = testIf(isLinux, "reads that show what was stored through mappings");

function placeOf(source: ViewSource, offset: number, length: number) {
  using mapping = mapView(source.backing, offset, length, "read");
  return readPlace(mapping, source.backing, offset);
}

/** What a plain loop finds in a part of some bytes. */
function plainly(bytes: Uint8Array, needle: Uint8Array) {
  const histogram = new Float64Array(256);
  for (const byte of bytes) histogram[byte]!++;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let matches = 0;
  for (let at = buffer.indexOf(needle); at >= 0; at = buffer.indexOf(needle, at + needle.length))
    matches++;
  return { histogram, matches };
}

/** The same by scans. */
function byScans(file: MemoryMappedFile, needle: Uint8Array, offset = 0, length?: number) {
  const range = { offset, length: length ?? file.capacity - offset };
  return { histogram: file.histogram(range), matches: file.count(needle, range) };
}

/** Lines of all lengths, some longer than what is read at a time; the last one ends at the end of the file. */
function manyLines(): Buffer {
  const content = Buffer.alloc(LENGTH, "line ");
  const lengths = [1, 79, 4000, 600_000, 2, 1_100_000, 131_072, 30];
  for (let at = 0, turn = 0; at < LENGTH; at += lengths[turn++ % lengths.length] as number) {
    content[at] = 0x0a;
  }
  return content;
}

/** What each way of giving lines gives, as offset and length. */
function linesByEachWay(file: MemoryMappedFile) {
  const visited: number[][] = [];
  file.forEachLine((_, start, end, offset) => visited.push([offset, end - start]));
  const pointed = Array.from(file.lineCursor(), ({ offset, start, end }) => [offset, end - start]);
  let at = 0;
  const raw = Array.from(file.lines({ raw: true }), ({ length }) => {
    const line = [at, length];
    at += length + 1;
    return line;
  });
  return { visited, pointed, raw };
}

/** The same by a loop over bytes where they are mapped. */
function mappedLines(file: MemoryMappedFile): number[][] {
  const ends = [-1];
  let start = 0;
  for (const chunk of file.chunks()) {
    for (let i = 0; i < chunk.length; i++) if (chunk[i] === 0x0a) ends.push(start + i);
    start += chunk.length;
  }
  if (ends.at(-1) !== start - 1) ends.push(start);
  return ends.slice(1).map((end, index) => {
    const from = (ends[index] as number) + 1;
    return [from, end - from];
  });
}

describe("readPlace()", () => {
  readingTest("is where a range is in its file, or in the file of its memory", () => {
    using _home = new Home();
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", filled(10 * MIB, 1));
    const file = openFile(path, { access: "read" });
    expect(placeOf(file, 5, 9 * MIB)).toEqual({ fd: file.backing.fd, position: 5 });
    file.backing.release();
    const named = createMemory(`reading-${process.pid}`, 1000, undefined);
    const { fd, baseOffset } = named.backing;
    using view = new ViewAccessor(named);
    view.writeUint8(999, 1);
    expect(baseOffset).toBeGreaterThan(0);
    expect(placeOf(named, 10, 20)).toEqual({ fd, position: baseOffset + 10 });
    named.backing.release();
  });

  testIf(process.platform !== "win32", "/dev/zero")("is nowhere for a device", () => {
    const device = openFile("/dev/zero", { access: "read", capacity: 4096 });
    expect(placeOf(device, 0, 4096)).toBeUndefined();
    device.backing.release();
  });

  test("is nowhere for what is not all in memory", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("holes.bin", filled(3 * MIB, 1));
    truncateSync(path, 16 * MIB);
    const file = openFile(path, { access: "read" });
    expect(placeOf(file, 0, 8 * MIB)).toBeUndefined();
    file.backing.release();
  });
});

describe("a scan that reads", () => {
  test("finds what a plain loop finds, in any range, at every border", () => {
    using directory = new TemporaryDirectory();
    const content = pattern(LENGTH).map((byte) => byte & 3);
    const path = directory.file("data.bin", content);
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    const borders = [0, 1 << 16, 1 << 18, MIB, SCAN_WINDOW_BYTES, LENGTH];
    const near = fc
      .tuple(fc.constantFrom(...borders), fc.integer({ min: -70, max: 70 }))
      .map(([border, shift]) => Math.min(LENGTH, Math.max(0, border + shift)));
    const needles = fc.array(fc.nat(3), { minLength: 1, maxLength: 12 });
    const property = fc.property(near, near, needles, (one, other, list) => {
      const [from, to] = one < other ? [one, other] : [other, one];
      const needle = Uint8Array.from(list);
      expect(byScans(file, needle, from, to - from)).toEqual(
        plainly(content.subarray(from, to), needle),
      );
    });
    fc.assert(property, runs(12));
  });

  describe.each([
    ["none of it is a hole", -1],
    ["it begins with a hole", 0],
    ["there is a hole in the first part that is looked at", 10 * MIB],
    ["there is a hole in the second one", READ_WINDOW_BYTES + 10 * MIB],
    ["there is a hole at its end", 2 * READ_WINDOW_BYTES + 10 * MIB],
  ])("of a file of three parts where %s", (_, hole) => {
    test("finds what lies across any border, once", async () => {
      using directory = new TemporaryDirectory();
      const path = directory.file("parts.bin", "");
      const length = 2 * READ_WINDOW_BYTES + 12 * MIB;
      const fd = openSync(path, "r+");
      const piece = filled(MIB, 0x2e);
      for (let at = 0; at < length; at += MIB) {
        if (at !== hole) writeSync(fd, piece, 0, MIB, at);
      }
      ftruncateSync(fd, length);
      const needle = "Isthmus!";
      let needles = 0;
      for (let border = SCAN_WINDOW_BYTES; border < length; border += SCAN_WINDOW_BYTES) {
        writeSync(fd, needle, border - 1 - (needles++ % 7));
      }
      closeSync(fd);
      const holeBytes = hole < 0 ? 0 : MIB;
      const points = length - holeBytes - needles * needle.length;
      // Whoever looks at a hole may bring it into the page cache: the first look is at one.
      using file = MemoryMappedFile.createFromFile(path, { access: "read" });
      expect([file.count(needle), file.count(needle, { ignoreCase: true })]).toEqual([
        needles,
        needles,
      ]);
      expect([file.count(0x2e), file.count(0)]).toEqual([points, holeBytes]);
      expect(file.histogram()[0x2e]).toBe(points);
      const from = { offset: SCAN_WINDOW_BYTES };
      expect(file.count(needle, from)).toBe(needles - 1);
      const jobs = [scanJobs.count(needle), scanJobs.histogram(), scanJobs.count(0x2e)] as const;
      const [found, values, dots] = await file.scan(scanJobs.all(jobs), { workers: 2 });
      expect([found, values[0x2e], values[0], dots]).toEqual([needles, points, holeBytes, points]);
    });
  });

  test("sees what was stored through maps, and written to the file, a moment before", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", filled(LENGTH, 0x2e));
    using file = MemoryMappedFile.createFromFile(path);
    using view = file.createViewAccessor();
    const fd = openSync(path, "r+");
    const bytes = view.bytes();
    for (let i = 0; i < 40; i++) {
      const at = (i * 331_777) % (LENGTH - 8);
      if (i % 2 === 0) bytes.set(Buffer.from("Isthmus!"), at);
      else writeSync(fd, "Isthmus!", at);
      expect([file.count("Isthmus!"), file.count(0x21)]).toEqual([i + 1, i + 1]);
    }
    expect(file.histogram()[0x2e]).toBe(LENGTH - 40 * 8);
    closeSync(fd);
  });

  test("sees the file, whatever a copy-on-write view has changed for itself", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", filled(LENGTH, 0x2e));
    using file = MemoryMappedFile.createFromFile(path, { access: "copyOnWrite" });
    using view = file.createViewAccessor();
    view.bytes().fill(0x21);
    expect([file.count(0x21), file.count(".."), file.histogram()[0x2e]]).toEqual([
      0,
      Math.floor(LENGTH / 2),
      LENGTH,
    ]);
    expect(file.lines().next().value?.[0]).toBe(".");
    expect(await file.scan(scanJobs.count(0x21), { workers: 1 })).toBe(0);
    expect(view.bytes().every((byte) => byte === 0x21)).toBe(true);
  });

  test("sees named memory, which begins behind a superblock", () => {
    using _home = new Home();
    using memory = MemoryMappedFile.createNew(`reading-${process.pid}`, 5 * MIB);
    using view = memory.createViewAccessor();
    view.bytes().fill(0x21);
    expect([memory.count(0x21), memory.histogram()[0x21]]).toEqual([5 * MIB, 5 * MIB]);
  });

  // Where nobody reads, a file of so many holes may take as much room.
  readingTest("reads beyond 4 GiB", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("long.bin", "");
    const offset = 2 ** 32 + 4097;
    const fd = openSync(path, "r+");
    writeSync(fd, filled(5 * MIB, 0x21), 0, 5 * MIB, offset);
    closeSync(fd);
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    expect(file.capacity).toBe(offset + 5 * MIB);
    expect([file.count("!!", { offset }), file.count(0x21, { offset })]).toEqual([
      (5 * MIB) / 2,
      5 * MIB,
    ]);
  });

  truncatingTest("tells of a file that was truncated behind the window's beginning", () => {
    using directory = new TemporaryDirectory();
    for (const left of [SCAN_WINDOW_BYTES + 100, SCAN_WINDOW_BYTES - 1, 5000, 0]) {
      const path = directory.file("data.bin", filled(2 * SCAN_WINDOW_BYTES, 1));
      const file = openFile(path, { access: "read" });
      const into = new Uint8Array(1 << 16);
      const look = (): void => {
        const options = { from: 0, to: file.capacity, isCopied: true };
        for (const { bytes, copy } of windows(file, options)) {
          copy(0, into);
          truncateSync(path, left);
          for (let at = into.length; at < bytes.length; at += into.length) copy(at, into);
        }
      };
      expect(look).toThrow(FileTruncatedError);
      file.backing.release();
    }
  });

  truncatingTest("tells of a file that has become shorter than its map", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", filled(LENGTH, 1));
    using file = MemoryMappedFile.createFromFile(path);
    const fd = openSync(path, "r+");
    ftruncateSync(fd, LENGTH - 1);
    const scans = [() => file.count(1), () => file.count("ab"), () => file.histogram()];
    for (const scan of scans) expect(scan).toThrow(FileTruncatedError);
    ftruncateSync(fd, LENGTH);
    expect(file.count(1)).toBe(LENGTH - 1);
    closeSync(fd);
  });

  test("gives lines as they are, across what is read at a time", () => {
    using directory = new TemporaryDirectory();
    const content = manyLines();
    const path = directory.file("lines.txt", content);
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    const { visited, pointed, raw } = linesByEachWay(file);
    const mapped = mappedLines(file);
    expect(mapped.length).toBeGreaterThan(50);
    expect(visited).toEqual(mapped);
    expect(pointed).toEqual(mapped);
    expect(raw).toEqual(mapped);
    expect([...file.lines()].join("\n")).toBe(content.toString());
    const texts = Array.from(file.lineCursor(), (line) => line.text()).join("\n");
    expect(texts).toBe(content.toString());
    expect(file.isUtf8()).toBe(true);
  });

  test("gives lines of several loops at a time, each of its own", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("lines.txt", manyLines());
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    const behind = file.lines();
    behind.next();
    let last: string | undefined;
    for (const line of file.lines()) {
      if (last !== undefined) expect(behind.next().value).toBe(line);
      last = line;
      file.forEachLine(() => {}, { offset: 3 * MIB, length: 2 * MIB });
    }
    expect(behind.next().done).toBe(true);
  });

  test("ends where what it has read into is transferred away", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("lines.txt", filled(2 * MIB, 0x0a));
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    const takeAway = (): void =>
      file.forEachLine(({ length, buffer }) => {
        if (length > 0) (buffer as ArrayBuffer).transfer();
      });
    expect(takeAway).toThrow(DisposedError);
  });

  truncatingTest("tells of a file that is truncated between two lines", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("lines.txt", filled(2 * SCAN_WINDOW_BYTES, 0x0a));
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    let lines = 0;
    const cut = (): void =>
      file.forEachLine(() => {
        if (lines++ === 0) truncateSync(path, SCAN_WINDOW_BYTES);
      });
    expect(cut).toThrow(FileTruncatedError);
    expect(lines).toBeLessThanOrEqual(SCAN_WINDOW_BYTES);
  });

  ifProc("leaves no descriptors, whatever becomes of its Workers", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", filled(40 * MIB, 1));
    const file = MemoryMappedFile.createFromFile(path, { access: "read" });
    expect(await file.scan(scanJobs.count(1), { workers: 2 })).toBe(40 * MIB);
    expect(descriptorsOf(path)).toBe(1);
    const controller = new AbortController();
    const options = { workers: 2, signal: controller.signal };
    const scanning = file.scan(scanJobs.histogram(), options);
    controller.abort(new Error("enough"));
    expect(await scanning.catch(({ message }) => message)).toBe("enough");
    writeFileSync(path, "");
    const short = await file.scan(scanJobs.histogram(), { workers: 2 }).catch((error) => error);
    expect(short).toBeInstanceOf(FileTruncatedError);
    expect(descriptorsOf(path)).toBe(1);
    file.dispose();
    expect(descriptorsOf(path)).toBe(0);
  });
});
