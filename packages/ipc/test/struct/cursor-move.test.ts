import { describe, expect, test } from "bun:test";
import {
  array,
  f64,
  type Infer,
  moveCursor,
  struct,
  u8,
  u16,
  utf8,
} from "../../src/struct/index.ts";
import { memory, refusal } from "./support.ts";

const Item = struct({ id: u16, grid: array(array(u8, 2), 2) });
const Schema = struct({
  label: utf8(10),
  samples: array(f64, 4),
  nested: struct({ inner: struct({ y: u16 }) }),
  items: array(Item, 3),
});

function sample(seed: number): Infer<typeof Schema> {
  const item = (id: number) => ({
    id,
    grid: [
      [id, 1],
      [2, 3],
    ],
  });
  return {
    label: `label ${seed}`,
    samples: [seed, 2, 3, 4],
    nested: { inner: { y: seed + 1 } },
    items: [item(seed), item(seed + 1), item(seed + 2)],
  };
}

describe("moveCursor()", () => {
  test("moves the cursor and everything that was taken out of it", () => {
    const view = memory(Schema, 3);
    for (let index = 0; index < 3; index++)
      Schema.encode(view, index * Schema.size, sample(index + 1));
    const cursor = Schema.cursor(view, 0);
    const { nested, samples, items } = cursor;
    const { inner } = nested;
    const item = items.get(1);
    const row = item.grid.get(0);
    for (const index of [2, 0, 1]) {
      moveCursor(cursor, index * Schema.size);
      const value = sample(index + 1);
      expect(cursor.label).toBe(value.label);
      expect(inner.y).toBe(value.nested.inner.y);
      expect(samples.toArray()).toEqual(value.samples);
      expect(item.id).toBe(index + 2);
      expect(row.get(0)).toBe(index + 2);
      expect(items.get(1)).toBe(item);
    }
  });

  test("two elements of an array are two objects", () => {
    const view = memory(Schema);
    Schema.encode(view, 0, sample(1));
    const { items } = Schema.cursor(view, 0);
    const [first, second] = [items.get(0), items.get(1)];
    expect(first).not.toBe(second);
    expect([first.id, second.id]).toEqual([1, 2]);
  });

  test("refuses places outside of the view and leaves the cursor where it was", () => {
    const Byte = struct({ x: u8 });
    const view = new DataView(new ArrayBuffer(4));
    const cursor = Byte.cursor(view, 2);
    for (const offset of [4, -1, 0.5, Number.NaN]) {
      expect(refusal(() => moveCursor(cursor, offset))).toStartWith("RangeError ERR_OUT_OF_RANGE");
    }
    for (const offset of ["1", 1n, Symbol("1")] as never[]) {
      expect(refusal(() => moveCursor(cursor, offset))).toContain("ERR_INVALID_ARG_TYPE");
    }
    cursor.x = 9;
    expect(view.getUint8(2)).toBe(9);
  });

  test("refuses what is not an outermost cursor", () => {
    const cursor = Schema.cursor(memory(Schema), 0);
    for (const other of [{}, null, undefined, cursor.nested, cursor.samples, cursor.items.get(0)]) {
      expect(refusal(() => moveCursor(other as object, 0))).toStartWith(
        `TypeError ERR_INVALID_ARG_TYPE The "cursor" argument must be a cursor`,
      );
    }
  });
});

describe("ArrayCursor", () => {
  const List = struct({ before: u8, list: array(u16, 4), after: u8 });

  test("refuses indices that it has not", () => {
    const { list } = List.cursor(memory(List), 0);
    for (const index of [4, -1, 0.5, Number.NaN, 2 ** 32]) {
      for (const call of [() => list.get(index), () => list.set(index, 1)]) {
        expect(refusal(call)).toStartWith(
          `RangeError ERR_OUT_OF_RANGE The value of "index of list" is out of range: `,
        );
      }
    }
    for (const index of ["0", 0n, Symbol("0"), Object.create(null)] as never[]) {
      for (const call of [() => list.get(index), () => list.set(index, 1)]) {
        expect(refusal(call)).toStartWith(
          `TypeError ERR_INVALID_ARG_TYPE The "index of list" argument must be a number: `,
        );
      }
    }
    const { items } = Schema.cursor(memory(Schema), 0);
    expect(refusal(() => items.get(3))).toContain(`"index of items"`);
    expect(refusal(() => items.get(1).grid.get(0).get(2))).toContain(`"index of items[1].grid[0]"`);
  });

  test("copyTo() fills arrays and typed arrays and tells how many elements", () => {
    const { list } = List.cursor(memory(List), 0);
    list.copyFrom([1, 2, 3, 4]);
    const short = new Uint16Array(2);
    expect(list.copyTo(short)).toBe(2);
    expect(short).toEqual(new Uint16Array([1, 2]));
    const long = [0, 0, 0, 0, 9];
    expect(list.copyTo(long)).toBe(4);
    expect(long).toEqual([1, 2, 3, 4, 9]);
    for (const target of [null, undefined, 5, {}]) {
      expect(refusal(() => list.copyTo(target as never))).toContain("ERR_INVALID_ARG_TYPE");
    }
  });

  test("iterates, spreads and has a length that cannot be changed", () => {
    const { list } = List.cursor(memory(List), 0);
    list.copyFrom([4, 3, 2, 1]);
    expect([...list]).toEqual([4, 3, 2, 1]);
    expect(Array.from(list, (value) => value * 2)).toEqual([8, 6, 4, 2]);
    expect(list.length).toBe(4);
    expect(() => {
      (list as { length: number }).length = 9;
    }).toThrow(TypeError);
  });
});

test("StructSchema.snapshot() works on cursors inside cursors, and refuses anything else", () => {
  const view = memory(Schema);
  Schema.encode(view, 0, sample(4));
  const cursor = Schema.cursor(view, 0);
  expect(Item.snapshot(cursor.items.get(1))).toEqual(sample(4).items[1] as never);
  for (const other of [{}, null, undefined, cursor.samples]) {
    expect(refusal(() => Schema.snapshot(other as never))).toContain(
      `The "cursor" argument must be a cursor of this struct`,
    );
  }
});
