/**
 * The types of one number or truth value.
 *
 * @module
 */
import { FieldType } from "./field-type.ts";
import type { ScalarKind } from "./layout.ts";

/** A whole number of 0 to 255 in one byte. */
export const u8: FieldType<number> = scalar("u8", 1);
/** A whole number of 0 to 65 535 in two bytes. */
export const u16: FieldType<number> = scalar("u16", 2);
/** A whole number of 0 to 4 294 967 295 in four bytes. */
export const u32: FieldType<number> = scalar("u32", 4);
/** A whole number of -128 to 127 in one byte. */
export const i8: FieldType<number> = scalar("i8", 1);
/** A whole number of -32 768 to 32 767 in two bytes. */
export const i16: FieldType<number> = scalar("i16", 2);
/** A whole number of -2 147 483 648 to 2 147 483 647 in four bytes. */
export const i32: FieldType<number> = scalar("i32", 4);
/**
 * A whole number of 0 to `Number.MAX_SAFE_INTEGER`, stored as an unsigned 64-bit integer. As wide
 * as a counter ever needs and, unlike {@link u64}, an ordinary number that costs no allocation to
 * read.
 */
export const u53: FieldType<number> = scalar("u53", 8);
/** A BigInt of 0n to 2n ** 64n - 1n in eight bytes. */
export const u64: FieldType<bigint> = scalar("u64", 8);
/** A BigInt of -(2n ** 63n) to 2n ** 63n - 1n in eight bytes. */
export const i64: FieldType<bigint> = scalar("i64", 8);
/**
 * A number rounded to single precision, in four bytes. Any number is accepted: rounding is what
 * this type is for, so 0.1 reads back as 0.10000000149011612 and 1e300 as Infinity.
 */
export const f32: FieldType<number> = scalar("f32", 4);
/** Any JavaScript number, exactly, in eight bytes. */
export const f64: FieldType<number> = scalar("f64", 8);
/** `true` or `false` in one byte; reading takes any byte but zero for `true`. */
export const bool: FieldType<boolean> = scalar("bool", 1);

function scalar<Value>(kind: ScalarKind, size: number): FieldType<Value> {
  return new FieldType(Object.freeze({ kind, type: kind, size, alignment: size }));
}
