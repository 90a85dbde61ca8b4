/** Where a file has bytes that may not be zero. */
import { expect, test } from "bun:test";
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { type DataRange, platform } from "../src/internal.ts";

test("Platform.forgetUnchanged() lets what was only read be no data, and forgets nothing that was written", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("allocated");
  const fd = openSync(path, "w+");
  const length = 1 << 20;
  const system = platform();
  try {
    system.allocate(fd, 0, length, path);
    const isTold = system.nextData(fd, 0) === undefined;
    const bytes = new Uint8Array(length);
    readSync(fd, bytes, 0, length, 0);
    system.forgetUnchanged(fd, 0);
    if (isTold) expect(system.nextData(fd, 0)).toBeUndefined();
    writeSync(fd, Uint8Array.of(7), 0, 1, 300_000);
    system.forgetUnchanged(fd, 0);
    expect(system.nextData(fd, 0)?.start).toBeLessThanOrEqual(300_000);
    expect(readSync(fd, bytes, 0, length, 0)).toBe(length);
    expect([bytes.indexOf(7), bytes.lastIndexOf(7)]).toEqual([300_000, 300_000]);
  } finally {
    closeSync(fd);
  }
});

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
