/**
 * The record of 64 bytes that the suites send, write and read.
 *
 * @module
 */
import { type FieldType, f64, type StructSchema, struct } from "@isthmus/ipc";

type Names = "a" | "b" | "c" | "d" | "e" | "f" | "g" | "h";

/** Eight numbers. */
export const Sample: StructSchema<Readonly<Record<Names, FieldType<number>>>> = struct({
  a: f64,
  b: f64,
  c: f64,
  d: f64,
  e: f64,
  f: f64,
  g: f64,
  h: f64,
});

/** A record, or a cursor on one. */
export type SampleFields = Record<Names, number>;

/** Room of the channels in bytes: half of a common second-level cache. */
export const CAPACITY_BYTES: number = 1 << 22;

/** Records before the timed ones: both sides are compiled by then. */
export function warmUpOf(count: number): number {
  return Math.floor(count / 2);
}

/** A plain record of which every field depends on its number. */
export function sampleOf(i: number): SampleFields {
  return { a: i, b: i + 1, c: i + 2, d: i + 3, e: i + 4, f: i + 5, g: i + 6, h: i + 7 };
}

/**
 * Writes records in place. One closure with all that it does, as a user would write it: a function that it calls costs
 * `claim` a sixth of its speed.
 */
export class SampleWriter {
  /** The number of the next record. */
  number = 0;
  /** Writes a record; for `claim`. */
  readonly write = (record: SampleFields): void => {
    const i = this.number;
    record.a = i;
    record.b = i + 1;
    record.c = i + 2;
    record.d = i + 3;
    record.e = i + 4;
    record.f = i + 5;
    record.g = i + 6;
    record.h = i + 7;
  };
}

/** What all fields of a record give together. */
export function sumOf({ a, b, c, d, e, f, g, h }: SampleFields): number {
  return a + b + c + d + e + f + g + h;
}

/** What all fields of records `from` to `to` (exclusive) give together. */
export function expectedSum(from: number, to: number): number {
  const count = to - from;
  return 8 * ((count * (from + to - 1)) / 2) + 28 * count;
}
