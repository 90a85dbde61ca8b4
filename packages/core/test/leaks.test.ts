import { describe, expect, test } from "bun:test";
import { openSync, readSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { descriptorsOf, mappingsOf } from "@isthmus/testing/process-state";
import { isLinux, testIf } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MemoryMappedFile } from "../src/index.ts";
import { pattern } from "./support/bytes.ts";
import { expectDisposed } from "./support/disposed.ts";
import { collectUntil } from "./support/garbage.ts";
import { runFixture } from "./support/subprocess.ts";

const linuxTest = testIf(isLinux, "Linux");
const CYCLES = 20_000;

describe("MemoryMappedFile", () => {
  linuxTest("leaves nothing behind after many maps and views are disposed", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", pattern(10_000));
    const before = [descriptorsOf(""), mappingsOf("")];
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      using file = MemoryMappedFile.createFromFile(path);
      using view = file.createViewAccessor({ offset: cycle % 5000 });
      view.writeUint8(0, 1);
    }
    expect([descriptorsOf(path), mappingsOf(path)]).toEqual([0, 0]);
    // The collector may have closed what other tests dropped, and the engine may have mapped some memory of
    // its own meanwhile, but nothing like one per cycle.
    expect(descriptorsOf("")).toBeLessThanOrEqual(before[0] as number);
    expect(mappingsOf("") - (before[1] as number)).toBeLessThan(CYCLES / 20);
  });

  linuxTest("gives back descriptors and memory of what is dropped undisposed", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", pattern(10_000));
    const drop = () => {
      for (let i = 0; i < 100; i++) {
        const file = MemoryMappedFile.createFromFile(path);
        file.createViewAccessor().bytes(1, 2);
        file.createViewStream();
        for (const chunk of file.chunks({ size: 100 })) {
          if (chunk.length === 100) break;
        }
        file.chunks().next(); // abandoned in the middle
      }
    };
    drop();
    expect(descriptorsOf(path)).toBeGreaterThan(0);
    const isGone = () => descriptorsOf(path) === 0 && mappingsOf(path) === 0;
    expect(await collectUntil(isGone)).toBe(true);
  });

  linuxTest("keeps memory that only a typed array still refers to", async () => {
    using directory = new TemporaryDirectory();
    const content = pattern(10_000);
    const path = directory.file("data.bin", content);
    const open = () => MemoryMappedFile.createFromFile(path).createViewAccessor().bytes(5000, 100);
    const bytes = open();
    // The descriptor goes with the map and the view, the memory stays with the array.
    expect(await collectUntil(() => descriptorsOf(path) === 0)).toBe(true);
    expect(mappingsOf(path)).toBe(1);
    expect(bytes).toEqual(content.slice(5000, 5100));
  });

  linuxTest("closes its file when map and views are disposed, in any order", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", pattern(100));
    const file = MemoryMappedFile.createFromFile(path);
    const first = file.createViewAccessor();
    const second = file.createViewStream();
    first.dispose();
    file.dispose();
    expect([descriptorsOf(path), mappingsOf(path)]).toEqual([1, 1]);
    second.dispose();
    expect([descriptorsOf(path), mappingsOf(path)]).toEqual([0, 0]);
    second.dispose();
    file.dispose();
  });

  linuxTest("leaves nothing behind when creation or a view fails", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", pattern(100));
    using file = MemoryMappedFile.createFromFile(path, { access: "read" });
    for (let i = 0; i < 50; i++) {
      const open = () => MemoryMappedFile.createFromFile(path, { capacity: 10 });
      expectCode(open, RangeError, "ERR_OUT_OF_RANGE");
      expect(() => MemoryMappedFile.createFromFile(directory.path, { access: "read" })).toThrow();
      expect(() => file.createViewAccessor({ offset: 101 })).toThrow();
      expect(() => file.createViewAccessor({ access: "readWrite" })).toThrow();
    }
    expect([descriptorsOf(directory.path), mappingsOf(directory.path)]).toEqual([1, 0]);
  });
});

describe("an iterator over a map", () => {
  const ITERATORS = [
    ["chunks", (file: MemoryMappedFile) => file.chunks({ size: 10 })],
    ["lines", (file: MemoryMappedFile) => file.lines()],
    ["raw lines", (file: MemoryMappedFile) => file.lines({ raw: true })],
  ] as const;

  describe.each(ITERATORS)("of %s", (_name, iterate) => {
    linuxTest("releases mapping and descriptor when the loop is left early", () => {
      using directory = new TemporaryDirectory();
      const path = directory.file("data.bin", "line\n".repeat(100));
      const file = MemoryMappedFile.createFromFile(path);
      for (const _ of iterate(file)) break;
      const thrower = () => {
        for (const _ of iterate(file)) throw new RangeError("out of the loop");
      };
      expect(thrower).toThrow("out of the loop");
      expect([descriptorsOf(path), mappingsOf(path)]).toEqual([1, 0]);
      file.dispose();
      expect(descriptorsOf(path)).toBe(0);
    });

    linuxTest("goes on when the map is disposed meanwhile, and releases all at its end", () => {
      using directory = new TemporaryDirectory();
      const path = directory.file("data.bin", "line\n".repeat(100));
      const file = MemoryMappedFile.createFromFile(path);
      let count = 0;
      for (const item of iterate(file)) {
        file.dispose();
        count += item.length > 0 ? 1 : 0;
      }
      expect(count).toBeGreaterThan(40);
      expect([descriptorsOf(path), mappingsOf(path)]).toEqual([0, 0]);
    });

    test("that has not begun refuses a map that is disposed, and closes nobody's file", () => {
      using directory = new TemporaryDirectory();
      const file = MemoryMappedFile.createFromFile(directory.file("data.bin", "line\n"));
      const iterator = iterate(file);
      file.dispose();
      // Gets the number of the descriptor that the map has closed.
      const fd = openSync(directory.file("other.bin", "other"), "r");
      expectDisposed(() => [...iterator]);
      expect(readSync(fd, new Uint8Array(5))).toBe(5);
    });
  });
});

linuxTest(
  "maps that are forgotten within one turn give their descriptors back when there are no more",
  async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("data.bin", "x".repeat(5000));
    const results = await runFixture("forget-maps", {
      input: { path, count: 2000 },
      prefix: ["sh", "-c", 'ulimit -n 256; exec "$@"', "sh"],
    });
    expect(results).toEqual({
      path: true,
      "read only": true,
      descriptor: true,
      anonymous: true,
      code: "EMFILE",
      isAlive: true,
      isClosed: true,
    });
  },
);
