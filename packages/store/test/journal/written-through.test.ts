/** Segments that are written by system calls: the same bytes as by a mapping, also where the system refuses a call. */
import { expect } from "bun:test";
import { closeSync, ftruncateSync, openSync, readFileSync } from "node:fs";
import { platform } from "@isthmus/core/internal";
import { testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { DiskWriting } from "../../src/journal/disk-files.ts";
import type { WritableSegment } from "../../src/journal/storage.ts";
import { WrittenThrough } from "../../src/journal/written-through.ts";

const LENGTH = 2 ** 16;

function change(segment: WritableSegment): void {
  const bytes = Uint8Array.from({ length: 400 }, (_, i) => i);
  const source = { bytes, view: new DataView(bytes.buffer) };
  segment.store(4096, -5);
  segment.storeNumber(64, 2 ** 53 - 1);
  segment.write(8000, bytes.subarray(3, 300));
  segment.copy(12_004, source, 4, 12);
  segment.copy(16_004, source, 4, 400);
}

const testFiles = testIf(platform().syncsMappings, "files that are one with their mappings");

testFiles(
  "WrittenThrough writes what a mapping would, and sees it, also when a call is refused",
  () => {
    using directory = new TemporaryDirectory();
    const contents = [DiskWriting, WrittenThrough, WrittenThrough].map((Writing, index) => {
      const path = directory.file(`segment-${index}`);
      const fd = openSync(path, "w+");
      ftruncateSync(fd, LENGTH);
      const segment = new Writing(fd, path, 1, LENGTH);
      // Whoever gets the number next may only read.
      if (index === 2) closeSync(fd);
      const other = index === 2 ? openSync(path, "r") : fd;
      expect(other).toBe(fd);
      change(segment);
      expect(segment.load(4096)).toBe(-5);
      expect(segment.bytes[8001]).toBe(4);
      segment.sync();
      segment.close();
      return readFileSync(path).toString("hex");
    });
    expect(contents[0]).toContain("ffffffffffff3f43");
    expect(contents[1]).toBe(contents[0] as string);
    expect(contents[2]).toBe(contents[0] as string);
  },
);
