/**
 * Concept 1: create, map, write, read.
 *
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import { MemoryMappedFile, type ViewAccessor } from "@isthmus/core";
import { formatCount } from "../output/format.ts";
import { check, checkEqual, checkRefused } from "./check.ts";
import type { DemoRoom } from "./room.ts";
import type { DemoConcept } from "./step.ts";

const FILE = "basic.bin";
const CAPACITY = 4096;

/** Basic use: maps, view accessors, view streams and their disposal. */
export const basicUse: DemoConcept = {
  number: 1,
  title: "Basic use",
  steps: [
    { name: "create a file and map it", run: createAndMap },
    { name: "write and read every type", run: everyType },
    { name: "arrays and text", run: arraysAndText },
    { name: "a view at an offset", run: viewAtOffset },
    { name: "a view as a stream", run: viewAsStream },
    { name: "flush, then read the file the ordinary way", run: flushAndReread },
    { name: "a disposed view is dead", run: disposedView },
  ],
};

function createAndMap(room: DemoRoom): string {
  const path = room.path(FILE);
  using file = MemoryMappedFile.createFromFile(path, { mode: "createNew", capacity: CAPACITY });
  checkEqual(file.capacity, CAPACITY, "the capacity of the map");
  checkEqual(statSync(path).size, CAPACITY, "the size of the file");
  using view = file.createViewAccessor();
  checkEqual(view.readInt32(0), 0, "the first number of a new file");
  return `${formatCount(CAPACITY)} bytes on disk and in memory`;
}

/** Each type with the value that is hardest for it; writes at an odd offset, reads it back. */
const ROUND_TRIPS: readonly (readonly [type: string, run: (view: ViewAccessor) => boolean])[] = [
  ["Int8", (view) => [view.writeInt8(1, -128), view.readInt8(1)][1] === -128],
  ["Uint8", (view) => [view.writeUint8(1, 255), view.readUint8(1)][1] === 255],
  ["Int16", (view) => [view.writeInt16(1, -32_768), view.readInt16(1)][1] === -32_768],
  ["Uint16", (view) => [view.writeUint16(1, 65_535), view.readUint16(1)][1] === 65_535],
  ["Int32", (view) => [view.writeInt32(1, -(2 ** 31)), view.readInt32(1)][1] === -(2 ** 31)],
  ["Uint32", (view) => [view.writeUint32(1, 2 ** 32 - 1), view.readUint32(1)][1] === 2 ** 32 - 1],
  [
    "BigInt64",
    (view) => [view.writeBigInt64(1, -(2n ** 63n)), view.readBigInt64(1)][1] === -(2n ** 63n),
  ],
  [
    "BigUint64",
    (view) => [view.writeBigUint64(1, 2n ** 64n - 1n), view.readBigUint64(1)][1] === 2n ** 64n - 1n,
  ],
  ["Float32", (view) => [view.writeFloat32(1, 0.5), view.readFloat32(1)][1] === 0.5],
  ["Float64", (view) => [view.writeFloat64(1, Math.PI), view.readFloat64(1)][1] === Math.PI],
  ["Boolean", (view) => [view.writeBoolean(1, true), view.readBoolean(1)][1] === true],
  ["Char", (view) => [view.writeChar(1, "ñ"), view.readChar(1)][1] === "ñ"],
];

function everyType(room: DemoRoom): string {
  using file = MemoryMappedFile.createFromFile(room.path(FILE));
  using view = file.createViewAccessor();
  for (const [type, run] of ROUND_TRIPS) check(run(view), `${type} came back as another value`);
  view.writeInt32(0, 0x0102_0304);
  const bytes = new Uint8Array(Int32Array.of(0x0102_0304).buffer);
  checkEqual([...view.bytes(0, 4)], [...bytes], "the bytes of an Int32 in host order");
  return `${ROUND_TRIPS.length} types, unaligned, in the byte order of the host`;
}

function arraysAndText(room: DemoRoom): string {
  using file = MemoryMappedFile.createFromFile(room.path(FILE));
  using view = file.createViewAccessor();
  const numbers = Float64Array.from({ length: 100 }, (_, index) => Math.sqrt(index));
  view.writeArray(512, numbers);
  const back = new Float64Array(100);
  checkEqual(view.readArray(512, back), 100, "how many numbers were read");
  checkEqual(back, numbers, "the numbers");
  const tail = new Float64Array(100);
  checkEqual(view.readArray(CAPACITY - 80, tail), 10, "how many numbers fit before the end");
  const text = "Panamá, 巴拿马, 🚢";
  view.writeString(2048, text, { nullTerminated: true });
  checkEqual(view.readString(2048), text, "the text up to its NUL");
  return "100 numbers, and text in UTF-8";
}

function viewAtOffset(room: DemoRoom): string {
  using file = MemoryMappedFile.createFromFile(room.path(FILE));
  using whole = file.createViewAccessor();
  using part = file.createViewAccessor({ offset: 100, size: 200 });
  checkEqual(part.capacity, 200, "the capacity of the view");
  part.writeInt32(0, 4711);
  checkEqual(whole.readInt32(100), 4711, "the same bytes through another view");
  checkRefused(() => part.readInt32(197), "ERR_OUT_OF_RANGE", "reading across the end of a view");
  checkRefused(
    () => file.createViewAccessor({ offset: CAPACITY - 10, size: 11 }),
    "EACCES",
    "a view past the end of the map",
  );
  return "200 bytes at offset 100; nothing outside can be reached";
}

async function viewAsStream(room: DemoRoom): Promise<string> {
  using file = MemoryMappedFile.createFromFile(room.path(FILE));
  using stream = file.createViewStream({ offset: 3000, size: 64 });
  const text = "a stream over mapped bytes";
  stream.write(new TextEncoder().encode(text));
  checkEqual(stream.position, text.length, "the position after writing");
  stream.seek(0);
  checkEqual(stream.readByte(), "a".charCodeAt(0), "the first byte");
  stream.seek(0);
  const all = await new Response(stream.readable()).text();
  checkEqual(all.slice(0, text.length), text, "the text through a Web Stream");
  return "write, seek, readByte, and the same bytes as a Web Stream";
}

function flushAndReread(room: DemoRoom): string {
  const path = room.path(FILE);
  using file = MemoryMappedFile.createFromFile(path);
  using view = file.createViewAccessor();
  view.writeString(0, "flushed");
  view.flush();
  checkEqual(readFileSync(path).subarray(0, 7).toString(), "flushed", "the file's content");
  return "the file holds what was written to memory";
}

function disposedView(room: DemoRoom): string {
  using file = MemoryMappedFile.createFromFile(room.path(FILE));
  const view = file.createViewAccessor();
  const bytes = view.bytes();
  checkEqual(bytes.length, CAPACITY, "the bytes while the view lives");
  view[Symbol.dispose]();
  view[Symbol.dispose]();
  checkEqual(bytes.length, 0, "the bytes after disposal");
  checkRefused(() => view.readInt32(0), "ERR_DISPOSED", "reading after disposal");
  return "its arrays have length 0, its methods throw, no crash";
}
