import { expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, truncateSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { allocatingTest, isWindows, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MemoryMappedFile, SystemError } from "../src/index.ts";
import { pattern } from "./support/bytes.ts";

/** `st_blocks` counts in these units on every system. */
const BLOCK_BYTES = 512;

const PAGE_BYTES = MemoryMappedFile.pageSize;

test.each([1, 2, 511, 4095, 4096, 4097, 65_536, 1_048_577].map((capacity) => [capacity]))(
  "MemoryMappedFile.capacity is exact: %d bytes",
  (capacity) => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin");
    {
      using file = MemoryMappedFile.createFromFile(path, { mode: "createNew", capacity });
      using view = file.createViewAccessor();
      expect([file.capacity, view.capacity, statSync(path).size]).toEqual([
        capacity,
        capacity,
        capacity,
      ]);
    }
    using again = MemoryMappedFile.createFromFile(path, { access: "read" });
    expect(again.capacity).toBe(capacity);
  },
);

test("MemoryMappedFile.createFromFile() keeps the content of a file that it makes longer", () => {
  using directory = new TemporaryDirectory();
  const content = pattern(PAGE_BYTES + 77);
  const path = directory.file("data.bin", content);
  using file = MemoryMappedFile.createFromFile(path, { capacity: 3 * PAGE_BYTES + 1 });
  const after = readFileSync(path);
  expect(after.length).toBe(3 * PAGE_BYTES + 1);
  expect(new Uint8Array(after.subarray(0, content.length))).toEqual(content);
  expect(after.subarray(content.length).every((byte) => byte === 0)).toBe(true);
  expect(file.capacity).toBe(after.length);
});

allocatingTest("MemoryMappedFile.createFromFile() allocates every byte that it adds", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", pattern(10));
  using file = MemoryMappedFile.createFromFile(path, { capacity: 1 << 20 });
  expect(statSync(path).blocks * BLOCK_BYTES).toBeGreaterThanOrEqual(file.capacity - PAGE_BYTES);
});

test("MemoryMappedFile.createFromFile() leaves the holes of an existing file as they are", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", "x");
  truncateSync(path, 1 << 30);
  using file = MemoryMappedFile.createFromFile(path);
  expect(file.capacity).toBe(1 << 30);
  expect(statSync(path).blocks * BLOCK_BYTES).toBeLessThan(1 << 20);
});

test.each([
  ["negative", -1, RangeError, "ERR_OUT_OF_RANGE"],
  ["very negative", -(2 ** 60), RangeError, "ERR_OUT_OF_RANGE"],
  ["NaN", Number.NaN, RangeError, "ERR_OUT_OF_RANGE"],
  ["infinite", Number.POSITIVE_INFINITY, RangeError, "ERR_OUT_OF_RANGE"],
  ["a fraction", 4096.5, RangeError, "ERR_OUT_OF_RANGE"],
  ["2^53", 2 ** 53, RangeError, "ERR_OUT_OF_RANGE"],
  ["a BigInt", 4096n, TypeError, "ERR_INVALID_ARG_TYPE"],
  ["a string", "4096", TypeError, "ERR_INVALID_ARG_TYPE"],
  ["a boolean", true, TypeError, "ERR_INVALID_ARG_TYPE"],
  ["an object", { valueOf: () => 4096 }, TypeError, "ERR_INVALID_ARG_TYPE"],
  ["a symbol", Symbol("4096"), TypeError, "ERR_INVALID_ARG_TYPE"],
])(
  "MemoryMappedFile.createFromFile() refuses a capacity that is %s",
  (_label, capacity, type, code) => {
    using directory = new TemporaryDirectory();
    const existing = directory.file("existing.bin", "content");
    const missing = directory.file("missing.bin");
    for (const mode of ["open", "openOrCreate", "create"] as const) {
      for (const path of [existing, missing]) {
        const options = { mode, capacity: capacity as number };
        expectCode(() => MemoryMappedFile.createFromFile(path, options), type, code);
      }
    }
    expect(readFileSync(existing, "utf8")).toBe("content");
    expect(existsSync(missing)).toBe(false);
  },
);

test("MemoryMappedFile.createFromFile() says in its messages which capacity would do", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", pattern(5000));
  const open = (capacity: number, access: "read" | "readWrite") => () =>
    MemoryMappedFile.createFromFile(path, { access, capacity });
  const shorter = expectCode(open(4999, "readWrite"), RangeError, "ERR_OUT_OF_RANGE");
  expect(shorter.message).toMatch(/capacity.*>= 5000.*received 4999/);
  const longer = expectCode(open(5001, "read"), RangeError, "ERR_OUT_OF_RANGE");
  expect(longer.message).toMatch(/capacity.*<= 5000.*received 5001/);
});

test("MemoryMappedFile.pageSize is a power of two, and threshold is 1 MiB", () => {
  expect(Math.log2(PAGE_BYTES) % 1).toBe(0);
  expect(PAGE_BYTES).toBeGreaterThanOrEqual(4096);
  expect(MemoryMappedFile.threshold).toBe(1 << 20);
});

testIf(!isWindows, "a limit of the runtime, not of the system")(
  "MemoryMappedFile says EFBIG of a sparse file that is too long",
  () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("sparse");
    const create = (capacity: number) =>
      MemoryMappedFile.createFromFile(path, { mode: "createNew", capacity, allocate: false });
    expectCode(() => create(Number.MAX_SAFE_INTEGER), SystemError, "EFBIG");
    expect(existsSync(path)).toBe(false);
    using file = create(10);
    expectCode(() => file.resize(Number.MAX_SAFE_INTEGER), SystemError, "EFBIG");
    expect(file.capacity).toBe(10);
  },
);
