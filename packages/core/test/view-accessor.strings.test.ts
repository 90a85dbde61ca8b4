import { expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { runs } from "@isthmus/testing/runs";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import fc from "fast-check";
import { MemoryMappedFile, NotSupportedError } from "../src/index.ts";
import { filled } from "./support/bytes.ts";

const CAPACITY = 300;
const FOX = "🦊"; // four bytes of UTF-8

/** A view without a zero byte in it. */
function makeView(capacity = CAPACITY) {
  using file = MemoryMappedFile.createNew(null, capacity + 4090);
  const view = file.createViewAccessor({ offset: 4090 });
  view.writeArray(0, filled(capacity, 0xff));
  return view;
}

const texts = fc.string({ unit: "binary", maxLength: 100 });

test("ViewAccessor.writeString() and readString() agree with TextEncoder, at any position", () => {
  using view = makeView();
  fc.assert(
    fc.property(fc.integer({ min: 0, max: CAPACITY - 1 }), texts, (position, text) => {
      const encoded = new TextEncoder().encode(text);
      const before = view.bytes().slice();
      if (position + encoded.length > CAPACITY) {
        const write = () => view.writeString(position, text);
        expectCode(write, RangeError, "ERR_OUT_OF_RANGE");
      } else {
        expect(view.writeString(position, text)).toBe(encoded.length);
        expect(view.readString(position, encoded.length)).toBe(text.toWellFormed());
        before.set(encoded, position);
      }
      expect(Buffer.compare(view.bytes(), before)).toBe(0);
    }),
    runs(500),
  );
});

test("ViewAccessor.readString() finds the end of what writeString() ended with NUL", () => {
  using view = makeView();
  const plain = fc
    .string({ unit: "grapheme", maxLength: 60 })
    .map((text) => text.replaceAll("\0", ""));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), plain, (position, text) => {
      const { length } = new TextEncoder().encode(text);
      fc.pre(position + length < CAPACITY);
      expect(view.writeString(position, text, { nullTerminated: true })).toBe(length + 1);
      expect(view.readUint8(position + length)).toBe(0);
      expect(view.readString(position)).toBe(text);
    }),
  );
});

test("ViewAccessor.readString() without NUL reads to the end of the view", () => {
  using view = makeView(10);
  view.writeString(0, "0123456789");
  expect([view.readString(0), view.readString(9), view.readString(3)]).toEqual([
    "0123456789",
    "9",
    "3456789",
  ]);
});

test("ViewAccessor.readString() finds a NUL however far away it is", () => {
  // It is searched for in pieces that grow from 256 bytes to 64 KiB: borders of all of them.
  const borders = [1, 255, 256, 257, 1279, 1280, 1281, 5376, 21_760, 87_296, 152_832, 152_833];
  using file = MemoryMappedFile.createNew(null, 300_000);
  for (const length of [...borders, 299_990]) {
    using view = file.createViewAccessor({ offset: 5 });
    view.writeArray(0, filled(view.capacity, 0x61));
    view.writeUint8(length, 0);
    expect(view.readString(0)).toBe("a".repeat(length));
    expect(view.readString(length - 1)).toBe("a");
    expect(view.readString(length)).toBe("");
  }
});

test("ViewAccessor.readString() with a length reads zero bytes too", () => {
  using view = makeView();
  view.writeString(0, "a\0b");
  expect(view.readString(0, 3)).toBe("a\0b");
  expect(view.readString(0)).toBe("a");
  expect(view.readString(0, 0)).toBe("");
});

test("ViewAccessor.readString() replaces what is not UTF-8, and keeps a byte order mark", () => {
  using view = makeView();
  view.writeArray(0, new Uint8Array([0x61, 0xff, 0x62, 0]));
  expect(view.readString(0)).toBe("a\ufffdb");
  view.writeString(0, FOX);
  expect(view.readString(0, 3)).toBe("\ufffd");
  expect(view.readString(1, 3)).toBe("\ufffd\ufffd\ufffd");
  view.writeString(0, "\ufefftext");
  expect(view.readString(0, 7)).toBe("\ufefftext");
});

test("ViewAccessor.writeString() replaces lone surrogates", () => {
  using view = makeView();
  expect(view.writeString(0, "a\ud800b\udc00")).toBe(8);
  expect(view.readString(0, 8)).toBe("a\ufffdb\ufffd");
});

test("ViewAccessor.writeString() writes all of a text or nothing", () => {
  using view = makeView(10);
  const before = view.bytes().slice();
  const tooLong = [
    () => view.writeString(0, "01234567890"),
    () => view.writeString(7, FOX),
    () => view.writeString(9, "é"),
    () => view.writeString(0, "0123456789", { nullTerminated: true }),
    () => view.writeString(6, FOX, { nullTerminated: true }),
  ];
  for (const write of tooLong) expectCode(write, RangeError, "ERR_OUT_OF_RANGE");
  expect(view.bytes()).toEqual(before);
  expect(view.writeString(6, FOX)).toBe(4);
  expect(view.writeString(5, FOX, { nullTerminated: true })).toBe(5);
  expect(view.readString(5)).toBe(FOX);
});

test("ViewAccessor.writeString() of nothing writes nothing, or one zero byte", () => {
  using view = makeView(2);
  expect(view.writeString(1, "")).toBe(0);
  expect(view.readUint8(1)).toBe(0xff);
  expect(view.writeString(1, "", { nullTerminated: true })).toBe(1);
  expect(view.readUint8(1)).toBe(0);
});

test("ViewAccessor.readString() and writeString() take nothing at the very end, and no more", () => {
  using view = makeView(10);
  expect([view.readString(10), view.readString(10, 0), view.writeString(10, "")]).toEqual([
    "",
    "",
    0,
  ]);
  expectCode(() => view.readString(10, 1), RangeError, "ERR_OUT_OF_RANGE");
  const writeNull = () => view.writeString(10, "", { nullTerminated: true });
  expectCode(writeNull, RangeError, "ERR_OUT_OF_RANGE");
  expectCode(() => view.writeString(10, "x"), RangeError, "ERR_OUT_OF_RANGE");
});

test("ViewAccessor.readString() refuses lengths and positions outside the view", () => {
  using view = makeView(10);
  for (const length of [-1, 11, Number.NaN, 1.5, 2 ** 53]) {
    expectCode(() => view.readString(0, length), RangeError, "ERR_OUT_OF_RANGE");
  }
  expectCode(() => view.readString(5, 6), RangeError, "ERR_OUT_OF_RANGE");
  for (const position of [-1, 11, Number.NaN, 0.5]) {
    expectCode(() => view.readString(position), RangeError, "ERR_OUT_OF_RANGE");
    expectCode(() => view.writeString(position, ""), RangeError, "ERR_OUT_OF_RANGE");
  }
  for (const wrong of ["1", 1n, null] as unknown as number[]) {
    expectCode(() => view.readString(0, wrong), TypeError, "ERR_INVALID_ARG_TYPE");
    expectCode(() => view.readString(wrong), TypeError, "ERR_INVALID_ARG_TYPE");
    expectCode(() => view.writeString(wrong, ""), TypeError, "ERR_INVALID_ARG_TYPE");
  }
});

test("ViewAccessor.writeString() refuses what is no text and options that are none", () => {
  using view = makeView(10);
  for (const text of [undefined, null, 5, {}, Buffer.from("x")] as unknown as string[]) {
    expectCode(() => view.writeString(0, text), TypeError, "ERR_INVALID_ARG_TYPE");
  }
  for (const options of [null, true, { nullTerminated: 1 }] as unknown as object[]) {
    expectCode(() => view.writeString(0, "x", options), TypeError, "ERR_INVALID_ARG_TYPE");
  }
  expect(view.readUint8(0)).toBe(0xff);
});

test("ViewAccessor.writeString() checks access, then position, then text", () => {
  using file = MemoryMappedFile.createNew(null, 10);
  using view = file.createViewAccessor({ access: "read" });
  using writable = file.createViewAccessor();
  const nothing = undefined as unknown as string;
  expectCode(() => view.writeString(-1, nothing), NotSupportedError, "ERR_NOT_SUPPORTED");
  expectCode(() => writable.writeString(-1, nothing), RangeError, "ERR_OUT_OF_RANGE");
  expectCode(() => writable.writeString(0, nothing), TypeError, "ERR_INVALID_ARG_TYPE");
});

test("ViewAccessor.readString() refuses more bytes than a string holds", () => {
  using directory = new TemporaryDirectory();
  const options = { mode: "createNew", capacity: 2 ** 31, allocate: false } as const;
  using file = MemoryMappedFile.createFromFile(directory.file("sparse"), options);
  using view = file.createViewAccessor();
  expectCode(() => view.readString(0, 2 ** 31), RangeError, "ERR_OUT_OF_RANGE");
});
