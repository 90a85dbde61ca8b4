/** Values of formats: the highest byte first, floats of 16 bits, integers of 64 bits as numbers. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { MemoryMappedFile, NotSupportedError } from "../src/index.ts";

const KINDS = [
  ["Int16", 2, [-0x8000, 0x7fff, -2, 0x1234]],
  ["Uint16", 2, [0xffff, 0x1234, 0]],
  ["Int32", 4, [-0x8000_0000, 0x7fff_ffff, 0x1234_5678, -2]],
  ["Uint32", 4, [0xffff_ffff, 0x1234_5678]],
  ["BigInt64", 8, [-(2n ** 63n), 0x0123_4567_89ab_cdefn]],
  ["BigUint64", 8, [2n ** 64n - 1n, 0x0123_4567_89ab_cdefn]],
  ["Float16", 2, [1.5, -65_504, Infinity, 0.000_060_975_551_605_224_61]],
  ["Float32", 4, [1.5, -0.1, NaN]],
  ["Float64", 8, [Math.PI, -0, 5e-324]],
] as const;

describe.each(["little", "big"] as const)("a view with endian: %s", (endian) => {
  const isLittle = endian === "little";

  test.each(KINDS)("reads and writes %s as a DataView does", (kind, size, values) => {
    using memory = MemoryMappedFile.createNew(null, 64);
    using view = memory.createViewAccessor({ endian, offset: 1 });
    const bytes = view.bytes();
    const expected = new DataView(new ArrayBuffer(63));
    expect(view.endian).toBe(endian);
    for (const value of values) {
      for (const position of [0, 3, 63 - size]) {
        view[`write${kind}`](position, value as never);
        expected[`set${kind}`](position, value as never, isLittle);
        expect(bytes).toEqual(new Uint8Array(expected.buffer));
        expect(view[`read${kind}`](position)).toEqual(expected[`get${kind}`](position, isLittle));
      }
    }
    expectCode(() => view[`read${kind}`](64 - size), RangeError, "ERR_OUT_OF_RANGE");
    expectCode(() => view[`write${kind}`](0, "7" as never), TypeError, "ERR_INVALID_ARG_TYPE");
    using reading = memory.createViewAccessor({ endian, access: "read" });
    const write = (): void => reading[`write${kind}`](0, values[0] as never);
    expectCode(write, NotSupportedError, "ERR_NOT_SUPPORTED");
  });

  test("integers of 64 bits are numbers where they are exact", () => {
    using memory = MemoryMappedFile.createNew(null, 16);
    using view = memory.createViewAccessor({ endian });
    for (const value of [Number.MAX_SAFE_INTEGER, 0, 2 ** 40]) {
      view.writeInt64(0, -value);
      view.writeUint64(8, value);
      expect([view.readInt64(0) + value, view.readUint64(8)]).toEqual([0, value]);
      expect(view.readBigInt64(0)).toBe(-BigInt(value));
    }
    view.writeBigUint64(0, 2n ** 53n);
    const { message } = expectCode(() => view.readUint64(0), RangeError, "ERR_OUT_OF_RANGE");
    expect(message).toContain("use readBigUint64");
    expectCode(() => view.writeUint64(0, -1), RangeError, "ERR_OUT_OF_RANGE");
    expectCode(() => view.writeInt64(0, 2 ** 53), RangeError, "ERR_OUT_OF_RANGE");
    expectCode(() => view.writeInt64(9, 1), RangeError, "ERR_OUT_OF_RANGE");
  });

  test("arrays have the same order as numbers, and those that are written stay as they are", () => {
    using memory = MemoryMappedFile.createNew(null, 64);
    using view = memory.createViewAccessor({ endian });
    for (const array of [
      new Float64Array([1.5, -2]),
      new Uint16Array([1, 0x1234]),
      new Int32Array([-5]),
      new Uint8Array([1, 2, 3]),
    ]) {
      const copy = array.slice();
      view.writeArray(8, array);
      expect(array).toEqual(copy);
      const back = array.slice().fill(0);
      expect(view.readArray(8, back)).toBe(array.length);
      expect(back).toEqual(copy);
    }
    view.writeArray(0, new Uint32Array([0x01020304]));
    expect([...view.bytes(0, 4)]).toEqual(isLittle ? [4, 3, 2, 1] : [1, 2, 3, 4]);
  });
});

test("endian is little or big", () => {
  using memory = MemoryMappedFile.createNew(null, 8);
  const wrong = { endian: "middle" } as never;
  expectCode(() => memory.createViewAccessor(wrong), TypeError, "ERR_INVALID_ARG_VALUE");
});
