import { describe, expect, test } from "bun:test";
import {
  array,
  bool,
  bytes,
  f64,
  oneOf,
  struct,
  u8,
  u16,
  u32,
  u53,
  u64,
  utf8,
} from "../../src/struct/index.ts";
import { bytesOf, memory, refusal } from "./support.ts";

describe("struct", () => {
  const schema = struct({ id: u32, nested: struct({ label: utf8(4), flag: bool }) });
  const value = { id: 1, nested: { label: "ab", flag: true } };

  test("refuses missing fields by their path", () => {
    const view = memory(schema);
    const encode = (record: unknown) =>
      refusal(() => schema.encode(view, 0, record as typeof value));
    expect(encode({ nested: value.nested })).toBe(
      `TypeError ERR_INVALID_ARG_TYPE The "id" argument must be a number (u32): received undefined`,
    );
    expect(encode({ id: 1, nested: { flag: true } })).toBe(
      `TypeError ERR_INVALID_ARG_TYPE The "nested.label" argument must be a string: received undefined`,
    );
    expect(encode({ id: 1 })).toBe(
      `TypeError ERR_INVALID_ARG_TYPE The "nested" argument must be ` +
        `an object with the fields of the struct: received undefined`,
    );
  });

  test("refuses unknown fields by their path, naming those that there are", () => {
    const view = memory(schema);
    const encode = (record: unknown) =>
      refusal(() => schema.encode(view, 0, record as typeof value));
    expect(encode({ ...value, extra: 1 })).toBe(
      `TypeError ERR_INVALID_ARG_VALUE The "extra" argument must be absent, ` +
        `the fields are id, nested: received type number (1)`,
    );
    expect(encode({ id: 1, nested: { ...value.nested, Label: "x" } })).toContain(`"nested.Label"`);
    expect(encode({ id: 1, nest: value.nested })).toContain(`"nested" argument must be an object`);
  });

  test("refuses what is no object", () => {
    const view = memory(schema);
    for (const record of [null, undefined, 1, "id", () => {}]) {
      expect(refusal(() => schema.encode(view, 0, record as never))).toStartWith(
        `TypeError ERR_INVALID_ARG_TYPE The "value" argument must be ` +
          `an object with the fields of the struct: received `,
      );
    }
    expect(refusal(() => schema.encode(view, 0, [] as never))).toContain(`"id"`);
  });

  test("accepts fields in any order, frozen, without prototype, and inherited getters", () => {
    class Record {
      get id(): number {
        return 1;
      }
      get nested(): object {
        return value.nested;
      }
    }
    const bare = Object.assign(Object.create(null), { nested: value.nested, id: 1 });
    for (const record of [Object.freeze({ nested: value.nested, id: 1 }), bare, new Record()]) {
      const view = memory(schema);
      schema.encode(view, 0, record);
      expect(schema.decode(view, 0)).toEqual(value);
    }
  });

  test("reads every property of the value once", () => {
    let reads = 0;
    const view = memory(schema);
    schema.encode(view, 0, {
      get id() {
        reads += 1;
        return reads === 1 ? 7 : -1;
      },
      nested: value.nested,
    });
    expect(schema.decode(view, 0).id).toBe(7);
    expect(reads).toBe(1);
  });

  test("an error of the value's own getter passes through", () => {
    const record = {
      nested: value.nested,
      get id(): number {
        throw new Error("mine");
      },
    };
    expect(() => schema.encode(memory(schema), 0, record)).toThrow(new Error("mine"));
  });

  test("decodes a zeroed record to the natural zero, fields in declaration order", () => {
    const all = struct({
      b: u8,
      a: u53,
      big: u64,
      real: f64,
      flag: bool,
      text: utf8(5),
      raw: bytes(5),
      word: oneOf("none", "some"),
      list: array(u16, 2),
      items: array(struct({ x: u8 }), 1),
    });
    const zero = all.decode(memory(all), 0);
    expect(zero).toStrictEqual({
      b: 0,
      a: 0,
      big: 0n,
      real: 0,
      flag: false,
      text: "",
      raw: new Uint8Array(0),
      word: "none",
      list: [0, 0],
      items: [{ x: 0 }],
    });
    expect(Object.keys(zero)).toEqual(all.layout.fields.map((field) => field.name));
    expect(Object.getPrototypeOf(zero)).toBe(Object.prototype);
  });

  test("writes equal values as equal bytes, padding included", () => {
    const padded = struct({
      a: u8,
      b: f64,
      c: u8,
      d: u16,
      e: array(struct({ f: u32, g: u8 }), 3),
      h: u8,
    });
    const value = {
      a: 1,
      b: 2,
      c: 3,
      d: 4,
      e: [
        { f: 5, g: 6 },
        { f: 7, g: 8 },
        { f: 9, g: 10 },
      ],
      h: 11,
    };
    const clean = memory(padded);
    const dirty = memory(padded);
    bytesOf(dirty).fill(0xff);
    padded.encode(clean, 0, value);
    padded.encode(dirty, 0, value);
    expect(bytesOf(dirty)).toEqual(bytesOf(clean));
  });

  test("checks as it writes: what precedes the refused field is written, what follows is not", () => {
    const view = memory(schema);
    bytesOf(view).fill(0x55);
    expect(() =>
      schema.encode(view, 0, { id: 9, nested: { label: "toolong", flag: true } }),
    ).toThrow();
    expect(view.getUint32(0, true)).toBe(9);
    expect(
      bytesOf(view)
        .subarray(4)
        .every((byte) => byte === 0x55),
    ).toBe(true);
  });
});

describe("the place of a record", () => {
  const schema = struct({ x: u64 });
  const view = new DataView(new ArrayBuffer(32), 8, 20);

  test("may have any alignment", () => {
    for (let offset = 0; offset <= 12; offset++) {
      schema.encode(view, offset, { x: BigInt(offset) });
      expect(schema.decode(view, offset)).toEqual({ x: BigInt(offset) });
      expect(schema.cursor(view, offset).x).toBe(BigInt(offset));
    }
  });

  test("must be inside the view, for encode, decode and cursor alike", () => {
    for (const offset of [13, -1, 0.5, Number.NaN, Infinity, 2 ** 32, 2 ** 53]) {
      for (const call of [
        () => schema.encode(view, offset, { x: 1n }),
        () => schema.decode(view, offset),
        () => schema.cursor(view, offset),
      ]) {
        expect(refusal(call)).toStartWith(
          `RangeError ERR_OUT_OF_RANGE The value of "byteOffset" is out of range: `,
        );
      }
    }
    for (const offset of [0n, Symbol("0"), Object.create(null), null, "0"] as never[]) {
      for (const call of [
        () => schema.encode(view, offset, { x: 1n }),
        () => schema.decode(view, offset),
        () => schema.cursor(view, offset),
      ]) {
        expect(refusal(call)).toStartWith(
          `TypeError ERR_INVALID_ARG_TYPE The "byteOffset" argument must be a number: `,
        );
      }
    }
    const small = new DataView(new ArrayBuffer(7));
    expect(refusal(() => schema.decode(small, 0))).toBe(
      `RangeError ERR_OUT_OF_RANGE The value of "view.byteLength" is out of range: ` +
        `it must be >= 8, the size of a record: received 7`,
    );
  });

  test("must be an offset in a DataView", () => {
    for (const other of [
      new Uint8Array(8),
      new ArrayBuffer(8),
      null,
      undefined,
      { byteLength: 8 },
    ]) {
      for (const call of [
        () => schema.encode(other as never, 0, { x: 1n }),
        () => schema.decode(other as never, 0),
        () => schema.cursor(other as never, 0),
      ]) {
        expect(refusal(call)).toStartWith(
          `TypeError ERR_INVALID_ARG_TYPE The "view" argument must be an instance of DataView: received `,
        );
      }
    }
    expect(refusal(() => schema.decode(view, "0" as never))).toContain("ERR_INVALID_ARG_TYPE");
    expect(refusal(() => schema.cursor(view, undefined as never))).toContain(
      "ERR_INVALID_ARG_TYPE",
    );
  });

  test("a u53 above 2^53 - 1 in memory is a corrupt segment", () => {
    const counter = struct({ stats: struct({ total: u53 }) });
    const at = memory(counter);
    at.setBigUint64(0, 2n ** 53n, true);
    const expected =
      `CorruptSegmentError ERR_CORRUPT_SEGMENT Cannot read "stats.total": ` +
      `a u53 must be <= 9007199254740991: memory holds 9007199254740992`;
    expect(refusal(() => counter.decode(at, 0))).toBe(expected);
    expect(refusal(() => counter.cursor(at, 0).stats.total)).toBe(expected);
    at.setBigUint64(0, 2n ** 53n - 1n, true);
    expect(counter.decode(at, 0).stats.total).toBe(Number.MAX_SAFE_INTEGER);
  });
});
