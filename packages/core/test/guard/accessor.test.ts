/** Accessors of files that are truncated while they are mapped. */
import { afterEach, describe, expect, test } from "bun:test";
import { truncateSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { type MemoryAccess, MemoryMappedFile, type ViewAccessor } from "../../src/index.ts";
import { FAULT_SEEN } from "../../src/native/fault-flag.ts";
import { ACCESSES, type Access } from "../support/accesses.ts";
import { PAGE, ShrinkingFile } from "./support/truncated-file.ts";

// Generous: the processes of a test may have to share a busy machine.
const expectTruncated = (action: () => unknown) =>
  expectCode(action, "FileTruncatedError", "ERR_FILE_TRUNCATED");

// What these two read must be exact, and here it is anything.
const { readInt64: _, readUint64: __, ...others } = ACCESSES;
const USES: Readonly<Record<string, Access>> = {
  ...others,
  "readString of a length": (view, at) => view.readString(at, 10),
};

afterEach(() => {
  // Every view of every test is disposed by now: accessors must be on their fast path again.
  expect(FAULT_SEEN[0]).toBe(0);
});

describe("behind the new end of a truncated file", () => {
  test("ViewAccessor.lock() throws FileTruncatedError", () => {
    using file = new ShrinkingFile(4 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path);
    using view = map.createViewAccessor();
    truncateSync(file.path, PAGE);
    expectTruncated(() => view.lock());
    view.lock({ size: PAGE });
  });

  for (const [method, use] of Object.entries(USES)) {
    test(`ViewAccessor.${method}() throws FileTruncatedError`, () => {
      using file = new ShrinkingFile(4 * PAGE);
      using map = MemoryMappedFile.createFromFile(file.path);
      using view = map.createViewAccessor();
      use(view, 2 * PAGE);
      file.truncate(PAGE);
      const { message } = expectTruncated(() => use(view, 2 * PAGE));
      expect(message).toContain(file.path);
      expect(message).toContain(`${PAGE} bytes`);
      expect(file.length).toBe(PAGE);
      expectTruncated(() => use(view, 3 * PAGE));
    });
  }

  const accesses: readonly MemoryAccess[] = [
    "readWrite",
    "read",
    "copyOnWrite",
    "readExecute",
    "readWriteExecute",
  ];
  for (const access of accesses) {
    test(`a view with "${access}" access throws as well`, () => {
      using file = new ShrinkingFile(4 * PAGE);
      using map = MemoryMappedFile.createFromFile(file.path, { access });
      using view = map.createViewAccessor();
      file.truncate(0);
      expectTruncated(() => view.readInt32(PAGE));
    });
  }

  test("changes in a copy-on-write view that were made there are lost, and said to be", () => {
    using file = new ShrinkingFile(4 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path, { access: "copyOnWrite" });
    using view = map.createViewAccessor();
    view.writeInt32(0, 77);
    view.writeInt32(3 * PAGE, 78);
    file.truncate(PAGE);
    expect(view.readInt32(0)).toBe(77);
    expectTruncated(() => view.readInt32(3 * PAGE));
  });

  test("a value that begins in front of the end and ends behind it throws", () => {
    using file = new ShrinkingFile(4 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path);
    using view = map.createViewAccessor({ offset: 10 });
    file.truncate(2 * PAGE);
    expect(view.readFloat64(2 * PAGE - 18)).not.toBe(0);
    expectTruncated(() => view.readFloat64(2 * PAGE - 14));
  });

  test("raw bytes read as zero, and the accessor says why from then on", () => {
    using file = new ShrinkingFile(8 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path);
    using view = map.createViewAccessor();
    const raw = view.bytes();
    Bun.spawnSync(["truncate", "-s", String(2 * PAGE), file.path]);
    expect(raw.subarray(0, 2 * PAGE).every((byte) => byte === 1)).toBe(true);
    expect(raw.subarray(2 * PAGE).every((byte) => byte === 0)).toBe(true);
    expectTruncated(() => view.readInt8(0));
    expectTruncated(() => view.bytes());
  });

  test("raw writes go nowhere and make the file no longer", () => {
    using file = new ShrinkingFile(4 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path);
    using view = map.createViewAccessor();
    const raw = view.bytes();
    file.truncate(0);
    raw.fill(9);
    expectTruncated(() => view.flush());
    expect(raw[3 * PAGE]).toBe(9);
    expect(file.length).toBe(0);
  });

  test("the rest of the last page reads as zero: there the system raises no fault", () => {
    using file = new ShrinkingFile(2 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path);
    using view = map.createViewAccessor();
    file.truncate(100);
    expect([view.readUint8(99), view.readUint8(100), view.readUint8(PAGE - 1)]).toEqual([1, 0, 0]);
    expectTruncated(() => view.readUint8(PAGE));
  });

  test("nothing else of a view ends the process", async () => {
    using file = new ShrinkingFile(4 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path);
    using view = map.createViewAccessor();
    file.truncate(0);
    view.flush();
    view.flush({ mode: "async" });
    await view.flushAsync();
    for (const advice of ["sequential", "willNeed", "populate", "dontNeed"] as const)
      view.advise(advice);
    expect(view.residentBytes()).toBe(0);
    expect(() => view.lock()).toThrow();
    expectTruncated(() => view.readInt32(0));
  });
});

describe("a truncated file", () => {
  test("reads normally in front of its new end until something behind it is touched", () => {
    using file = new ShrinkingFile(4 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path);
    using view = map.createViewAccessor();
    file.truncate(2 * PAGE);
    for (let at = 0; at < 2 * PAGE; at += 4) expect(view.readInt32(at)).toBe(0x01010101);
  });

  test("gives no new view that reaches behind its end", () => {
    using file = new ShrinkingFile(4 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path);
    file.truncate(2 * PAGE);
    expectTruncated(() => map.createViewAccessor());
    expectTruncated(() => map.createViewStream({ offset: PAGE, size: PAGE + 1 }));
    expectTruncated(() => map.refresh());
    using view = map.createViewAccessor({ size: 2 * PAGE });
    expect(view.readInt32(2 * PAGE - 4)).toBe(0x01010101);
  });

  test("that grows again before anybody looks is a file of zeros", () => {
    using file = new ShrinkingFile(4 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path);
    using view = map.createViewAccessor();
    file.truncate(0);
    file.truncate(4 * PAGE);
    expect(view.readInt32(2 * PAGE)).toBe(0);
    view.writeInt32(2 * PAGE, 6);
    using again = map.createViewAccessor();
    expect(again.readInt32(2 * PAGE)).toBe(6);
  });

  test("that grows again afterwards stays an error in the old view, not in a new one", () => {
    using file = new ShrinkingFile(4 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path);
    using view = map.createViewAccessor();
    file.truncate(0);
    expectTruncated(() => view.readInt32(PAGE));
    file.truncate(4 * PAGE);
    expectTruncated(() => view.readInt32(PAGE));
    using fresh = map.createViewAccessor();
    fresh.writeInt32(PAGE, 3);
    expect(fresh.readInt32(PAGE)).toBe(3);
  });

  test("that is truncated again and again is survived as often", () => {
    using file = new ShrinkingFile(4 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path);
    for (let round = 0; round < 300; round++) {
      file.truncate(4 * PAGE);
      using view = map.createViewAccessor();
      expect(view.readInt32(2 * PAGE)).toBe(round === 0 ? 0x01010101 : 0);
      truncateSync(file.path, PAGE);
      expectTruncated(() => view.readInt32(2 * PAGE));
    }
  });
});

describe("other mappings", () => {
  test("stay readable and writable after a fault in one", () => {
    using broken = new ShrinkingFile(2 * PAGE);
    using sound = new ShrinkingFile(2 * PAGE);
    using brokenMap = MemoryMappedFile.createFromFile(broken.path);
    using soundMap = MemoryMappedFile.createFromFile(sound.path);
    using memory = MemoryMappedFile.createNew(null, 2 * PAGE);
    using brokenView = brokenMap.createViewAccessor();
    using soundView = soundMap.createViewAccessor();
    using memoryView = memory.createViewAccessor();
    broken.truncate(0);
    expectTruncated(() => brokenView.readInt32(PAGE));
    for (const [method, use] of Object.entries(USES)) {
      expect(() => use(soundView, PAGE), method).not.toThrow();
      expect(() => use(memoryView, PAGE), method).not.toThrow();
    }
    using another = soundMap.createViewAccessor();
    expect(another.readInt8(0)).toBe(1);
  });

  test("of the same file fault each on their own", () => {
    using file = new ShrinkingFile(4 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path);
    using one = map.createViewAccessor();
    using two = map.createViewAccessor();
    file.truncate(PAGE);
    expectTruncated(() => one.readInt32(PAGE));
    expect(two.readInt8(0)).toBe(1);
    expectTruncated(() => two.readInt32(PAGE));
  });
});

describe("the process-wide flag", () => {
  test("clears when the last faulted view is disposed", () => {
    using file = new ShrinkingFile(4 * PAGE);
    using map = MemoryMappedFile.createFromFile(file.path);
    using one = map.createViewAccessor();
    using two = map.createViewAccessor();
    using _sound = MemoryMappedFile.createNew(null, PAGE).createViewAccessor();
    file.truncate(0);
    expect(FAULT_SEEN[0]).toBe(0);
    for (const view of [one, two]) expectTruncated(() => view.readInt32(0));
    expect(FAULT_SEEN[0]).toBe(1);
    one.dispose();
    expect(FAULT_SEEN[0]).toBe(1);
    expectTruncated(() => two.readInt32(0));
    two.dispose();
    expect(FAULT_SEEN[0]).toBe(0);
  });

  test("clears when the collector finds a faulted view that nobody disposed", async () => {
    using file = new ShrinkingFile(4 * PAGE);
    (() => {
      const view = MemoryMappedFile.createFromFile(file.path).createViewAccessor();
      file.truncate(0);
      expectTruncated(() => view.readInt32(0));
    })();
    for (let attempt = 0; attempt < 50 && FAULT_SEEN[0] !== 0; attempt++) {
      Bun.gc(true);
      await Bun.sleep(2);
    }
    expect(FAULT_SEEN[0]).toBe(0);
  });

  test("is right with 2,000 watched ranges, and their places are used again", () => {
    using broken = new ShrinkingFile(2 * PAGE);
    using sound = new ShrinkingFile(2 * PAGE);
    using brokenMap = MemoryMappedFile.createFromFile(broken.path);
    using soundMap = MemoryMappedFile.createFromFile(sound.path);
    for (let round = 0; round < 3; round++) {
      broken.truncate(2 * PAGE);
      const pairs = Array.from({ length: 1000 }, () => [
        brokenMap.createViewAccessor(),
        soundMap.createViewAccessor(),
      ]) as [ViewAccessor, ViewAccessor][];
      broken.truncate(0);
      for (const [brokenView, soundView] of pairs) {
        expectTruncated(() => brokenView.readInt32(PAGE));
        expect(soundView.readInt8(PAGE)).toBe(1);
      }
      for (const view of pairs.flat()) view.dispose();
      expect(FAULT_SEEN[0]).toBe(0);
    }
  });
});
