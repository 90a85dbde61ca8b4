import { describe, expect, test } from "bun:test";
import {
  type AnyFieldType,
  array,
  bytes,
  type Fields,
  oneOf,
  struct,
  u8,
  u32,
  utf8,
} from "../../src/struct/index.ts";
import { memory, refusal } from "./support.ts";

describe.each([
  ["utf8", utf8],
  ["bytes", bytes],
] as const)("%s()", (_name, make) => {
  test("refuses capacities that are none", () => {
    for (const capacity of [0, -1, 1.5, Number.NaN, 2 ** 30, Infinity]) {
      expect(refusal(() => make(capacity))).toStartWith(
        `RangeError ERR_OUT_OF_RANGE The value of "capacity" is out of range: `,
      );
    }
    for (const capacity of ["8", 8n, null, undefined]) {
      expect(refusal(() => make(capacity as never))).toStartWith(
        `TypeError ERR_INVALID_ARG_TYPE The "capacity" argument must be a number: received `,
      );
    }
    expect(make(2 ** 30 - 4).layout.size).toBe(2 ** 30);
  });
});

describe("array()", () => {
  test("refuses counts that are none, and arrays over 1 GiB", () => {
    for (const count of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
      expect(refusal(() => array(u8, count))).toContain(`The value of "count" is out of range`);
    }
    expect(refusal(() => array(u8, "3" as never))).toContain("ERR_INVALID_ARG_TYPE");
    expect(array(u8, 2 ** 30).layout.size).toBe(2 ** 30);
    expect(refusal(() => array(u32, 2 ** 28 + 1))).toBe(
      `RangeError ERR_OUT_OF_RANGE The value of "size of array(u32,268435457)" is out of range: ` +
        `it must be <= 1073741824 bytes: received 1073741828`,
    );
  });

  test("refuses what is not a field type, naming what it got", () => {
    for (const [type, text] of [
      [utf8, "received function utf8"],
      [Number, "received function Number"],
      ["u8", "received type string ('u8')"],
      [{ layout: u8.layout }, "received an instance of Object"],
      [undefined, "received undefined"],
    ] as const) {
      expect(refusal(() => array(type as never, 1))).toBe(
        `TypeError ERR_INVALID_ARG_TYPE The "type" argument must be ` +
          `a field type such as u32 or utf8(32): ${text}`,
      );
    }
  });
});

describe("oneOf()", () => {
  test("refuses no words, repeated words, other types and lone surrogates", () => {
    const make = oneOf as (...members: unknown[]) => AnyFieldType;
    expect(refusal(() => make())).toContain("ERR_INVALID_ARG_VALUE");
    expect(refusal(() => make("a", "b", "a"))).toBe(
      `TypeError ERR_INVALID_ARG_VALUE The "members[2]" argument must be ` +
        `different from the other members: received type string ('a')`,
    );
    expect(refusal(() => make("a", 1))).toContain(`The "members[1]" argument must be a string`);
    expect(refusal(() => make("\ud800"))).toContain("without lone surrogates");
    const many = Array.from({ length: 65_537 }, (_, index) => String(index));
    expect(refusal(() => make(...many))).toContain("1 to 65536 strings");
  });
});

describe("struct()", () => {
  const make = struct as (fields: unknown) => unknown;

  test("refuses what is not a plain object with at least one field", () => {
    for (const fields of [null, undefined, 1, "u8", () => {}]) {
      expect(refusal(() => make(fields))).toContain(
        `ERR_INVALID_ARG_TYPE The "fields" argument must be an object of field types`,
      );
    }
    expect(refusal(() => make({}))).toContain("an object with at least one field");
    for (const fields of [[u8], new Map([["a", u8]]), u8, Object.create({ a: u8 })]) {
      expect(refusal(() => make(fields))).toContain("ERR_INVALID_ARG_VALUE");
    }
    expect(refusal(() => make({ __proto__: u8, a: u8 }))).toContain(
      `"__proto__" cannot be a field`,
    );
    expect(make(Object.assign(Object.create(null), { a: u8 }))).toBeDefined();
  });

  test("refuses fields that are not field types, by name", () => {
    expect(refusal(() => make({ a: u8, label: utf8 }))).toBe(
      `TypeError ERR_INVALID_ARG_TYPE The "fields.label" argument must be ` +
        `a field type such as u32 or utf8(32): received function utf8`,
    );
    expect(refusal(() => make({ a: { b: u8 } }))).toContain(`"fields.a"`);
  });

  test("permits identifiers in any script and words of JavaScript", () => {
    const names = [
      "a",
      "_",
      "$",
      "preço",
      "数",
      "class",
      "new",
      "await",
      "then",
      "get",
      "prototype",
    ];
    const fields = Object.fromEntries(names.map((name) => [name, u8]));
    const schema = struct(fields);
    const value = Object.fromEntries(names.map((name, index) => [name, index]));
    const view = memory(schema);
    schema.encode(view, 0, value);
    expect(schema.decode(view, 0)).toEqual(value);
    const cursor: Record<string, unknown> = schema.cursor(view, 0);
    expect(names.map((name) => cursor[name])).toEqual(names.map((_, index) => index));
  });

  test("refuses names that every object has, or that are no identifier", () => {
    const hazards = Object.getOwnPropertyNames(Object.prototype);
    expect(hazards).toContain("__proto__");
    expect(hazards).toContain("constructor");
    for (const name of [...hazards, "toJSON"]) {
      const fields: Fields = Object.defineProperty({}, name, { value: u8, enumerable: true });
      expect(refusal(() => make(fields))).toBe(
        `TypeError ERR_INVALID_ARG_VALUE The "field name" argument must be ` +
          `a name that objects do not have already: received type string ('${name}')`,
      );
    }
    for (const name of [
      "",
      "0",
      "1a",
      "a b",
      "a-b",
      "a.b",
      "a\n",
      "a\u200d",
      "n\u0303",
      "a".repeat(129),
    ]) {
      expect(refusal(() => make({ [name]: u8 }))).toContain(
        `ERR_INVALID_ARG_VALUE The "field name" argument must be an identifier`,
      );
    }
    expect(make({ ["a".repeat(128)]: u8 })).toBeDefined();
  });

  test("refuses every attempt to put code into a name", () => {
    const attempts = [
      'a"]; globalThis.pwned = 1; x["',
      "a`$" + "{globalThis.pwned = 1}`",
      "a(){} get b",
      "]; throw 1 //",
      "*/ globalThis.pwned = 1 /*",
      "a\u2028globalThis.pwned = 1",
      "\\u0061",
      "#a",
      "[a]",
      "constructor(){} x",
    ];
    for (const name of attempts) {
      expect(refusal(() => make({ [name]: u8 }))).toContain("ERR_INVALID_ARG_VALUE");
    }
    expect(Reflect.has(globalThis, "pwned")).toBe(false);
  });

  test("runs no code of words, values or paths", () => {
    const code = '"]; globalThis.pwned = 1; ["';
    const schema = struct({ word: oneOf("ok", code), list: array(u8, 1) });
    const view = memory(schema);
    schema.encode(view, 0, { word: code, list: [1] });
    expect(schema.decode(view, 0).word).toBe(code);
    expect(schema.cursor(view, 0).word).toBe(code);
    expect(refusal(() => schema.encode(view, 0, { [code]: 1 } as never))).toContain("globalThis");
    expect(Reflect.has(globalThis, "pwned")).toBe(false);
  });

  test("is not changed by later changes of what it was made of", () => {
    const fields: Record<string, AnyFieldType> = { a: u8 };
    const schema = struct(fields);
    fields["b"] = u8;
    expect(schema.layout.fields.map((field) => field.name)).toEqual(["a"]);
  });

  test("refuses what is too large, has too many fields or nests too deep", () => {
    const half = array(u8, 2 ** 29);
    expect(struct({ a: half, b: half }).size).toBe(2 ** 30);
    expect(refusal(() => struct({ a: half, b: half, c: u8 }))).toContain(
      `"size of struct" is out of range: it must be <= 1073741824 bytes: received 1073741825`,
    );

    const flat = (count: number): Fields =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, u8]));
    const widest = struct(flat(4096));
    expect(widest.decode(memory(widest), 0)["f4095"]).toBe(0);
    expect(refusal(() => struct(flat(4097)))).toContain(`"number of fields of struct"`);
    const inner = struct(flat(2048));
    expect(refusal(() => struct({ a: inner, b: inner }))).toContain(`"number of fields of struct"`);

    let deepest: AnyFieldType = u8;
    for (let depth = 0; depth < 31; depth++) deepest = array(deepest, 1);
    const deep = struct({ a: deepest });
    expect(JSON.stringify(deep.cursor(memory(deep), 0))).toBe(
      `{"a":${"[".repeat(31)}0${"]".repeat(31)}}`,
    );
    expect(refusal(() => struct({ a: array(deepest, 1) }))).toContain(`"depth of struct"`);
    expect(refusal(() => array(array(deepest, 1), 1))).toContain(
      "is out of range: it must be <= 32",
    );
  });
});
