import { expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { expectCode } from "@isthmus/testing/expect-code";
import { runs } from "@isthmus/testing/runs";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import fc from "fast-check";
import {
  FileTruncatedError,
  MemoryMappedFile,
  SystemError,
  type ViewOptions,
} from "../src/index.ts";
import { platform } from "../src/native/platform.ts";
import { pattern } from "./support/bytes.ts";

const PAGE_BYTES = MemoryMappedFile.pageSize;
const GRANULE_BYTES = platform().granuleBytes;
const CONTENT = pattern(5 * PAGE_BYTES + 123);
const END = CONTENT.length;

/** A map of `CONTENT`, with the directory that its file is in. */
function mapContent(): Disposable & { readonly file: MemoryMappedFile; readonly path: string } {
  const directory = new TemporaryDirectory();
  const path = directory.file("data.bin", CONTENT);
  const file = MemoryMappedFile.createFromFile(path);
  const dispose = () => {
    file.dispose();
    directory[Symbol.dispose]();
  };
  return { file, path, [Symbol.dispose]: dispose };
}

const OFFSETS = [0, 1, 2, 3, 7, 8, 100, 511, 512, 4095, 4096, 4097].flatMap((offset) => [
  offset,
  PAGE_BYTES + offset,
]);

test("MemoryMappedFile.createViewAccessor() begins at any byte and hides the alignment", () => {
  using map = mapContent();
  for (const offset of [...OFFSETS, PAGE_BYTES - 1, 3 * PAGE_BYTES, END - 1]) {
    for (const size of [0, 1, 2, 50, PAGE_BYTES, PAGE_BYTES + 1]) {
      if (offset + size > END) continue;
      using view = map.file.createViewAccessor({ offset, size });
      const end = size === 0 ? END : offset + size;
      expect([view.capacity, view.pointerOffset]).toEqual([end - offset, offset % GRANULE_BYTES]);
      expect(view.bytes()).toEqual(CONTENT.slice(offset, end));
      expect(view.readUint8(0)).toBe(CONTENT[offset] as number);
      expect(view.readUint8(view.capacity - 1)).toBe(CONTENT[end - 1] as number);
    }
  }
});

test("MemoryMappedFile.createViewStream() begins at any byte and hides the alignment", () => {
  using map = mapContent();
  for (const offset of OFFSETS) {
    using stream = map.file.createViewStream({ offset, size: 50 });
    const bytes = new Uint8Array(100);
    expect([stream.length, stream.pointerOffset]).toEqual([50, offset % GRANULE_BYTES]);
    expect(stream.read(bytes)).toBe(50);
    expect(bytes.subarray(0, 50)).toEqual(CONTENT.subarray(offset, offset + 50));
  }
});

test("MemoryMappedFile.createViewAccessor() shows any part that is inside, and no other", () => {
  using map = mapContent();
  const offsets = fc.integer({ min: 0, max: END + 10 });
  fc.assert(
    fc.property(offsets, offsets, (offset, size) => {
      const isInside = offset <= END && offset + size <= END;
      const make = () => map.file.createViewAccessor({ offset, size });
      if (!isInside) {
        expectCode(make, SystemError, "EACCES");
        return;
      }
      using view = make();
      expect(view.capacity).toBe(size || END - offset);
      expect(Buffer.compare(view.bytes(), CONTENT.subarray(offset, offset + view.capacity))).toBe(
        0,
      );
    }),
    runs(300),
  );
});

test("MemoryMappedFile.createViewAccessor() makes an empty view at the very end", () => {
  using map = mapContent();
  for (const options of [{ offset: END }, { offset: END, size: 0 }]) {
    using view = map.file.createViewAccessor(options);
    expect([view.capacity, view.pointerOffset, view.canRead, view.canWrite]).toEqual([
      0,
      0,
      true,
      true,
    ]);
    expect(view.bytes().length).toBe(0);
    expectCode(() => view.readUint8(0), RangeError, "ERR_OUT_OF_RANGE");
    expectCode(() => view.writeUint8(0, 1), RangeError, "ERR_OUT_OF_RANGE");
    expectCode(() => view.readArray(0, new Uint8Array(1)), RangeError, "ERR_OUT_OF_RANGE");
    view.flush();
    view.lock();
    view.unlock();
    expect(view.residentBytes()).toBe(0);
    using stream = map.file.createViewStream(options);
    expect([stream.length, stream.readByte(), stream.read(new Uint8Array(5))]).toEqual([0, -1, 0]);
  }
});

test.each([
  ["an offset behind the end", { offset: END + 1 }],
  ["an offset far behind the end", { offset: Number.MAX_SAFE_INTEGER }],
  ["a size that is too long", { size: END + 1 }],
  ["a part that crosses the end", { offset: END - 10, size: 11 }],
  ["a size of 2^53 - 1", { offset: 1, size: Number.MAX_SAFE_INTEGER }],
  ["an offset and a size whose sum overflows", { offset: 2 ** 52, size: 2 ** 53 - 1 }],
])("MemoryMappedFile.createViewAccessor() refuses %s with EACCES", (_label, options) => {
  using map = mapContent();
  expectCode(() => map.file.createViewAccessor(options), SystemError, "EACCES");
  const error = expectCode(() => map.file.createViewStream(options), SystemError, "EACCES");
  expect(error.message).toContain(`must end within the map's capacity of ${END} bytes`);
  expect(error.message).not.toContain("permission");
});

test.each([
  ["negative", -1, RangeError, "ERR_OUT_OF_RANGE"],
  ["NaN", Number.NaN, RangeError, "ERR_OUT_OF_RANGE"],
  ["a fraction", 0.5, RangeError, "ERR_OUT_OF_RANGE"],
  ["2^53", 2 ** 53, RangeError, "ERR_OUT_OF_RANGE"],
  ["a BigInt", 0n, TypeError, "ERR_INVALID_ARG_TYPE"],
  ["a string", "0", TypeError, "ERR_INVALID_ARG_TYPE"],
])(
  "MemoryMappedFile.createViewAccessor() refuses an offset or size that is %s",
  (_label, value, type, code) => {
    using map = mapContent();
    for (const options of [{ offset: value }, { size: value }] as ViewOptions[]) {
      expectCode(() => map.file.createViewAccessor(options), type, code);
      expectCode(() => map.file.createViewStream(options), type, code);
    }
  },
);

test.each([[null], [5], ["read"], [[]]])(
  "MemoryMappedFile.createViewAccessor() refuses %p as options",
  (options) => {
    using map = mapContent();
    const make = () => map.file.createViewAccessor(options as never);
    expectCode(make, TypeError, "ERR_INVALID_ARG_TYPE");
  },
);

test("ViewAccessor shows what other views, other maps and the file get written, and they its own", () => {
  using map = mapContent();
  using other = MemoryMappedFile.createFromFile(map.path);
  using whole = map.file.createViewAccessor();
  using part = map.file.createViewAccessor({ offset: PAGE_BYTES - 3, size: 100 });
  using elsewhere = other.createViewStream({ offset: PAGE_BYTES });
  part.writeInt32(1, 0x01020304); // across a page border
  expect(whole.readInt32(PAGE_BYTES - 2)).toBe(0x01020304);
  expect(readFileSync(map.path).readInt32LE(PAGE_BYTES - 2)).toBe(0x01020304);
  elsewhere.write(new Uint8Array([0xaa, 0xbb]));
  expect(part.readUint16(3)).toBe(0xbbaa);
  writeFileSync(map.path, "XYZ", { flag: "r+" });
  expect(whole.readString(0, 3)).toBe("XYZ");
});

test("ViewAccessor and ViewStream outlive their map", () => {
  using map = mapContent();
  using view = map.file.createViewAccessor();
  using stream = map.file.createViewStream();
  map.file.dispose();
  view.writeInt32(1000, -5);
  view.flush();
  stream.seek(1000);
  expect(stream.readByte()).toBe(0xfb);
  expect(readFileSync(map.path).readInt32LE(1000)).toBe(-5);
});

test("ViewAccessor outlives other views of its map", () => {
  using map = mapContent();
  using view = map.file.createViewAccessor();
  map.file.createViewAccessor().dispose();
  map.file.createViewStream().dispose();
  expect(view.readUint8(17)).toBe(CONTENT[17] as number);
});

test("MemoryMappedFile.createViewAccessor() refuses a part that the file has lost", () => {
  using map = mapContent();
  truncateSync(map.path, PAGE_BYTES);
  const error = expectCode(
    () => map.file.createViewAccessor(),
    FileTruncatedError,
    "ERR_FILE_TRUNCATED",
  );
  expect(error.message).toContain(map.path);
  using view = map.file.createViewAccessor({ size: PAGE_BYTES });
  expect(view.bytes()).toEqual(CONTENT.slice(0, PAGE_BYTES));
});

test("MemoryMappedFile.createViewAccessor() says in its messages which file it is about", () => {
  using map = mapContent();
  const fd = openSync(map.path, "r");
  using unnamed = MemoryMappedFile.createFromFile(fd, { access: "read" });
  using anonymous = MemoryMappedFile.createNew(null, 10);
  const messageOf = (file: MemoryMappedFile) =>
    expectCode(() => file.createViewAccessor({ offset: END + 1 }), SystemError, "EACCES").message;
  expect(messageOf(map.file)).toContain(`"${map.path}"`);
  expect(messageOf(unnamed)).toContain(`file descriptor ${fd}`);
  expect(messageOf(anonymous)).toContain("anonymous memory");
  closeSync(fd);
});
