import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import { expectCode } from "@isthmus/testing/expect-code";
import {
  array,
  bool,
  bytes,
  f64,
  type Infer,
  i64,
  moveCursor,
  oneOf,
  struct,
  u8,
  u16,
  u32,
  u53,
  utf8,
} from "../../src/struct/index.ts";
import { bytesOf, isGuardIntact, memory, refusal } from "./support.ts";

const Item = struct({ id: u16, tags: array(utf8(3), 2), grid: array(array(u8, 2), 2) });
const Schema = struct({
  count: u32,
  mean: f64,
  total: u53,
  big: i64,
  ok: bool,
  side: oneOf("buy", "sell"),
  label: utf8(10),
  raw: bytes(4),
  samples: array(f64, 4),
  nested: struct({ x: u8, inner: struct({ y: u16 }) }),
  items: array(Item, 3),
});

function sample(seed: number): Infer<typeof Schema> {
  const item = (id: number): Infer<typeof Item> => ({
    id,
    tags: [`t${id}`, "é"],
    grid: [
      [id, 1],
      [2, 3],
    ],
  });
  return {
    count: seed,
    mean: seed / 3,
    total: seed * 1e12,
    big: BigInt(-seed),
    ok: seed % 2 === 1,
    side: seed % 2 === 1 ? ("buy" as const) : ("sell" as const),
    label: `label ${seed}`,
    raw: new Uint8Array([seed, 2]),
    samples: [seed, 2, 3, 4],
    nested: { x: seed, inner: { y: seed + 1 } },
    items: [item(seed), item(seed + 1), item(seed + 2)],
  };
}

describe("Cursor", () => {
  test("reads what encode wrote", () => {
    const view = memory(Schema);
    const value = sample(5);
    Schema.encode(view, 0, value);
    const cursor = Schema.cursor(view, 0);
    expect(cursor.count).toBe(5);
    expect(cursor.mean).toBe(5 / 3);
    expect(cursor.total).toBe(5e12);
    expect(cursor.big).toBe(-5n);
    expect(cursor.ok).toBe(true);
    expect(cursor.side).toBe("buy");
    expect(cursor.label).toBe("label 5");
    expect(cursor.raw).toEqual(new Uint8Array([5, 2]));
    expect([...cursor.samples]).toEqual([5, 2, 3, 4]);
    expect(cursor.nested.inner.y).toBe(6);
    expect(cursor.items.get(2).tags.get(0)).toBe("t7");
    expect(cursor.items.get(1).grid.get(1).get(0)).toBe(2);
    expect(Schema.snapshot(cursor)).toEqual(value);
  });

  test("writes what decode reads, and nothing outside of the record", () => {
    const view = memory(Schema);
    const cursor = Schema.cursor(view, 0);
    const value = sample(9);
    cursor.count = 8;
    cursor.count += 1;
    cursor.mean = 3;
    cursor.total = 9e12;
    cursor.big = -9n;
    cursor.ok = true;
    cursor.side = "buy";
    cursor.label = "label 9";
    cursor.raw = value.raw;
    cursor.samples.copyFrom(new Float64Array([9, 0, 3, 4]));
    cursor.samples.set(1, 2);
    cursor.nested.x = 9;
    cursor.nested.inner = { y: 10 };
    for (const [index, item] of value.items.entries()) {
      const element = cursor.items.get(index);
      element.id = item.id;
      element.tags.copyFrom(item.tags);
      element.grid.get(0).set(0, item.id);
      element.grid.get(0).set(1, 1);
      element.grid.set(1, [2, 3]);
    }
    expect(Schema.decode(view, 0)).toEqual(value);
    expect(isGuardIntact(view)).toBe(true);
    const encoded = memory(Schema);
    Schema.encode(encoded, 0, value);
    expect(bytesOf(view)).toEqual(bytesOf(encoded));
  });

  test("assigns whole structs and arrays, from plain values and from other cursors", () => {
    const view = memory(Schema, 2);
    Schema.encode(view, 0, sample(1));
    const source = Schema.cursor(view, 0);
    const target = Schema.cursor(view, Schema.size);
    target.nested = source.nested;
    target.items = source.items;
    target.samples = source.samples;
    target.samples.copyFrom(source.samples);
    const read = Schema.snapshot(target);
    expect(read.nested).toEqual(sample(1).nested);
    expect(read.items).toEqual(sample(1).items);
    expect(read.samples).toEqual(sample(1).samples);
    target.nested = { x: 3, inner: { y: 4 } };
    target.items.set(1, { id: 7, tags: ["a", "b"], grid: [new Uint8Array(2), [1, 1]] });
    expect(target.nested.inner.y).toBe(4);
    expect(target.items.get(1).id).toBe(7);
    expect(target.items.get(0).id).toBe(1);
  });

  test("a cursor is a value that encode accepts", () => {
    const view = memory(Schema, 2);
    Schema.encode(view, 0, sample(3));
    Schema.encode(view, Schema.size, Schema.cursor(view, 0));
    expect(Schema.decode(view, Schema.size)).toEqual(sample(3));
  });

  test("refuses exactly what encode refuses, with the same path", () => {
    const view = memory(Schema);
    const cursor = Schema.cursor(view, 0);
    const before = bytesOf(view).toHex();
    expect(refusal(() => (cursor.nested.inner.y = 65_536))).toContain(`"nested.inner.y"`);
    expect(refusal(() => cursor.items.get(1).grid.get(1).set(0, 300))).toContain(
      `"items[1].grid[1][0]"`,
    );
    expect(refusal(() => cursor.items.get(2).tags.set(1, "long"))).toContain(`"items[2].tags[1]"`);
    expect(refusal(() => cursor.samples.copyFrom([1, 2, 3]))).toContain(`"samples.length"`);
    expect(refusal(() => cursor.items.set(0, {} as never))).toContain(`"items[0].id"`);
    expect(refusal(() => (cursor.nested = { x: 1 } as never))).toContain(`"nested.inner"`);
    expect(refusal(() => (cursor.samples = 5 as never))).toContain(
      `"samples" argument must be an array`,
    );
    view.setUint8(Schema.layout.fields[9]?.offset ?? 0, 0); // what nested.x = 1 wrote before its refusal
    expect(bytesOf(view).toHex()).toBe(before);
  });

  test("sees at once what others write, caching no length", () => {
    const view = memory(Schema);
    const writer = Schema.cursor(view, 0);
    const reader = Schema.cursor(view, 0);
    for (const label of ["", "0123456789", "é", ""]) {
      writer.label = label;
      expect(reader.label).toBe(label);
    }
  });

  test("prints and converts to JSON as the plain value it stands on", () => {
    const Small = struct({ a: u8, list: array(u8, 2), nested: struct({ b: u8 }) });
    const cursor = Small.cursor(memory(Small), 0);
    cursor.list.set(1, 5);
    expect(JSON.stringify(cursor)).toBe('{"a":0,"list":[0,5],"nested":{"b":0}}');
    expect(inspect(cursor)).toBe(inspect({ a: 0, list: [0, 5], nested: { b: 0 } }));
    expect(inspect(cursor.list)).toBe("[ 0, 5 ]");
    expect(JSON.stringify(cursor.nested)).toBe('{"b":0}');
    expect(JSON.stringify(cursor.list)).toBe("[0,5]");
  });

  test("has no enumerable properties and no way to reach its memory by a field's name", () => {
    const cursor = Schema.cursor(memory(Schema), 0);
    expect(Object.keys(cursor)).toEqual([]);
    expect(Reflect.ownKeys(cursor)).toEqual([]);
  });

  test("refuses what is assigned past its fields and elements, instead of keeping it to itself", () => {
    const view = memory(Schema);
    const cursor = Schema.cursor(view, 0);
    const { nested, samples, items } = cursor;
    const inside = [nested.inner, items.get(0), items.get(0).grid, items.get(0).grid.get(0)];
    for (const one of [cursor, nested, samples, items, ...inside] as object[]) {
      for (const name of ["coutn", "0", "1"]) {
        const refused = () => Object.assign(one, { [name]: 1 });
        expectCode(refused, "TypeError", "ERR_INVALID_ARG_VALUE");
        expect(() => Object.defineProperty(one, name, { value: 1 })).toThrow(TypeError);
        expect(Reflect.ownKeys(one)).toEqual([]);
      }
    }
    const refusedAt = (struct: object) => refusal(() => Object.assign(struct, { coutn: 1 }));
    const names = Object.keys(Schema.decode(view, 0).items[0] ?? {}).join(", ");
    expect(refusedAt(nested.inner)).toStartWith(
      'TypeError ERR_INVALID_ARG_VALUE The "nested.inner.coutn" argument must be absent, the fields are ',
    );
    expect(refusedAt(items.get(1))).toBe(
      `TypeError ERR_INVALID_ARG_VALUE The "items[1].coutn" argument must be absent, the fields are ${names}: received type number (1)`,
    );
    const reading = Schema.cursor(view, 0, { access: "read" });
    expect(refusedAt(reading)).toContain('The "coutn" argument must be absent');
    expect(bytesOf(view).every((byte) => byte === 0)).toBe(true);
  });

  test("gives the elements of its arrays by their indexes, too, at any depth", () => {
    const view = memory(Schema);
    Schema.encode(view, 0, sample(7));
    for (const access of ["readWrite", "read"] as const) {
      const { samples, items } = Schema.cursor(view, 0, { access });
      expect([samples[0], samples[1], samples[3]]).toEqual([7, 2, 4]);
      expect(items[1]).toBe(items.get(1));
      expect(items[2]?.tags[0]).toBe("t9");
      expect(items[1]?.grid[1]?.[0]).toBe(2);
      expect(Array.prototype.at.call(samples, -1)).toBe(4);
      expect(Float64Array.from({ length: 4 }, (_, i) => samples[i] ?? 0)).toEqual(
        Float64Array.of(7, 2, 3, 4),
      );
    }
    const { samples, items } = Schema.cursor(view, 0);
    samples.set(3, 8);
    expect(samples[3]).toBe(8);
    for (const index of [4, -1, 0.5, 2 ** 32]) {
      const expected = refusal(() => samples.get(index));
      expect(expected).toContain("ERR_OUT_OF_RANGE");
      expect(refusal(() => samples[index])).toBe(expected);
      expect(refusal(() => items[index])).toContain('"index of items"');
    }
    expect([Reflect.get(samples, "no"), Reflect.get(samples, "0x1")]).toEqual([
      undefined,
      undefined,
    ]);
    expect(String(Reflect.get(samples, "toString"))).toContain("function");
    expect(samples instanceof Object).toBe(true);
  });

  test("says what to use when an element is assigned by its index", () => {
    const view = memory(Schema);
    const { samples, items } = Schema.cursor(view, 0);
    const assign = (array: object, index: number): void => {
      (array as number[])[index] = 1;
    };
    for (const array of [samples, items, items.get(0).grid, items.get(0).grid.get(0)]) {
      expect(refusal(() => assign(array, 1))).toBe(
        "TypeError ERR_INVALID_ARG_VALUE Cannot assign element 1 of an array in place: use set(1, value)",
      );
    }
    expect(bytesOf(view).every((byte) => byte === 0)).toBe(true);
    expect(() => {
      // @ts-expect-error: by set() only
      samples[0] = 1;
    }).toThrow("use set(0, value)");
  });

  test("opened for reading refuses every way to write, and reads as any other", () => {
    const view = memory(Schema);
    Schema.encode(view, 0, sample(7));
    const before = bytesOf(view).toHex();
    const cursor = Schema.cursor(view, 0, { access: "read" });
    const writes: readonly (readonly [string, () => void])[] = [
      ["count", () => (cursor.count = 1)],
      ["label", () => (cursor.label = "x")],
      ["raw", () => (cursor.raw = new Uint8Array(1))],
      ["nested", () => (cursor.nested = { x: 1, inner: { y: 1 } })],
      ["nested.inner.y", () => (cursor.nested.inner.y = 1)],
      ["samples[1]", () => cursor.samples.set(1, 1)],
      ["samples", () => cursor.samples.copyFrom([1, 2, 3, 4])],
      ["items", () => Object.assign(cursor, { items: cursor.items })],
      ["items[2].id", () => (cursor.items.get(2).id = 1)],
      ["items[2].grid[1][0]", () => cursor.items.get(2).grid.get(1).set(0, 1)],
    ];
    for (const [path, write] of writes) {
      expect(refusal(write)).toBe(
        `NotSupportedError ERR_NOT_SUPPORTED Cannot write "${path}": ` +
          `this cursor was opened for reading only`,
      );
    }
    expect(bytesOf(view).toHex()).toBe(before);
    expect(Schema.snapshot(cursor)).toEqual(sample(7));
    Schema.cursor(view, 0).count = 1;
    expect(cursor.count).toBe(1);
    for (const options of [{ access: "write" }, { access: 1 }, 5, null]) {
      expect(refusal(() => Schema.cursor(view, 0, options as never))).toContain("ERR_INVALID_ARG");
    }
  });

  test("throws, and does not crash, when its memory is gone", () => {
    const view = memory(Schema);
    const cursor = Schema.cursor(view, 0);
    (view.buffer as ArrayBuffer).transfer();
    expect(() => cursor.count).toThrow(TypeError);
    expect(() => cursor.label).toThrow(TypeError);
    expect(() => {
      cursor.count = 1;
    }).toThrow(TypeError);
    expect(() => moveCursor(cursor, 0)).toThrow(TypeError);
    expect(() => Schema.decode(view, 0)).toThrow(TypeError);
  });
});
