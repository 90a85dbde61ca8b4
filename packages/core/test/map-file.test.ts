import { expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { expectCode } from "@isthmus/testing/expect-code";
import { descriptorsOf, mappingsOf } from "@isthmus/testing/process-state";
import { isLinux, testIf, truncatingTest } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { mapFile, SystemError } from "../src/index.ts";
import { pattern } from "./support/bytes.ts";
import { collectUntil } from "./support/garbage.ts";

const LENGTH = 1 << 20;
const linuxTest = testIf(isLinux, "Linux");

test.each([0, 1, 4096, LENGTH, 3 * LENGTH + 7])("mapFile() gives all %d bytes", (length) => {
  using directory = new TemporaryDirectory();
  const bytes = mapFile(directory.file("data.bin", pattern(length)));
  expect(bytes).toBeInstanceOf(Uint8Array);
  expect(bytes.length).toBe(length);
  expect(Buffer.compare(bytes, pattern(length))).toBe(0);
});

test("mapFile() takes whatever says which file is meant", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", pattern(100));
  const fd = openSync(path, "r");
  for (const file of [path, pathToFileURL(path), Bun.file(path), fd, { fd }]) {
    expect(mapFile(file)).toEqual(pattern(100));
  }
  closeSync(fd);
});

linuxTest("mapFile() maps, and leaves no descriptor open", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", pattern(10));
  const bytes = mapFile(path);
  expect([descriptorsOf(path), mappingsOf(path)]).toEqual([0, 1]);
  writeFileSync(path, "live", { flag: "r+" });
  expect(Buffer.from(bytes.subarray(0, 4)).toString()).toBe("live");
});

test("mapFile() gives bytes that may be changed without changing the file", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", pattern(LENGTH));
  mapFile(path).fill(0);
  expect(Buffer.compare(readFileSync(path), pattern(LENGTH))).toBe(0);
});

truncatingTest("mapFile() gives zeros where the file was truncated", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", pattern(LENGTH));
  const bytes = mapFile(path);
  truncateSync(path, 0);
  expect(bytes[LENGTH - 1]).toBe(0);
});

linuxTest("mapFile() unmaps what nobody uses any more, and only that", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", pattern(LENGTH));
  const kept = mapFile(path).subarray(1000, 1010);
  for (let i = 0; i < 50; i++) mapFile(path);
  expect(await collectUntil(() => mappingsOf(path) === 1)).toBe(true);
  expect(kept).toEqual(pattern(LENGTH).slice(1000, 1010));
});

test("mapFile() refuses what it cannot map", () => {
  using directory = new TemporaryDirectory();
  const missing = directory.file("missing");
  const error = expectCode(() => mapFile(missing), SystemError, "ENOENT");
  expect(error.message).toContain(missing);
  expectCode(() => mapFile(directory.path), SystemError, "EISDIR");
  const long = directory.file("long.bin", "");
  truncateSync(long, 2 ** 32 + 1);
  expectCode(() => mapFile(long), RangeError, "ERR_OUT_OF_RANGE");
});
