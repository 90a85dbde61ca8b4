/** The record store: real processes that are killed, and an index that is lost. */
import { describe, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "@isthmus/testing/child";
import { testEnvironment } from "@isthmus/testing/run-program";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { testExample } from "../shared/test-example.ts";
import { RecordStore } from "./record-store.ts";
import { recordOf } from "./records.ts";

testExample({
  directory: import.meta.dir,
  small: ["--records", "500"],
  says: [/(writer \d+ was killed; all [\d,]+ records found.*\n){3}/, /mapped files/],
  large: ["--records", "2000000"],
});

const SMALL = { dataBytes: 1 << 20, slots: 1 << 12 };

/** How many records there are; all of them must be as they were written. */
function countWhole(store: RecordStore): number {
  const count = store.count();
  for (let n = 0; n < count; n++) {
    const { key, value } = recordOf(n);
    if (store.get(key) !== value) throw new Error(`${key} is ${store.get(key)}`);
  }
  expect(store.get(recordOf(count).key)).toBeUndefined();
  return count;
}

function fill(store: RecordStore, from: number, to: number): void {
  for (let n = from; n < to; n++) store.put(recordOf(n).key, recordOf(n).value);
}

describe("RecordStore", () => {
  test("has every record that was promised, whenever its writer is killed", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("store");
    let count = 0;
    for (let kills = 0; kills < 3; kills++) {
      const program = [process.execPath, join(import.meta.dir, "writer.ts"), path, `${count}`];
      await using writer = new Child(program, { env: testEnvironment() });
      const promised = Number(await writer.line());
      // A reader of another process, while it is written.
      using store = new RecordStore(path, { isReadOnly: true });
      expect(store.get(recordOf(promised).key)).toBe(recordOf(promised).value);
      await Bun.sleep(Math.random() * 5);
      await writer.kill();
      using again = new RecordStore(path);
      const found = countWhole(again);
      expect(found).toBeGreaterThan(promised);
      expect(again.recovered).toBeLessThanOrEqual(1);
      count = found;
    }
  });

  test("finds the newest record of a key, and none that it does not have", () => {
    using directory = new TemporaryDirectory();
    using store = new RecordStore(directory.file("store"), SMALL);
    expect(store.get("a")).toBeUndefined();
    store.put("a", "one");
    store.put("ä", "");
    store.put("a", "two");
    expect(["a", "ä", "b"].map((key) => store.get(key))).toEqual(["two", "", undefined]);
    expect(store.count()).toBe(3);
  });

  test("makes its index again that was lost, or is behind", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("store");
    {
      using store = new RecordStore(path, SMALL);
      fill(store, 0, 50);
      // As it is when the writer is killed before it has told the index.
      const behind = readFileSync(`${path}.index`);
      fill(store, 50, 60);
      writeFileSync(directory.file("behind"), behind);
    }
    rmSync(`${path}.index`);
    {
      using store = new RecordStore(path, SMALL);
      expect(store.recovered).toBe(60);
      expect(countWhole(store)).toBe(60);
    }
    writeFileSync(`${path}.index`, readFileSync(directory.file("behind")));
    using store = new RecordStore(path, SMALL);
    expect(store.recovered).toBe(10);
    expect(countWhole(store)).toBe(60);
  });

  test("says when it is full, and keeps what it has", () => {
    using directory = new TemporaryDirectory();
    using store = new RecordStore(directory.file("store"), { dataBytes: 8192, slots: 1 << 12 });
    expect(() => fill(store, 0, 1000)).toThrow("The store is full");
    expect(countWhole(store)).toBeGreaterThan(50);
    using few = new RecordStore(directory.file("few"), { ...SMALL, slots: 16 });
    expect(() => fill(few, 0, 100)).toThrow("The index is full");
    expect(few.get(recordOf(3).key)).toBe(recordOf(3).value);
  });
});
