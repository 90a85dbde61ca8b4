/** Files without a byte in them: mapped like any other, and grown into. */
import { describe, expect, test } from "bun:test";
import { appendFileSync, closeSync, openSync, statSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MEMORY_ACCESS } from "../src/access.ts";
import { MemoryMappedFile, mapFile, readFile } from "../src/index.ts";

describe.each(MEMORY_ACCESS)("an empty file that is mapped %s", (access) => {
  test("has nothing in it, in whatever way it is read", async () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("empty", "");
    using file = MemoryMappedFile.createFromFile(path, { access });
    using view = file.createViewAccessor();
    expect([file.capacity, view.capacity, view.bytes().length]).toEqual([0, 0, 0]);
    expect([view.readArray(0, new Int32Array(0)), view.readString(0)]).toEqual([0, ""]);
    expectCode(() => view.readUint8(0), RangeError, "ERR_OUT_OF_RANGE");
    expect([view.advise("willNeed"), view.residentBytes()]).toEqual([true, 0]);
    view.flush();
    view.flush({ mode: "async" });
    await view.flushAsync();
    view.lock();
    view.unlock();

    using stream = file.createViewStream();
    expect([stream.length, stream.readByte(), stream.read(new Uint8Array(1))]).toEqual([0, -1, 0]);
    expect(await new Response(stream.readable()).text()).toBe("");

    expect([...file.chunks()]).toEqual([]);
    expect([...file.lines()]).toEqual([]);
    expect([...file.lines({ raw: true })]).toEqual([]);
    expect([file.count(10), file.count("text"), file.indexOf("text")]).toEqual([0, 0, -1]);
    expect(file.histogram().every((count) => count === 0)).toBe(true);
    expect(statSync(path).size).toBe(0);
  });

  test("is seen to grow by refresh()", () => {
    using directory = new TemporaryDirectory();
    const path = directory.file("empty", "");
    using file = MemoryMappedFile.createFromFile(path, { access });
    using empty = file.createViewAccessor();
    expect(file.refresh()).toBe(0);
    appendFileSync(path, "first\nsecond\n");
    expect([file.refresh(), file.capacity, empty.capacity]).toEqual([13, 13, 0]);
    using view = file.createViewAccessor();
    expect(view.readString(0)).toBe("first\nsecond\n");
    expect([...file.lines()]).toEqual(["first", "second"]);
  });
});

test("an empty file grows by resize(), and by being opened with a capacity", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("empty", "");
  using file = MemoryMappedFile.createFromFile(path);
  file.resize(10);
  using view = file.createViewAccessor();
  view.writeString(0, "0123456789");
  using again = MemoryMappedFile.createFromFile(path, { capacity: 20 });
  expect([file.capacity, again.capacity, statSync(path).size]).toEqual([10, 20, 20]);
});

test("an empty file is mapped by its descriptor, by openOrCreate, mapFile and readFile", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("empty", "");
  const fd = openSync(path, "r+");
  using byDescriptor = MemoryMappedFile.createFromFile(fd);
  using byMode = MemoryMappedFile.createFromFile(path, { mode: "openOrCreate" });
  using byFile = MemoryMappedFile.createFromFile(Bun.file(path));
  expect([byDescriptor.capacity, byMode.capacity, byFile.capacity]).toEqual([0, 0, 0]);
  expect([mapFile(path).length, readFile(path).length]).toEqual([0, 0]);
  closeSync(fd);
});
