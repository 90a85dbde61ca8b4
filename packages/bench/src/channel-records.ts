/**
 * What both processes of the channel benchmark agree on.
 *
 * @module
 */
import { type FieldType, f64, type StructSchema, struct } from "@isthmus/ipc";

type Names = "a" | "b" | "c" | "d" | "e" | "f" | "g" | "h";

/** 64 bytes. */
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
export interface SampleFields {
  a: number;
  b: number;
  c: number;
  d: number;
  e: number;
  f: number;
  g: number;
  h: number;
}

/** Room of the channels in bytes: half of a common second-level cache. */
export const CAPACITY_BYTES: number = 1 << 22;

/** Records of one `batch`. */
export const BATCH_RECORDS = 256;

/** Bytes of a large record, and room for eight of them. */
export const LARGE_BYTES: number = 1 << 20;
export const LARGE_CAPACITY_BYTES: number = 8 << 20;

/** Records before the timed ones: both sides are compiled by then. */
export function warmUpOf(count: number): number {
  return Math.floor(count / 2);
}

/** A plain record of which every field depends on its number. */
export function sampleOf(i: number): SampleFields {
  return { a: i, b: i + 1, c: i + 2, d: i + 3, e: i + 4, f: i + 5, g: i + 6, h: i + 7 };
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
