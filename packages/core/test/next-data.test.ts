/** Where a file has bytes that may not be zero. */
import { expect, test } from "bun:test";
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { type DataRange, platform } from "../src/internal.ts";

test("Platform.nextData() never passes over a byte that is not zero, and passes over holes where it can", () => {
  using directory = new TemporaryDirectory();
  const fd = openSync(directory.file("sparse"), "w+");
  const length = 1 << 20;
  const system = platform();
  try {
    ftruncateSync(fd, length);
    const places = [0, 70_001, 70_002, 500_000, length - 1];
    for (const place of places) writeSync(fd, Uint8Array.of(1), 0, 1, place);
    for (let from = 0; from < length; from += 4099) {
      const next = places.find((place) => place >= from) ?? Infinity;
      const start = system.nextData(fd, from)?.start ?? Infinity;
      expect(start).toBeGreaterThanOrEqual(from);
      expect(start).toBeLessThanOrEqual(next);
    }
    const ranges: DataRange[] = [];
    for (let at = 0; at < length; at = ranges.at(-1)?.end ?? length) {
      ranges.push(system.nextData(fd, at) ?? { start: length, end: length });
    }
    for (const place of places) {
      expect(ranges.filter(({ start, end }) => start <= place && place < end)).toHaveLength(1);
    }
    // Looking at a byte makes no byte of it.
    readSync(fd, new Uint8Array(4096), 0, 4096, 300_000);
    expect(system.nextData(fd, 300_000)?.start).toBeLessThanOrEqual(500_000);
    expect([length, undefined]).toContain(system.nextData(fd, length)?.start);
  } finally {
    closeSync(fd);
  }
});
