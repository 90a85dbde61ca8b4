import { expect, test } from "bun:test";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { descriptorsOf, mappingsOf } from "@isthmus/testing/process-state";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MemoryMappedFile, readFile, SystemError } from "../src/index.ts";
import { pattern } from "./support/bytes.ts";

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

test.each([100, THRESHOLD, 3 * THRESHOLD])(
  "readFile() gives a copy of %d bytes: neither changes with the other",
  (length) => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", pattern(length));
    const bytes = readFile(path);
    writeFileSync(path, bytes.subarray(0, length / 2)); // truncates the file, then reads the bytes
    expect(Buffer.compare(bytes, pattern(length))).toBe(0);
    expect(Buffer.compare(readFileSync(path), pattern(length).subarray(0, length / 2))).toBe(0);
    bytes.fill(0);
    expect(readFileSync(path)[1]).toBe(pattern(length)[1]);
  },
);

linuxTest("readFile() leaves nothing open or mapped", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", pattern(THRESHOLD));
  const arrays = Array.from({ length: 20 }, () => readFile(path));
  expect([descriptorsOf(path), mappingsOf(path)]).toEqual([0, 0]);
  expect(arrays.every((bytes) => bytes.length === THRESHOLD)).toBe(true);
});

linuxTest("readFile() reads what has no length of its own", () => {
  expect(Buffer.from(readFile("/proc/self/status")).toString()).toContain(`Pid:\t${process.pid}`);
  expect(readFile("/dev/null").length).toBe(0);
});

test("readFile() says what to do with a file that is too long", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("long.bin", "");
  truncateSync(path, 2 ** 32);
  const { message } = expectCode(() => readFile(path), RangeError, "ERR_OUT_OF_RANGE");
  expect(message).toContain("mapFile");
});

test("readFile() refuses what it cannot read", () => {
  using directory = new TemporaryDirectory();
  const missing = directory.file("missing");
  const error = expectCode(() => readFile(missing), SystemError, "ENOENT");
  expect(error.message).toContain(missing);
  expectCode(() => readFile(directory.path), SystemError, "EISDIR");
  expectCode(() => readFile(""), SystemError, "ENOENT");
  expectCode(() => readFile("with\0nul"), TypeError, "ERR_INVALID_ARG_VALUE");
  for (const wrong of [undefined, null, 3, {}, Buffer.from("x")] as unknown as string[]) {
    expectCode(() => readFile(wrong), TypeError, "ERR_INVALID_ARG_TYPE");
  }
});
