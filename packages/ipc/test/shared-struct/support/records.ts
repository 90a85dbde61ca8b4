/**
 * Records whose fields all follow from one number, so that half of one and half of another cannot pass for one.
 *
 * @module
 */
import {
  array,
  bool,
  bytes,
  type Cursor,
  type Fields,
  type FieldType,
  f64,
  type Infer,
  i64,
  oneOf,
  type StructSchema,
  struct,
  u32,
  u53,
  utf8,
} from "../../../src/index.ts";

/** The fields of {@link Small}. */
export interface SmallFields extends Fields {
  readonly first: typeof u53;
  readonly half: typeof f64;
  readonly isOdd: typeof bool;
  readonly colour: FieldType<Colour>;
  readonly label: FieldType<string>;
  readonly words: ReturnType<typeof array<typeof u32>>;
  readonly inner: StructSchema<{ negative: typeof i64; digits: FieldType<Uint8Array> }>;
  readonly last: typeof u53;
}

/** The fields of {@link Large}. */
export interface LargeFields extends Fields {
  readonly first: typeof u53;
  readonly body: FieldType<Uint8Array>;
  readonly last: typeof u53;
}

type Colour = (typeof COLOURS)[number];

const COLOURS = ["red", "green", "blue"] as const;
const BODY_BYTES = 256 * 1024;

/** A record of every shape, in a few cache lines. */
export const Small: StructSchema<SmallFields> = struct({
  first: u53,
  half: f64,
  isOdd: bool,
  colour: oneOf(...COLOURS),
  label: utf8(20),
  words: array(u32, 24),
  inner: struct({ negative: i64, digits: bytes(8) }),
  last: u53,
});

/** About 256 KiB: copying it takes long enough for several updates to happen meanwhile. */
export const Large: StructSchema<LargeFields> = struct({
  first: u53,
  body: bytes(BODY_BYTES),
  last: u53,
});

/** The small record of a number. */
export function smallOf(n: number): Infer<typeof Small> {
  return {
    first: n,
    half: n / 2,
    isOdd: n % 2 === 1,
    colour: COLOURS[n % 3] as Colour,
    label: `number ${n}`,
    words: Array.from({ length: 24 }, (_, i) => (n + i) >>> 0),
    inner: { negative: BigInt(-n), digits: new TextEncoder().encode(String(n % 1e8)) },
    last: n,
  };
}

/** Makes the record under a cursor the small one of a number. */
export function fillSmall(cursor: Cursor<typeof Small>, n: number): void {
  const { words, inner, ...others } = smallOf(n);
  Object.assign(cursor, others);
  cursor.words.copyFrom(words);
  cursor.inner = inner;
}

/** Whether a record is all of one number. */
export function isSmallOf(record: Infer<typeof Small>): boolean {
  return Bun.deepEquals(record, smallOf(record.first));
}

/** The large record of a number. */
export function largeOf(n: number): Infer<typeof Large> {
  return { first: n, body: new Uint8Array(BODY_BYTES).fill(n), last: n };
}

/** Makes the record under a cursor the large one of a number. */
export function fillLarge(cursor: Cursor<typeof Large>, n: number): void {
  Object.assign(cursor, largeOf(n));
}

/** Whether a record is all of one number. */
export function isLargeOf({ first, body, last }: Infer<typeof Large>): boolean {
  // Every byte equals its neighbour: compared at the speed of memory.
  const isUniform = Buffer.compare(body.subarray(1), body.subarray(0, -1)) === 0;
  return isUniform && body[0] === (first & 0xff) && first === last;
}
