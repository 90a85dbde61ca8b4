/** Segments as they are written: the same bytes by a mapping and by system calls, also where the system refuses a call. */
import { describe, expect } from "bun:test";
import { closeSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import { FileTruncatedError } from "@isthmus/core";
import { platform } from "@isthmus/core/internal";
import { testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { DiskWriting } from "../../src/journal/disk-writing.ts";

const LENGTH = 2 ** 18;
const FEW = 400;
const MANY = 5000;

/** Bytes of which no two neighbours are the same. */
function sourceOf(length: number) {
  const bytes = Uint8Array.from({ length }, (_, i) => i);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** Writes in each way, at places of its own. */
function change(segment: DiskWriting): void {
  const few = sourceOf(FEW);
  segment.store(4096, -5);
  segment.storeNumber(64, 2 ** 53 - 1);
  segment.write(8000, few.bytes.subarray(3, 300));
  segment.copy(12_004, few, 4, 12);
  segment.copy(16_004, few, 4, FEW);
  segment.copy(65_536, sourceOf(MANY), 0, MANY);
  segment.store(131_072, -6);
  segment.copy(131_076, sourceOf(MANY), 4, MANY);
  segment.store(131_072, 7);
  segment.copy(200_000, few, 4, 12);
  segment.store(200_008, 8);
}

/** A segment of whose bytes the last ones were written by a call. */
function writtenByCall(directory: TemporaryDirectory) {
  const path = directory.file("segment");
  const fd = openSync(path, "w+");
  ftruncateSync(fd, LENGTH);
  const segment = new DiskWriting(fd, path, 1, LENGTH);
  segment.copy(65_536, sourceOf(MANY), 0, MANY);
  return { fd, segment };
}

const testFiles = testIf(platform().syncsMappings, "files that are one with their mappings");

describe("DiskWriting", () => {
  testFiles("writes by calls what a mapping would, and sees it, also when one is refused", () => {
    using directory = new TemporaryDirectory();
    const contents = [false, true, false, true].map((isThrough, index) => {
      const isRefused = index > 1;
      const path = directory.file(`segment-${index}`);
      const fd = openSync(path, "w+");
      ftruncateSync(fd, LENGTH);
      const segment = new DiskWriting(fd, path, 1, LENGTH, isThrough);
      // Whoever gets the number next may only read.
      if (isRefused) closeSync(fd);
      const other = isRefused ? openSync(path, "r") : fd;
      expect(other).toBe(fd);
      expect([FEW, MANY].map((bytes) => segment.copiesAtOnce(bytes))).toEqual([isThrough, true]);
      change(segment);
      expect(segment.load(4096)).toBe(-5);
      expect(segment.load(131_072)).toBe(7);
      expect(segment.bytes[8001]).toBe(4);
      segment.sync();
      segment.close();
      return readFileSync(path).toString("hex");
    });
    expect(contents[0]).toContain("ffffffffffff3f43");
    for (const content of contents.slice(1)) expect(content).toBe(contents[0] as string);
  });

  testFiles("finds what others have stored behind what was written by a call", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("segment");
    const [fd, otherFd] = [openSync(path, "w+"), openSync(path, "r+")];
    ftruncateSync(fd, LENGTH);
    const one = new DiskWriting(fd, path, 1, LENGTH);
    const other = new DiskWriting(otherFd, path, 1, LENGTH);
    one.copy(0, sourceOf(MANY), 0, MANY);
    expect(one.load(MANY)).toBe(0);
    other.store(MANY, 9);
    expect(one.load(MANY)).toBe(9);
    for (const segment of [one, other]) segment.close();
  });

  testFiles(
    "tells that somebody has cut the file off, also behind what was written by a call",
    () => {
      using directory = new TemporaryDirectory();
      const { fd, segment } = writtenByCall(directory);
      ftruncateSync(fd, 4096);
      expect(segment.load(65_536 + MANY)).toBe(0);
      expect(() => segment.checkWhole()).toThrow(FileTruncatedError);
      segment.close();
    },
  );

  testFiles("tells of it when what was written by a call has made the file longer again", () => {
    using directory = new TemporaryDirectory();
    const { fd, segment } = writtenByCall(directory);
    segment.checkWhole();
    ftruncateSync(fd, 4096);
    segment.copy(65_536 + MANY, sourceOf(MANY), 0, MANY);
    expect(segment.load(65_536 + MANY)).not.toBe(0);
    segment.checkStored();
    expect(() => segment.checkWhole()).toThrow(FileTruncatedError);
    segment.close();
  });
});
