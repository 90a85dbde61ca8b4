import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import { MemoryMappedFile, NotSupportedError, type ViewAccessor } from "../src/index.ts";
import { pattern } from "./support/bytes.ts";
import { NUMBER_TYPES } from "./support/number-types.ts";

const CAPACITY = 9000;
/** So that the view begins in the middle of a page and reaches over several. */
const VIEW_OFFSET = 4091;

/** A view of random bytes, and a `DataView` of the same bytes to compare it with. */
function twins(): Disposable & { readonly view: ViewAccessor; readonly model: DataView } {
  const file = MemoryMappedFile.createNew(null, VIEW_OFFSET + CAPACITY);
  const view = file.createViewAccessor({ offset: VIEW_OFFSET });
  const content = pattern(CAPACITY);
  view.writeArray(0, content);
  file.dispose();
  return { view, model: new DataView(content.buffer), [Symbol.dispose]: () => view.dispose() };
}

function contentOf(model: DataView): Uint8Array {
  return new Uint8Array(model.buffer as ArrayBuffer);
}

describe.each(NUMBER_TYPES.map((type) => [type.name, type] as const))(
  "ViewAccessor %s",
  (_, type) => {
    const last = CAPACITY - type.bytes;

    test("reads what a DataView reads, at any position", () => {
      using both = twins();
      fc.assert(
        fc.property(fc.integer({ min: 0, max: last }), (position) => {
          expect(type.read(both.view, position)).toEqual(type.readModel(both.model, position));
        }),
        { ...runs(500), examples: [[0], [last], [1], [4], [5], [8]] },
      );
    });

    test("writes what a DataView writes, at any position, and nothing else", () => {
      using both = twins();
      fc.assert(
        fc.property(fc.integer({ min: 0, max: last }), type.values, (position, value) => {
          type.write(both.view, position, value);
          type.writeModel(both.model, position, value);
          expect(type.read(both.view, position)).toEqual(type.readModel(both.model, position));
        }),
        runs(500),
      );
      expect(both.view.bytes()).toEqual(contentOf(both.model) as Uint8Array<ArrayBuffer>);
    });

    test("gives back what it is told to hold", () => {
      using both = twins();
      for (const value of type.examples) {
        type.write(both.view, 3, value as never);
        expect(type.read(both.view, 3)).toBe(value);
      }
    });

    test("refuses positions that are outside, and writes nothing there", () => {
      using both = twins();
      const value = type.examples[0] as never;
      const near = [-1, last + 1, CAPACITY];
      const far = [2 ** 31, 2 ** 32, 2 ** 32 + 8, 2 ** 53, -(2 ** 32), Infinity];
      for (const position of [...near, ...far]) {
        expectCode(() => type.read(both.view, position), RangeError, "ERR_OUT_OF_RANGE");
        expectCode(() => type.write(both.view, position, value), RangeError, "ERR_OUT_OF_RANGE");
      }
      expect(both.view.bytes()).toEqual(contentOf(both.model) as Uint8Array<ArrayBuffer>);
    });

    test("refuses positions that are no whole number", () => {
      using both = twins();
      const refused = [
        [Number.NaN, RangeError, "ERR_OUT_OF_RANGE"],
        [1.5, RangeError, "ERR_OUT_OF_RANGE"],
        [0n, TypeError, "ERR_INVALID_ARG_TYPE"],
        ["0", TypeError, "ERR_INVALID_ARG_TYPE"],
        [undefined, TypeError, "ERR_INVALID_ARG_TYPE"],
        [null, TypeError, "ERR_INVALID_ARG_TYPE"],
        [true, TypeError, "ERR_INVALID_ARG_TYPE"],
        [{ valueOf: () => 0 }, TypeError, "ERR_INVALID_ARG_TYPE"],
        [Symbol("0"), TypeError, "ERR_INVALID_ARG_TYPE"],
      ] as const;
      for (const [position, error, code] of refused) {
        const at = position as number;
        expectCode(() => type.read(both.view, at), error, code);
        expectCode(() => type.write(both.view, at, type.examples[0] as never), error, code);
      }
    });

    test("refuses values that it cannot hold, and writes nothing then", () => {
      using both = twins();
      for (const [value, error, code] of type.refused) {
        expectCode(() => type.write(both.view, 8, value as never), error, code);
      }
      expect(both.view.bytes()).toEqual(contentOf(both.model) as Uint8Array<ArrayBuffer>);
    });

    test("is not written through a read-only view", () => {
      using file = MemoryMappedFile.createNew(null, 100);
      using view = file.createViewAccessor({ access: "read" });
      const value = type.examples[0] as never;
      const write = () => type.write(view, 0, value);
      expectCode(write, NotSupportedError, "ERR_NOT_SUPPORTED");
      expect(view.bytes().every((byte) => byte === 0)).toBe(true);
    });

    test("checks access, then position, then value", () => {
      using file = MemoryMappedFile.createNew(null, 100);
      using view = file.createViewAccessor({ access: "read" });
      using writable = file.createViewAccessor();
      const nonsense = Symbol("value") as never;
      const readOnly = () => type.write(view, -1, nonsense);
      expectCode(readOnly, NotSupportedError, "ERR_NOT_SUPPORTED");
      const outside = expectCode(
        () => type.write(writable, 100, nonsense),
        RangeError,
        "ERR_OUT_OF_RANGE",
      );
      expect(outside.message).toContain("position");
      const unfit = expectCode(
        () => type.write(writable, 0, nonsense),
        TypeError,
        "ERR_INVALID_ARG_TYPE",
      );
      expect(unfit.message).toContain("value");
    });

    test("fits exactly into a view of its size", () => {
      using file = MemoryMappedFile.createNew(null, type.bytes);
      using view = file.createViewAccessor();
      const value = type.examples.at(-1) as never;
      type.write(view, 0, value);
      expect(type.read(view, 0)).toBe(value);
      expectCode(() => type.read(view, 1), RangeError, "ERR_OUT_OF_RANGE");
    });
  },
);

test("ViewAccessor.readBoolean() is true for every byte but 0", () => {
  using file = MemoryMappedFile.createNew(null, 256);
  using view = file.createViewAccessor();
  for (let byte = 0; byte < 256; byte++) {
    view.writeUint8(byte, byte);
    expect(view.readBoolean(byte)).toBe(byte !== 0);
  }
});

test("ViewAccessor reads and writes NaN, infinities and minus zero", () => {
  using file = MemoryMappedFile.createNew(null, 16);
  using view = file.createViewAccessor();
  for (const value of [Number.NaN, Infinity, -Infinity, -0, 5e-324, Number.MAX_VALUE]) {
    view.writeFloat64(0, value);
    expect(view.readFloat64(0)).toBe(value);
  }
  view.writeFloat32(0, 1e300);
  expect(view.readFloat32(0)).toBe(Infinity);
  view.writeFloat32(0, 0.1);
  expect(view.readFloat32(0)).toBe(Math.fround(0.1));
});

test("ViewAccessor says where a value would have room, if anywhere", () => {
  using file = MemoryMappedFile.createNew(null, 6);
  using view = file.createViewAccessor();
  const late = expectCode(() => view.readInt32(3), "RangeError", "ERR_OUT_OF_RANGE");
  expect(late.message).toContain("must be <= 2 for a value of 4 bytes");
  const long = expectCode(() => view.readFloat64(0), "RangeError", "ERR_OUT_OF_RANGE");
  expect(long.message).toContain("must be in a view of more than 6 bytes for a value of 8 bytes");
});

test("ViewAccessor.writeInt32() says what it refused", () => {
  using file = MemoryMappedFile.createNew(null, 16);
  using view = file.createViewAccessor();
  const tooLarge = expectCode(() => view.writeInt32(0, 2 ** 31), RangeError, "ERR_OUT_OF_RANGE");
  expect(tooLarge.message).toContain("2147483648");
  const text = expectCode(
    () => view.writeInt32(0, "7" as never),
    TypeError,
    "ERR_INVALID_ARG_TYPE",
  );
  expect(text.message).toContain("type string ('7')");
});
