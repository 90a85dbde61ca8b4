import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MemoryMappedFile, readFile, SystemError } from "../src/index.ts";
import { pattern } from "./support/bytes.ts";
import { expectError } from "./support/expect-error.ts";
import { collectUntil } from "./support/garbage.ts";
import { descriptorsOf, mappingsOf } from "./support/process-state.ts";

const THRESHOLD = MemoryMappedFile.threshold;
const linuxTest = testIf(isLinux, "Linux");

test.each([0, 1, 4096, THRESHOLD - 1, THRESHOLD, THRESHOLD + 1, 3 * THRESHOLD + 7].map((n) => [n]))(
  "readFile() gives all %d bytes",
  (length) => {
    using directory = new TemporaryDirectory();
    const content = pattern(length);
    const bytes = readFile(directory.file("data.bin", content));
    expect(bytes).toBeInstanceOf(Uint8Array);
    expect(bytes.length).toBe(length);
    expect(Buffer.compare(bytes, content)).toBe(0);
  },
);

linuxTest("readFile() maps from the threshold on, and copies below it", () => {
  using directory = new TemporaryDirectory();
  const small = directory.file("small.bin", pattern(THRESHOLD - 1));
  const large = directory.file("large.bin", pattern(THRESHOLD));
  const arrays = [readFile(small), readFile(large)];
  expect([mappingsOf(small), mappingsOf(large)]).toEqual([0, 1]);
  expect(arrays.length).toBe(2);
});

test("readFile() gives bytes that may be changed without changing the file", () => {
  using directory = new TemporaryDirectory();
  for (const length of [100, THRESHOLD]) {
    const path = directory.file("data.bin", pattern(length));
    readFile(path).fill(0);
    expect(Buffer.compare(readFileSync(path), pattern(length))).toBe(0);
  }
});

linuxTest("readFile() leaves no descriptor open", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", pattern(THRESHOLD));
  const arrays = Array.from({ length: 20 }, () => readFile(path));
  expect(descriptorsOf(path)).toBe(0);
  expect(arrays.every((bytes) => bytes.length === THRESHOLD)).toBe(true);
});

linuxTest("readFile() unmaps what nobody uses any more, and only that", async () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", pattern(THRESHOLD));
  const kept = readFile(path).subarray(1000, 1010);
  for (let i = 0; i < 50; i++) readFile(path);
  expect(await collectUntil(() => mappingsOf(path) === 1)).toBe(true);
  expect(kept).toEqual(pattern(THRESHOLD).slice(1000, 1010));
});

test("readFile() refuses what it cannot read", () => {
  using directory = new TemporaryDirectory();
  const missing = directory.file("missing");
  const error = expectError(() => readFile(missing), SystemError, "ENOENT");
  expect(error.message).toContain(missing);
  expectError(() => readFile(directory.path), SystemError, "EISDIR");
  expectError(() => readFile(""), SystemError, "ENOENT");
  expectError(() => readFile("with\0nul"), TypeError, "ERR_INVALID_ARG_VALUE");
  for (const wrong of [undefined, null, 3, {}, Buffer.from("x")] as unknown as string[]) {
    expectError(() => readFile(wrong), TypeError, "ERR_INVALID_ARG_TYPE");
  }
});
