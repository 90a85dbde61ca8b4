import { describe, expect, test } from "bun:test";
import {
  array,
  bool,
  bytes,
  f64,
  i16,
  oneOf,
  struct,
  u8,
  u16,
  u53,
  u64,
  utf8,
} from "../../src/struct/index.ts";
import { bytesOf, memory, refusal, refusalOf, roundTrip } from "./support.ts";

describe("oneOf", () => {
  const color = oneOf("red", "green", "blue");

  test("is the index of the word, one byte", () => {
    const schema = struct({ x: color });
    const view = memory(schema);
    for (const [index, x] of (["red", "green", "blue"] as const).entries()) {
      schema.encode(view, 0, { x });
      expect(bytesOf(view)).toEqual(new Uint8Array([index]));
      expect(schema.decode(view, 0)).toEqual({ x });
    }
  });

  test("takes two bytes for more than 256 words", () => {
    const words = Array.from({ length: 257 }, (_, index) => `w${index}`) as [string, ...string[]];
    const last = oneOf(...words);
    expect(last.layout).toMatchObject({ size: 2, alignment: 2 });
    expect(roundTrip(last, "w256")).toBe("w256");
    const first = oneOf("w0", ...words.slice(1, 256));
    expect(first.layout).toMatchObject({ size: 1, alignment: 1 });
    expect(roundTrip(first, "w255")).toBe("w255");
  });

  test("refuses other words and other types", () => {
    expect(refusalOf(color, "Red")).toBe(
      `TypeError ERR_INVALID_ARG_VALUE The "x" argument must be one of "red", "green", "blue": ` +
        `received type string ('Red')`,
    );
    for (const value of [0, 1, null, undefined, ["red"]]) {
      expect(refusalOf(color, value)).toStartWith(
        `TypeError ERR_INVALID_ARG_TYPE The "x" argument must be a string: received `,
      );
    }
    for (const value of ["__proto__", "constructor", "toString", "0", ""]) {
      expect(refusalOf(color, value)).toContain("ERR_INVALID_ARG_VALUE");
    }
  });

  test("permits words that are hostile, empty or look like code", () => {
    const words = [
      "",
      "__proto__",
      '"',
      "\\",
      "$" + "{x}",
      "`",
      "*/",
      "\n",
      "\u2028",
      "');x(",
    ] as const;
    const type = oneOf(...words);
    for (const word of words) expect(roundTrip(type, word)).toBe(word);
  });

  test("an index without a word is a corrupt segment", () => {
    const schema = struct({ inner: struct({ list: array(color, 3) }) });
    const view = memory(schema);
    view.setUint8(2, 3);
    const expected =
      `CorruptSegmentError ERR_CORRUPT_SEGMENT Cannot read "inner.list[2]": ` +
      `the index of a oneOf must be < 3: memory holds 3`;
    expect(refusal(() => schema.decode(view, 0))).toBe(expected);
    const { list } = schema.cursor(view, 0).inner;
    expect(refusal(() => list.get(2))).toBe(expected);
    expect(refusal(() => list.toArray())).toBe(expected);
    expect(refusal(() => list.copyTo(new Array(3)))).toBe(expected);
    expect(list.get(1)).toBe("red");
  });
});

describe("array", () => {
  test("accepts arrays, typed arrays and what is like one, and reads as a plain array", () => {
    for (const value of [
      [1, 2, 3],
      new Float64Array([1, 2, 3]),
      new Uint8Array([1, 2, 3]),
      { length: 3, 0: 1, 1: 2, 2: 3 },
    ]) {
      const read = roundTrip(array(f64, 3), value);
      expect(read).toEqual([1, 2, 3]);
      expect(Array.isArray(read)).toBe(true);
    }
    expect(roundTrip(array(u64, 2), new BigUint64Array([1n, 2n]))).toEqual([1n, 2n]);
  });

  test("refuses every length but its own", () => {
    for (const length of [0, 2, 4]) {
      expect(refusalOf(array(u8, 3), new Array(length).fill(1))).toBe(
        `RangeError ERR_OUT_OF_RANGE The value of "x.length" is out of range: ` +
          `it must be exactly 3: received ${length}`,
      );
    }
  });

  test("refuses what is not like an array, a string too", () => {
    for (const value of ["abc", null, undefined, 3, {}, new Set([1, 2, 3]), () => {}]) {
      expect(refusalOf(array(utf8(1), 3), value)).toStartWith(
        `TypeError ERR_INVALID_ARG_TYPE The "x" argument must be an array of 3 elements: received `,
      );
    }
  });

  test("names the element that it refuses; a hole is a missing element", () => {
    expect(refusalOf(array(u8, 5), [1, 2, 3, 256, 5])).toStartWith(
      `RangeError ERR_OUT_OF_RANGE The value of "x[3]" is out of range: `,
    );
    const holes = new Array(2);
    holes[0] = 1;
    expect(refusalOf(array(u8, 2), holes)).toBe(
      `TypeError ERR_INVALID_ARG_TYPE The "x[1]" argument must be a number (u8): received undefined`,
    );
    const nested = array(struct({ deep: array(array(i16, 2), 2) }), 2);
    const value = [
      {
        deep: [
          [1, 2],
          [3, 4],
        ],
      },
      {
        deep: [
          [1, 2],
          [3, "4"],
        ],
      },
    ];
    expect(refusalOf(nested, value)).toContain(`"x[1].deep[1][1]"`);
  });

  test("holds every kind of element, in a literal and in a loop", () => {
    for (const count of [1, 16, 17, 100]) {
      const list = <T>(item: (index: number) => T): T[] =>
        Array.from({ length: count }, (_, i) => item(i));
      const cases = [
        [bool, list((i) => i % 3 === 0)],
        [u53, list((i) => 2 ** 53 - 1 - i)],
        [utf8(9), list((i) => `é${i}`)],
        [bytes(3), list((i) => new Uint8Array(i % 4))],
        [oneOf("a", "b"), list((i) => (i % 2 === 0 ? "a" : "b"))],
        [struct({ a: u8, b: f64 }), list((i) => ({ a: i, b: -i }))],
        [array(u16, 2), list((i) => [i, i + 1])],
      ] as const;
      for (const [type, value] of cases) {
        expect(roundTrip(array(type, count), value)).toEqual(value);
      }
    }
  });

  test("holds more elements than JavaScriptCore preallocates densely", () => {
    const value = Array.from({ length: 70_000 }, (_, index) => index % 256);
    expect(roundTrip(array(u8, value.length), value)).toEqual(value);
  });
});
