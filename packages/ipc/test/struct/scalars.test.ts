import { describe, expect, test } from "bun:test";
import {
  bool,
  type FieldType,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  struct,
  u8,
  u16,
  u32,
  u53,
  u64,
} from "../../src/struct/index.ts";
import { bytesOf, memory, refusalOf, roundTrip } from "./support.ts";

const INTEGERS: ReadonlyArray<readonly [string, FieldType<number>, number, number]> = [
  ["u8", u8, 0, 255],
  ["u16", u16, 0, 65_535],
  ["u32", u32, 0, 4_294_967_295],
  ["i8", i8, -128, 127],
  ["i16", i16, -32_768, 32_767],
  ["i32", i32, -2_147_483_648, 2_147_483_647],
  ["u53", u53, 0, 9_007_199_254_740_991],
];

const BIG_INTEGERS: ReadonlyArray<readonly [string, FieldType<bigint>, bigint, bigint]> = [
  ["u64", u64, 0n, 2n ** 64n - 1n],
  ["i64", i64, -(2n ** 63n), 2n ** 63n - 1n],
];

describe.each(INTEGERS)("%s", (name, type, min, max) => {
  test("holds both ends of its range, and -0 as 0", () => {
    for (const value of [min, max, 1, 0]) expect(roundTrip(type, value)).toBe(value);
    expect(roundTrip(type, -0)).toBe(0);
  });

  test("refuses numbers outside of its range", () => {
    for (const value of [min - 1, max + 1, Infinity, -Infinity]) {
      const expected = Number.isInteger(value) ? ">=" : "an integer >=";
      expect(refusalOf(type, value)).toBe(
        `RangeError ERR_OUT_OF_RANGE The value of "x" is out of range: ` +
          `it must be ${expected} ${min} and <= ${max}: received ${value}`,
      );
    }
  });

  test("refuses fractions and NaN", () => {
    for (const value of [0.5, Number.NaN, 1e-300]) {
      expect(refusalOf(type, value)).toBe(
        `RangeError ERR_OUT_OF_RANGE The value of "x" is out of range: ` +
          `it must be an integer >= ${min} and <= ${max}: received ${value}`,
      );
    }
  });

  test("refuses every other type, never converting", () => {
    const impostor = { valueOf: () => 1, [Symbol.toPrimitive]: () => 1 };
    for (const value of [1n, "1", true, null, undefined, [1], impostor, Symbol("1")]) {
      expect(refusalOf(type, value)).toStartWith(
        `TypeError ERR_INVALID_ARG_TYPE The "x" argument must be a number (${name}): received `,
      );
    }
    expect(refusalOf(type, 5n)).toEndWith("received type bigint (5n)");
  });
});

describe.each(BIG_INTEGERS)("%s", (name, type, min, max) => {
  test("holds both ends of its range", () => {
    for (const value of [min, max, 1n, 0n, 2n ** 53n + 1n]) {
      expect(roundTrip(type, value)).toBe(value);
    }
  });

  test("refuses what is outside of its range", () => {
    for (const value of [min - 1n, max + 1n, 2n ** 200n]) {
      const text = refusalOf(type, value);
      expect(text).toStartWith(`RangeError ERR_OUT_OF_RANGE The value of "x" is out of range: `);
      expect(text).toEndWith(`received ${value}n`);
    }
  });

  test("refuses every other type, numbers above all", () => {
    for (const value of [1, 1.5, "1", true, null, undefined, {}]) {
      expect(refusalOf(type, value)).toStartWith(
        `TypeError ERR_INVALID_ARG_TYPE The "x" argument must be a BigInt (${name}): received `,
      );
    }
  });
});

describe("f64", () => {
  test("holds every number as it is", () => {
    for (const value of [0, -0, 0.1, -1e308, 5e-324, Infinity, -Infinity, Number.NaN]) {
      expect(roundTrip(f64, value)).toBe(value);
    }
  });

  test("refuses what is not a number", () => {
    expect(refusalOf(f64, "1")).toBe(
      `TypeError ERR_INVALID_ARG_TYPE The "x" argument must be a number: received type string ('1')`,
    );
    expect(refusalOf(f64, 1n)).toContain("ERR_INVALID_ARG_TYPE");
  });
});

describe("f32", () => {
  test("rounds to single precision, beyond it to infinity", () => {
    for (const value of [0.1, 1e300, -1e300, 1e-300, 1.5, Number.NaN, -0]) {
      expect(roundTrip(f32, value)).toBe(Math.fround(value));
    }
  });

  test("refuses what is not a number", () => {
    expect(refusalOf(f32, null)).toContain(`must be a number: received null`);
  });
});

describe("bool", () => {
  test("is a byte of 0 or 1, and any byte but 0 reads as true", () => {
    const schema = struct({ x: bool });
    const view = memory(schema);
    schema.encode(view, 0, { x: true });
    expect(bytesOf(view)).toEqual(new Uint8Array([1]));
    for (const [byte, value] of [
      [0, false],
      [1, true],
      [2, true],
      [255, true],
    ] as const) {
      view.setUint8(0, byte);
      expect(schema.decode(view, 0)).toEqual({ x: value });
      expect(schema.cursor(view, 0).x).toBe(value);
    }
  });

  test("refuses 0, 1 and every other truthy thing", () => {
    for (const value of [0, 1, "true", null, undefined]) {
      expect(refusalOf(bool, value)).toStartWith(
        `TypeError ERR_INVALID_ARG_TYPE The "x" argument must be a boolean: received `,
      );
    }
  });
});

test("numbers are little-endian at the offsets of the layout", () => {
  const schema = struct({ a: u8, b: u16, c: u32, d: u53, e: i64, f: f32, g: f64 });
  const view = memory(schema);
  bytesOf(view).fill(0xff);
  schema.encode(view, 0, {
    a: 0x01,
    b: 0x0302,
    c: 0x07060504,
    d: 0x0f_0e0d0c_0b0a09,
    e: 0x17161514131211n,
    f: 1,
    g: 1,
  });
  expect(bytesOf(view).toHex()).toBe(
    [
      "01 00 0203 04050607", // a, one byte of padding, b, c
      "090a0b0c0d0e0f00 1112131415161700", // d, e
      "0000803f 00000000 000000000000f03f", // f, four bytes of padding, g
    ]
      .join("")
      .replaceAll(" ", ""),
  );
});
