import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import { MemoryMappedFile, NotSupportedError, type TypedArray } from "../src/index.ts";
import { filled, pattern } from "./support/bytes.ts";

const ARRAY_TYPES = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float16Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

const CAPACITY = 1000;

/** A view of known bytes that begins inside a page. */
function makeView(content: Uint8Array = pattern(CAPACITY)) {
  using file = MemoryMappedFile.createNew(null, 5000);
  const view = file.createViewAccessor({ offset: 4093, size: 907 });
  view.writeArray(0, content.subarray(0, 907));
  return view;
}

function bytesOf(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

describe.each(ARRAY_TYPES.map((type) => [type.name, type] as const))(
  "ViewAccessor %s",
  (_, type) => {
    const elementBytes = type.BYTES_PER_ELEMENT;

    test("readArray() fills as many whole elements as there are, at any position", () => {
      using view = makeView();
      const positions = fc.integer({ min: 0, max: view.capacity - 1 });
      fc.assert(
        fc.property(positions, fc.integer({ min: 0, max: 200 }), (position, length) => {
          const target = new type(length);
          bytesOf(target).fill(0xee);
          const count = view.readArray(position, target);
          const room = Math.floor((view.capacity - position) / elementBytes);
          expect(count).toBe(Math.min(length, room));
          const expected = filled(length * elementBytes, 0xee);
          expected.set(view.bytes(position, count * elementBytes));
          expect(Buffer.compare(bytesOf(target), expected)).toBe(0);
        }),
        runs(200),
      );
    });

    test("writeArray() writes all elements or none, at any position", () => {
      using view = makeView();
      const positions = fc.integer({ min: 0, max: view.capacity - 1 });
      fc.assert(
        fc.property(positions, fc.integer({ min: 0, max: 200 }), (position, length) => {
          const source = new type(length);
          bytesOf(source).set(pattern(length * elementBytes, position));
          const expected = view.bytes().slice();
          if (position + source.byteLength > view.capacity) {
            const write = () => view.writeArray(position, source);
            expectCode(write, RangeError, "ERR_OUT_OF_RANGE");
          } else {
            expect(view.writeArray(position, source)).toBe(length);
            expected.set(bytesOf(source), position);
          }
          expect(Buffer.compare(view.bytes(), expected)).toBe(0);
        }),
        runs(200),
      );
    });

    test("gives back what it was given, also from the middle of a buffer", () => {
      using view = makeView();
      const source = new type(pattern(20 * elementBytes).buffer, 2 * elementBytes, 10);
      expect(view.writeArray(1, source)).toBe(10);
      const target = new type(new ArrayBuffer(30 * elementBytes), 5 * elementBytes, 10);
      expect(view.readArray(1, target)).toBe(10);
      expect(bytesOf(target)).toEqual(bytesOf(source));
      const around = new Uint8Array(target.buffer);
      expect(around.subarray(0, 5 * elementBytes).every((byte) => byte === 0)).toBe(true);
      expect(around.subarray(15 * elementBytes).every((byte) => byte === 0)).toBe(true);
    });
  },
);

test("ViewAccessor.readArray() reads nothing where not even one element fits", () => {
  using view = makeView();
  const target = new Float64Array([1, 2]);
  expect(view.readArray(view.capacity - 7, target)).toBe(0);
  expect(view.readArray(0, new Float64Array(0))).toBe(0);
  expect([...target]).toEqual([1, 2]);
});

test("ViewAccessor.readArray() and writeArray() take no elements at the very end, and no more", () => {
  using view = makeView();
  expect(view.readArray(view.capacity, new Float64Array(0))).toBe(0);
  expect(view.writeArray(view.capacity, new Float64Array(0))).toBe(0);
  for (const use of ["readArray", "writeArray"] as const) {
    const one = () => view[use](view.capacity, new Uint8Array(1));
    expectCode(one, RangeError, "ERR_OUT_OF_RANGE");
  }
});

test("ViewAccessor.readArray() and writeArray() refuse positions outside the view", () => {
  using view = makeView();
  for (const position of [-1, view.capacity + 1, 2 ** 32, Number.NaN, 0.5]) {
    const array = new Uint8Array(0);
    expectCode(() => view.readArray(position, array), RangeError, "ERR_OUT_OF_RANGE");
    expectCode(() => view.writeArray(position, array), RangeError, "ERR_OUT_OF_RANGE");
  }
  for (const position of ["0", 0n, undefined, null] as unknown as number[]) {
    const array = new Uint8Array(1);
    expectCode(() => view.readArray(position, array), TypeError, "ERR_INVALID_ARG_TYPE");
    expectCode(() => view.writeArray(position, array), TypeError, "ERR_INVALID_ARG_TYPE");
  }
});

test("ViewAccessor.readArray() and writeArray() refuse what is no typed array", () => {
  using view = makeView();
  const refused = [
    undefined,
    null,
    [1, 2],
    "12",
    new ArrayBuffer(8),
    new DataView(new ArrayBuffer(8)),
  ];
  for (const value of refused as unknown as Uint8Array[]) {
    expectCode(() => view.readArray(0, value), TypeError, "ERR_INVALID_ARG_TYPE");
    expectCode(() => view.writeArray(0, value), TypeError, "ERR_INVALID_ARG_TYPE");
  }
});

test("ViewAccessor.readArray() and writeArray() check the array first, as .NET does", () => {
  const view = makeView();
  view.dispose();
  const nothing = undefined as unknown as Uint8Array;
  expectCode(() => view.readArray(-1, nothing), TypeError, "ERR_INVALID_ARG_TYPE");
  expectCode(() => view.writeArray(-1, nothing), TypeError, "ERR_INVALID_ARG_TYPE");
});

test("ViewAccessor.writeArray() does not write through a read-only view", () => {
  using file = MemoryMappedFile.createNew(null, 10);
  using view = file.createViewAccessor({ access: "read" });
  const write = () => view.writeArray(-1, new Uint8Array(20));
  expectCode(write, NotSupportedError, "ERR_NOT_SUPPORTED");
});

test("ViewAccessor.readArray() and writeArray() take Buffers and shared memory", () => {
  using view = makeView();
  expect(view.writeArray(0, Buffer.from("text"))).toBe(4);
  const shared = new Uint8Array(new SharedArrayBuffer(4));
  expect(view.readArray(0, shared)).toBe(4);
  expect([...shared]).toEqual([...Buffer.from("text")]);
  shared[0] = 0x54;
  view.writeArray(0, shared);
  expect(view.readString(0, 4)).toBe("Text");
});

test("ViewAccessor.writeArray() moves overlapping bytes of its own as if through a copy", () => {
  const content = pattern(907);
  for (const [from, to] of [
    [0, 3],
    [3, 0],
    [100, 101],
  ] as const) {
    using view = makeView(content);
    view.writeArray(to, view.bytes(from, 500));
    const expected = content.slice();
    expected.copyWithin(to, from, from + 500);
    expect(view.bytes()).toEqual(expected);
  }
});
