/** Random schemas with random values that fit them, for property tests. */
import fc from "fast-check";
import {
  type AnyFieldType,
  array,
  bool,
  bytes,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  oneOf,
  type StructSchema,
  struct,
  u8,
  u16,
  u32,
  u53,
  u64,
  utf8,
} from "../../src/struct/index.ts";

/** A field type, and values that it holds exactly. */
export interface TypeCase {
  readonly type: AnyFieldType;
  readonly values: fc.Arbitrary<unknown>;
}

/** A struct, and values of it. */
export interface StructCase {
  readonly type: StructSchema;
  readonly values: fc.Arbitrary<Record<string, unknown>>;
}

const integer = (min: number, max: number) =>
  fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max));

const SCALARS: readonly TypeCase[] = [
  { type: u8, values: integer(0, 255) },
  { type: u16, values: integer(0, 65_535) },
  { type: u32, values: integer(0, 2 ** 32 - 1) },
  { type: i8, values: integer(-128, 127) },
  { type: i16, values: integer(-32_768, 32_767) },
  { type: i32, values: integer(-(2 ** 31), 2 ** 31 - 1) },
  { type: u53, values: fc.maxSafeNat() },
  { type: u64, values: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
  { type: i64, values: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
  { type: f32, values: fc.float() },
  { type: f64, values: fc.double() },
  { type: bool, values: fc.boolean() },
];

/** Texts that are valid and at most so many bytes, often just so. */
function textOf(capacity: number): fc.Arbitrary<string> {
  return fc.string({ unit: "binary", maxLength: capacity }).map((text) => {
    let fitting = text;
    while (Buffer.byteLength(fitting) > capacity) fitting = [...fitting].slice(0, -1).join("");
    return fitting;
  });
}

const leaf: fc.Arbitrary<TypeCase> = fc.oneof(
  fc.constantFrom(...SCALARS),
  fc.integer({ min: 1, max: 400 }).map((capacity) => ({
    type: utf8(capacity),
    values: textOf(capacity),
  })),
  fc.integer({ min: 1, max: 400 }).map((capacity) => ({
    type: bytes(capacity),
    values: fc.uint8Array({ maxLength: capacity }),
  })),
  fc
    .uniqueArray(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 9 })
    .map((members) => ({
      type: oneOf(...(members as [string, ...string[]])),
      values: fc.constantFrom(...members),
    })),
);

/** Names that a C compiler accepts too, with a few that are words of JavaScript. */
const fieldName = fc.oneof(
  fc.stringMatching(/^f[a-z0-9_]{0,6}$/),
  fc.constantFrom("view", "at", "value", "arguments", "eval", "then", "get", "prototype", "name"),
);

const cases = fc.letrec<{ struct: StructCase; type: TypeCase }>((tie) => ({
  type: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { arbitrary: leaf, weight: 5 },
    {
      arbitrary: fc
        .tuple(tie("type"), fc.integer({ min: 1, max: 20 }))
        .filter(([{ type }, count]) => type.layout.size * count < 4096)
        .map(([{ type, values }, count]) => ({
          type: array(type, count),
          values: fc.array(values, { minLength: count, maxLength: count }),
        })),
      weight: 2,
    },
    { arbitrary: tie("struct"), weight: 2 },
  ),
  struct: fc
    .uniqueArray(fc.tuple(fieldName, tie("type")), {
      minLength: 1,
      maxLength: 6,
      selector: ([name]) => name,
    })
    .map((fields) => ({
      type: struct(Object.fromEntries(fields.map(([name, { type }]) => [name, type]))),
      values: fc.record(Object.fromEntries(fields.map(([name, { values }]) => [name, values]))),
    })),
}));

/** Structs of up to a few kilobytes, with values that fit. */
export const structCase: fc.Arbitrary<StructCase> = cases.struct.filter(
  ({ type }) => type.size < 8192,
);
