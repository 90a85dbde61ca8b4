/**
 * The twelve kinds of single values, each with a model to compare it with and values to try.
 *
 * @module
 */
import fc from "fast-check";
import type { ViewAccessor } from "../../src/index.ts";

type Refused = readonly [value: unknown, error: typeof TypeError | typeof RangeError, code: string];

/** One kind of value: how a view and a `DataView` read and write it. */
export interface NumberType {
  readonly name: string;
  readonly bytes: number;
  readonly read: (view: ViewAccessor, position: number) => unknown;
  readonly write: (view: ViewAccessor, position: number, value: never) => void;
  readonly readModel: (model: DataView, position: number) => unknown;
  readonly writeModel: (model: DataView, position: number, value: never) => void;
  /** Any value of the type. */
  readonly values: fc.Arbitrary<never>;
  /** Values that come back exactly as they were written. */
  readonly examples: readonly unknown[];
  /** Values that it must not take. */
  readonly refused: readonly Refused[];
}

const WRONG_TYPES: readonly Refused[] = [
  ["1", TypeError, "ERR_INVALID_ARG_TYPE"],
  [undefined, TypeError, "ERR_INVALID_ARG_TYPE"],
  [null, TypeError, "ERR_INVALID_ARG_TYPE"],
  [{ valueOf: () => 1 }, TypeError, "ERR_INVALID_ARG_TYPE"],
  [[1], TypeError, "ERR_INVALID_ARG_TYPE"],
  [Symbol("1"), TypeError, "ERR_INVALID_ARG_TYPE"],
];

const outside = (value: unknown): Refused => [value, RangeError, "ERR_OUT_OF_RANGE"];
const wrongType = (value: unknown): Refused => [value, TypeError, "ERR_INVALID_ARG_TYPE"];

type Suffix = "Int8" | "Uint8" | "Int16" | "Uint16" | "Int32" | "Uint32";

function integer(suffix: Suffix, bytes: number, min: number, max: number): NumberType {
  return {
    name: suffix,
    bytes,
    read: (view, position) => view[`read${suffix}`](position),
    write: (view, position, value) => view[`write${suffix}`](position, value),
    readModel: (model, position) => model[`get${suffix}`](position, true),
    writeModel: (model, position, value) => model[`set${suffix}`](position, value, true),
    values: fc.integer({ min, max }) as fc.Arbitrary<never>,
    examples: [0, 1, min, max],
    refused: [
      ...[min - 1, max + 1, Number.NaN, 1.5, Infinity, -Infinity, 2 ** 53, -(2 ** 40)].map(outside),
      ...WRONG_TYPES,
      wrongType(1n),
      wrongType(true),
    ],
  };
}

function bigInteger(suffix: "BigInt64" | "BigUint64", min: bigint, max: bigint): NumberType {
  return {
    name: suffix,
    bytes: 8,
    read: (view, position) => view[`read${suffix}`](position),
    write: (view, position, value) => view[`write${suffix}`](position, value),
    readModel: (model, position) => model[`get${suffix}`](position, true),
    writeModel: (model, position, value) => model[`set${suffix}`](position, value, true),
    values: fc.bigInt({ min, max }) as fc.Arbitrary<never>,
    examples: [0n, 1n, 2n ** 53n + 1n, min, max],
    refused: [
      ...[min - 1n, max + 1n, 2n ** 100n].map(outside),
      ...WRONG_TYPES,
      wrongType(1),
      wrongType(true),
    ],
  };
}

function float(suffix: "Float32" | "Float64", bytes: number, examples: number[]): NumberType {
  const values = bytes === 4 ? fc.float() : fc.double();
  return {
    name: suffix,
    bytes,
    read: (view, position) => view[`read${suffix}`](position),
    write: (view, position, value) => view[`write${suffix}`](position, value),
    readModel: (model, position) => model[`get${suffix}`](position, true),
    writeModel: (model, position, value) => model[`set${suffix}`](position, value, true),
    values: values as fc.Arbitrary<never>,
    examples: [0, -0, 1.5, Number.NaN, Infinity, -Infinity, ...examples],
    refused: [...WRONG_TYPES, wrongType(1n), wrongType(true)],
  };
}

const BOOLEAN: NumberType = {
  name: "Boolean",
  bytes: 1,
  read: (view, position) => view.readBoolean(position),
  write: (view, position, value) => view.writeBoolean(position, value),
  readModel: (model, position) => model.getUint8(position) !== 0,
  writeModel: (model, position, value) => model.setUint8(position, value ? 1 : 0),
  values: fc.boolean() as fc.Arbitrary<never>,
  examples: [true, false],
  refused: [...WRONG_TYPES, wrongType(1), wrongType(0), wrongType(1n)],
};

const CHAR: NumberType = {
  name: "Char",
  bytes: 2,
  read: (view, position) => view.readChar(position),
  write: (view, position, value) => view.writeChar(position, value),
  readModel: (model, position) => String.fromCharCode(model.getUint16(position, true)),
  writeModel: (model, position, value: string) =>
    model.setUint16(position, value.charCodeAt(0), true),
  values: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) as never,
  examples: ["a", "\0", "é", "文", "\ud83e", "\uffff"],
  refused: [
    ["", TypeError, "ERR_INVALID_ARG_VALUE"],
    ["ab", TypeError, "ERR_INVALID_ARG_VALUE"],
    ["🦊", TypeError, "ERR_INVALID_ARG_VALUE"],
    ...WRONG_TYPES.slice(1),
    wrongType(65),
    wrongType(65n),
  ],
};

/** Every kind of value that an accessor reads and writes. */
export const NUMBER_TYPES: readonly NumberType[] = [
  integer("Int8", 1, -128, 127),
  integer("Uint8", 1, 0, 255),
  integer("Int16", 2, -32_768, 32_767),
  integer("Uint16", 2, 0, 65_535),
  integer("Int32", 4, -(2 ** 31), 2 ** 31 - 1),
  integer("Uint32", 4, 0, 2 ** 32 - 1),
  bigInteger("BigInt64", -(2n ** 63n), 2n ** 63n - 1n),
  bigInteger("BigUint64", 0n, 2n ** 64n - 1n),
  float("Float32", 4, [Math.fround(0.1)]),
  float("Float64", 8, [0.1, Number.MAX_VALUE, 5e-324]),
  BOOLEAN,
  CHAR,
];
