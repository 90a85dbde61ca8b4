import { expect, test } from "bun:test";
import { chmodSync, closeSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { MemoryMappedFile } from "../src/index.ts";
import { pattern } from "./support/bytes.ts";

const CONTENT = pattern(20_000);

test("ViewAccessor of a copy-on-write map keeps its writes to itself", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  using file = MemoryMappedFile.createFromFile(path, { access: "copyOnWrite" });
  using view = file.createViewAccessor();
  using other = file.createViewAccessor();
  view.writeBigUint64(4093, 0xffff_ffff_ffff_ffffn); // on two pages
  view.bytes().fill(7, 10_000, 10_010);
  view.flush();
  expect(view.readBigUint64(4093)).toBe(0xffff_ffff_ffff_ffffn);
  expect(view.readUint8(10_009)).toBe(7);
  expect(other.bytes()).toEqual(CONTENT);
  expect(Uint8Array.from(readFileSync(path))).toEqual(CONTENT);
});

test("ViewAccessor of a copy-on-write map sees the file until it writes to a page", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  using file = MemoryMappedFile.createFromFile(path, { access: "copyOnWrite" });
  using view = file.createViewAccessor();
  view.writeUint8(0, 1);
  const fd = openSync(path, "r+");
  writeFileSync(fd, new Uint8Array(CONTENT.length).fill(0xaa));
  closeSync(fd);
  // A page that it wrote to is its own. What it sees of the others is up to the system; Linux shows the file.
  expect([view.readUint8(0), view.readUint8(1)]).toEqual([1, CONTENT[1] as number]);
});

test("ViewStream of a copy-on-write map keeps its writes to itself", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  using file = MemoryMappedFile.createFromFile(path, { access: "copyOnWrite" });
  using stream = file.createViewStream({ offset: 5000 });
  expect(stream.write(new Uint8Array([1, 2, 3]))).toBe(3);
  stream.flush();
  stream.seek(0);
  expect([stream.readByte(), stream.readByte(), stream.readByte()]).toEqual([1, 2, 3]);
  expect(Uint8Array.from(readFileSync(path))).toEqual(CONTENT);
});

test("ViewAccessor.bytes() of a read-only view may be written without changing the file", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  using file = MemoryMappedFile.createFromFile(path);
  using view = file.createViewAccessor({ access: "read" });
  using writer = file.createViewAccessor();
  view.bytes().fill(0);
  view.flush();
  expect(Uint8Array.from(readFileSync(path))).toEqual(CONTENT);
  expect(writer.bytes()).toEqual(CONTENT);
});

test("MemoryMappedFile.createFromFile() maps a file without write permission copy-on-write", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  chmodSync(path, 0o444);
  using file = MemoryMappedFile.createFromFile(path, { access: "copyOnWrite" });
  using view = file.createViewAccessor();
  view.writeUint8(0, 0);
  expect(Uint8Array.from(readFileSync(path))).toEqual(CONTENT);
});

test("MemoryMappedFile.createFromFile() makes a file longer for a copy-on-write map", () => {
  using directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  using file = MemoryMappedFile.createFromFile(path, { access: "copyOnWrite", capacity: 50_000 });
  using view = file.createViewAccessor();
  view.writeUint8(49_999, 1);
  expect([view.capacity, statSync(path).size]).toEqual([50_000, 50_000]);
  expect(readFileSync(path)[49_999]).toBe(0);
});

test("MemoryMappedFile.createNew() with copy-on-write gives every view zeros of its own", () => {
  using memory = MemoryMappedFile.createNew(null, 100, { access: "copyOnWrite" });
  using view = memory.createViewAccessor();
  using other = memory.createViewAccessor();
  view.writeInt32(0, -1);
  expect([view.readInt32(0), other.readInt32(0)]).toEqual([-1, 0]);
});
