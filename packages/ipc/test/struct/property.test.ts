import { describe, expect, test } from "bun:test";
import { CorruptSegmentError } from "@isthmus/core";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import { moveCursor, type TypeLayout } from "../../src/struct/index.ts";
import { structCase } from "./arbitrary.ts";
import { bytesOf, isGuardIntact, memory } from "./support.ts";

const RUNS = runs(150);

/** A schema with one of its values. */
const withValue = structCase.chain(({ type, values }) => fc.tuple(fc.constant(type), values));

describe("any schema", () => {
  test("gives back every value that fits, through encode, decode and cursors", () => {
    fc.assert(
      fc.property(withValue, ([schema, value]) => {
        const view = memory(schema, 2);
        bytesOf(view).fill(0xaa);
        schema.encode(view, schema.size, value);
        expect(schema.decode(view, schema.size)).toEqual(value);
        const cursor = schema.cursor(view, 0);
        schema.encode(view, 0, value);
        expect(schema.snapshot(cursor)).toEqual(value);
        moveCursor(cursor, schema.size);
        expect(JSON.stringify(cursor, asText)).toBe(JSON.stringify(value, asText));
        expect(isGuardIntact(view)).toBe(true);
        expect(bytesOf(view).subarray(0, schema.size)).toEqual(bytesOf(view).subarray(schema.size));
      }),
      RUNS,
    );
  });

  test("assigned field by field gives the same bytes as encoded at once", () => {
    fc.assert(
      fc.property(withValue, ([schema, value]) => {
        const encoded = memory(schema);
        schema.encode(encoded, 0, value);
        const assigned = memory(schema);
        const cursor = schema.cursor(assigned, 0) as Record<string, unknown>;
        for (const [name, item] of Object.entries(value)) cursor[name] = item;
        expect(bytesOf(assigned)).toEqual(bytesOf(encoded));
      }),
      RUNS,
    );
  });

  test("gives a value or ERR_CORRUPT_SEGMENT for any bytes, and a value is one that fits", () => {
    // Bytes from a seed and not from fast-check, which would take minutes to shrink them.
    const withBytes = structCase.chain(({ type }) =>
      fc.tuple(fc.constant(type), fc.integer(), fc.constantFrom(0x00, 0x01, 0x7f, 0xff)),
    );
    let corrupt = 0;
    let fine = 0;
    fc.assert(
      fc.property(withBytes, ([schema, seed, mask]) => {
        const view = memory(schema);
        bytesOf(view).set(noise(view.byteLength, seed, mask));
        const before = bytesOf(view).slice();
        const value = valueOrCorrupt(() => schema.decode(view, 0));
        expect(valueOrCorrupt(() => schema.snapshot(schema.cursor(view, 0)))).toEqual(value);
        expect(bytesOf(view)).toEqual(before);
        if (value === CORRUPT) {
          corrupt += 1;
          return;
        }
        fine += 1;
        const copy = memory(schema);
        schema.encode(copy, 0, truncated(schema.layout, value) as Record<string, unknown>);
        expect(isGuardIntact(copy)).toBe(true);
      }),
      RUNS,
    );
    expect(corrupt).toBeGreaterThan(0);
    expect(fine).toBeGreaterThan(0);
  });

  test("places fields as the layout's laws say", () => {
    fc.assert(
      fc.property(structCase, ({ type }) => checkLaws(type.layout)),
      RUNS,
    );
  });

  test("has a fingerprint that only an equal schema shares", () => {
    fc.assert(
      fc.property(structCase, structCase, ({ type: a }, { type: b }) => {
        expect(a.canonical === b.canonical).toBe(a.fingerprint.hex === b.fingerprint.hex);
        expect(a.canonical).toEndWith("\n");
      }),
      RUNS,
    );
  });
});

/** Bytes that look random; those of few bits make lengths and indices that are often valid. */
function noise(length: number, seed: number, mask: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 24) & mask;
  });
}

const CORRUPT = Symbol("corrupt");

function valueOrCorrupt(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CorruptSegmentError)) throw error;
    return CORRUPT;
  }
}

function asText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}

/** U+FFFD takes more bytes than what it replaces, so a text read from garbage may not fit back. */
function truncated(layout: TypeLayout, value: unknown): unknown {
  if (layout.kind === "utf8")
    return [...(value as string)].slice(0, Math.floor(layout.capacity / 4)).join("");
  if (layout.kind === "array") {
    return (value as unknown[]).map((item) => truncated(layout.element, item));
  }
  if (layout.kind !== "struct") return value;
  const record = value as Record<string, unknown>;
  return Object.fromEntries(
    layout.fields.map((field) => [field.name, truncated(field.layout, record[field.name])]),
  );
}

function checkLaws(layout: TypeLayout): void {
  expect(Object.isFrozen(layout)).toBe(true);
  expect(layout.size).toBeGreaterThan(0);
  expect([1, 2, 4, 8]).toContain(layout.alignment);
  expect(layout.size % layout.alignment).toBe(0);
  if (layout.kind === "array") {
    expect(layout.stride).toBe(layout.element.size);
    expect(layout.size).toBe(layout.stride * layout.count);
    expect(layout.alignment).toBe(layout.element.alignment);
    checkLaws(layout.element);
  }
  if (layout.kind !== "struct") return;
  expect(Object.isFrozen(layout.fields)).toBe(true);
  let end = 0;
  let alignment = 1;
  for (const field of layout.fields) {
    expect(field.offset % field.layout.alignment).toBe(0);
    expect(field.offset).toBeGreaterThanOrEqual(end);
    expect(field.offset - end).toBeLessThan(field.layout.alignment);
    expect([field.type, field.size]).toEqual([field.layout.type, field.layout.size]);
    checkLaws(field.layout);
    end = field.offset + field.size;
    alignment = Math.max(alignment, field.layout.alignment);
  }
  expect(layout.alignment).toBe(alignment);
  expect(layout.size - end).toBeLessThan(alignment);
}
