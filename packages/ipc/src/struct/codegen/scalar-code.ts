/**
 * How each kind of number is checked, stored and loaded in generated code.
 *
 * @module
 */
import type { ScalarKind } from "../layout.ts";

/** Code for the kinds that are one `DataView` call each way. */
interface ScalarCode {
  /** The last part of the `DataView` methods' names. */
  readonly accessor: string;
  /** Given the name of a variable, a condition that is true for what must be refused. */
  readonly refused: (value: string) => string;
  /** Given the same, the call that refuses it. */
  readonly refusal: (path: string, value: string) => string;
}

/** 2^64 - 1, -(2^63) and 2^63 - 1 as literals of generated code. */
const U64_MAX = `${2n ** 64n - 1n}n`;
const I64_MIN = `${-(2n ** 63n)}n`;
const I64_MAX = `${2n ** 63n - 1n}n`;

/**
 * A whole number is in range when cutting it to the range leaves it as it is. The test of the type
 * comes first, so no object is ever asked to become a number.
 */
function integer(kind: ScalarKind, accessor: string, cut: (value: string) => string): ScalarCode {
  return {
    accessor,
    refused: (value) => `typeof ${value} !== "number" || (${cut(value)}) !== ${value}`,
    refusal: (path, value) => `$.refuseInteger(${path}, ${value}, "${kind}")`,
  };
}

// A comparison with both ends: BigInt.asUintN does the same and took five times as long.
function bigInteger(kind: ScalarKind, accessor: string, min: string, max: string): ScalarCode {
  return {
    accessor,
    refused: (value) => `typeof ${value} !== "bigint" || ${value} < ${min} || ${value} > ${max}`,
    refusal: (path, value) => `$.refuseBigInt(${path}, ${value}, "${kind}")`,
  };
}

function float(accessor: string): ScalarCode {
  return {
    accessor,
    refused: (value) => `typeof ${value} !== "number"`,
    refusal: (path, value) => `$.refuseType(${path}, ${value}, "a number")`,
  };
}

/** All kinds but `u53` and `bool`, which are not stored as they are. */
export const SCALAR_CODE: Readonly<Record<Exclude<ScalarKind, "u53" | "bool">, ScalarCode>> = {
  u8: integer("u8", "Uint8", (value) => `${value} & 255`),
  u16: integer("u16", "Uint16", (value) => `${value} & 65535`),
  u32: integer("u32", "Uint32", (value) => `${value} >>> 0`),
  i8: integer("i8", "Int8", (value) => `${value} << 24 >> 24`),
  i16: integer("i16", "Int16", (value) => `${value} << 16 >> 16`),
  i32: integer("i32", "Int32", (value) => `${value} | 0`),
  u64: bigInteger("u64", "BigUint64", "0n", U64_MAX),
  i64: bigInteger("i64", "BigInt64", I64_MIN, I64_MAX),
  f32: float("Float32"),
  f64: float("Float64"),
};
