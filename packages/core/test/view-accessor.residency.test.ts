import { expect, test } from "bun:test";
import { readFileSync, truncateSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { isLinux, isRoot, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MEMORY_ACCESS } from "../src/access.ts";
import { type MemoryAdvice, MemoryMappedFile } from "../src/index.ts";
import { pattern } from "./support/bytes.ts";
import { OTHER_USER_ID, runFixture } from "./support/subprocess.ts";

const PAGE_BYTES = MemoryMappedFile.pageSize;
const ADVICE = ["sequential", "random", "willNeed", "dontNeed", "hugePage", "populate"] as const;
const linuxTest = testIf(isLinux, "Linux");

test("ViewAccessor.advise() says whether each advice was taken, and changes no byte", () => {
  using directory = new TemporaryDirectory();
  const content = pattern(5 * PAGE_BYTES);
  const path = directory.file("data.bin", content);
  for (const access of MEMORY_ACCESS) {
    using file = MemoryMappedFile.createFromFile(path, { access });
    using view = file.createViewAccessor({ offset: 100 });
    if (view.canWrite) view.writeUint8(0, content[100] as number);
    for (const advice of ADVICE) {
      expect(view.advise(advice)).toBeBoolean();
      expect(view.advise(advice, { offset: 1, size: 2 })).toBeBoolean();
      expect(view.bytes()).toEqual(content.slice(100));
    }
  }
  expect(Uint8Array.from(readFileSync(path))).toEqual(content);
});

linuxTest("ViewAccessor.advise() takes what Linux offers on every kind of view", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", pattern(5 * PAGE_BYTES));
  using file = MemoryMappedFile.createFromFile(path, { access: "readWriteExecute" });
  for (const access of MEMORY_ACCESS) {
    using view = file.createViewAccessor({ access });
    for (const advice of ["sequential", "random", "willNeed", "populate"] as const) {
      expect([access, advice, view.advise(advice)]).toEqual([access, advice, true]);
    }
    // Pages of a private view may hold changes that dropping them would lose.
    const isPrivate = access === "read" || access === "copyOnWrite";
    expect([access, view.advise("dontNeed")]).toEqual([access, !isPrivate]);
  }
});

test("ViewAccessor.advise() of dontNeed keeps what a copy-on-write view has written", () => {
  using memory = MemoryMappedFile.createNew(null, 4 * PAGE_BYTES);
  for (const access of ["copyOnWrite", "readWrite"] as const) {
    using view = memory.createViewAccessor({ access });
    view.bytes().fill(0x55);
    view.advise("dontNeed");
    expect(view.bytes().every((byte) => byte === 0x55)).toBe(true);
  }
});

test("ViewAccessor.advise() refuses other words and ranges past the end", () => {
  using memory = MemoryMappedFile.createNew(null, 100);
  using view = memory.createViewAccessor();
  for (const word of ["", "normal", "WILLNEED", "toString"]) {
    const advise = () => view.advise(word as MemoryAdvice);
    expectCode(advise, TypeError, "ERR_INVALID_ARG_VALUE");
  }
  expectCode(() => view.advise(4 as never), TypeError, "ERR_INVALID_ARG_TYPE");
  expectCode(() => view.advise("random", { size: 101 }), RangeError, "ERR_OUT_OF_RANGE");
  expectCode(() => view.advise("random", { offset: -1 }), RangeError, "ERR_OUT_OF_RANGE");
  expectCode(() => view.advise("random", null as never), TypeError, "ERR_INVALID_ARG_TYPE");
});

linuxTest(
  "ViewAccessor.residentBytes() counts the pages that are in memory, cut to the range",
  () => {
    const pages = 40;
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", "");
    // A file of holes has no page in memory until it is touched.
    truncateSync(path, pages * PAGE_BYTES);
    using file = MemoryMappedFile.createFromFile(path);
    using view = file.createViewAccessor();
    view.advise("random"); // no read-ahead, which would bring in neighbours
    expect(view.residentBytes()).toBe(0);
    for (const page of [0, 7, 8, 39]) view.readUint8(page * PAGE_BYTES);
    expect(view.residentBytes()).toBe(4 * PAGE_BYTES);
    expect(view.residentBytes({ offset: 7 * PAGE_BYTES, size: PAGE_BYTES })).toBe(PAGE_BYTES);
    expect(view.residentBytes({ offset: 7 * PAGE_BYTES + 10, size: 20 })).toBe(20);
    expect(view.residentBytes({ offset: 8 * PAGE_BYTES - 1, size: 2 })).toBe(2);
    expect(view.residentBytes({ offset: 9 * PAGE_BYTES - 3, size: 100 })).toBe(3);
    expect(view.residentBytes({ offset: PAGE_BYTES, size: 5 * PAGE_BYTES })).toBe(0);
    expect(view.residentBytes({ offset: pages * PAGE_BYTES })).toBe(0);
    using part = file.createViewAccessor({ offset: 7 * PAGE_BYTES + 5, size: 2 * PAGE_BYTES });
    expect(part.residentBytes()).toBe(2 * PAGE_BYTES - 5);
  },
);

linuxTest("ViewAccessor.residentBytes() is right for every number of pages", () => {
  // mincore fills an array of one byte per page: small arrays live elsewhere than large ones.
  const pages = 1500;
  using memory = MemoryMappedFile.createNew(null, pages * PAGE_BYTES);
  using view = memory.createViewAccessor();
  view.advise("populate");
  for (let count = 1; count <= pages; count += count < 70 ? 1 : 97) {
    for (let round = 0; round < 3; round++) {
      const size = count * PAGE_BYTES;
      expect(view.residentBytes({ size })).toBe(size);
      expect(view.residentBytes({ size: size - 1 })).toBe(size - 1);
      expect(view.residentBytes({ offset: 1, size: size - 1 })).toBe(size - 1);
    }
  }
});

linuxTest("ViewAccessor.residentBytes() asks in portions for a very large view", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", "");
  truncateSync(path, (70_000 + 10) * PAGE_BYTES); // a portion is 65,536 pages
  using file = MemoryMappedFile.createFromFile(path);
  using view = file.createViewAccessor({ offset: 10 });
  view.advise("random");
  const touched = [65_535, 65_536, 65_537, 70_000];
  for (const page of touched) view.readUint8(page * PAGE_BYTES + 100);
  expect(view.residentBytes()).toBe(touched.length * PAGE_BYTES);
});

linuxTest("ViewAccessor.lock() keeps a range in memory, and unlock() lets it go", () => {
  using memory = MemoryMappedFile.createNew(null, 10 * PAGE_BYTES);
  const lockedKiB = () =>
    Number(/^VmLck:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
  const pageKiB = PAGE_BYTES / 1024;
  const before = lockedKiB();
  const view = memory.createViewAccessor({ offset: 10 });
  view.lock({ offset: PAGE_BYTES - 11, size: 2 }); // the last byte of one page, the first of the next
  expect(lockedKiB() - before).toBe(2 * pageKiB);
  view.unlock();
  expect(lockedKiB() - before).toBe(0);
  view.lock({ size: 1 });
  view.dispose();
  expect(lockedKiB() - before).toBe(0);
});

linuxTest("ViewAccessor.lock() of a copy-on-write view does not copy its pages", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", new Uint8Array(6 << 20));
  using file = MemoryMappedFile.createFromFile(path, { access: "copyOnWrite" });
  using view = file.createViewAccessor();
  const anonymousKiB = () =>
    Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
  const before = anonymousKiB();
  view.lock();
  expect(view.residentBytes()).toBe(view.capacity);
  expect(anonymousKiB() - before).toBeLessThan(view.capacity / 1024 / 2);
});

test("ViewAccessor.lock(), unlock() and residentBytes() refuse ranges past the end", () => {
  using memory = MemoryMappedFile.createNew(null, 100);
  using view = memory.createViewAccessor();
  for (const method of ["lock", "unlock", "residentBytes"] as const) {
    expectCode(() => view[method]({ size: 101 }), RangeError, "ERR_OUT_OF_RANGE");
    expectCode(() => view[method]({ offset: 101 }), RangeError, "ERR_OUT_OF_RANGE");
    expectCode(() => view[method]({ offset: 0.5 }), RangeError, "ERR_OUT_OF_RANGE");
    expectCode(() => view[method](5 as never), TypeError, "ERR_INVALID_ARG_TYPE");
  }
});

testIf(isLinux && isRoot && Bun.which("prlimit") !== null, "root and prlimit")(
  "ViewAccessor.lock() beyond the limit of the process fails, and the view goes on",
  async () => {
    const results = await runFixture("lock-beyond-limit", {
      input: { userId: OTHER_USER_ID },
      prefix: ["prlimit", "--memlock=65536"],
    });
    const refused = { name: "SystemError", code: "ENOMEM", namesLimit: true };
    expect(results).toEqual({ small: "locked", shared: refused, private: refused, read: 7 });
  },
);
