/**
 * Every way to read and write single values, arrays and strings of a view.
 *
 * @module
 */
import type { ViewAccessor } from "../../src/index.ts";

/** An access at a position. */
export type Access = (view: ViewAccessor, position: number) => unknown;

const NUMBERS = [
  "Int8",
  "Uint8",
  "Int16",
  "Uint16",
  "Int32",
  "Uint32",
  "Float16",
  "Float32",
  "Float64",
  "Int64",
  "Uint64",
];

function accessesOf(name: string): readonly (readonly [string, Access])[] {
  const [read, write] = [`read${name}` as "readInt8", `write${name}` as "writeInt8"];
  return [
    [read, (view, at) => view[read](at)],
    [write, (view, at) => view[write](at, 1)],
  ];
}

/** By the name of the method. */
export const ACCESSES: Readonly<Record<string, Access>> = {
  ...Object.fromEntries(NUMBERS.flatMap(accessesOf)),
  readBigInt64: (view, at) => view.readBigInt64(at),
  writeBigInt64: (view, at) => view.writeBigInt64(at, 1n),
  readBigUint64: (view, at) => view.readBigUint64(at),
  writeBigUint64: (view, at) => view.writeBigUint64(at, 1n),
  readBoolean: (view, at) => view.readBoolean(at),
  writeBoolean: (view, at) => view.writeBoolean(at, true),
  readChar: (view, at) => view.readChar(at),
  writeChar: (view, at) => view.writeChar(at, "x"),
  readArray: (view, at) => view.readArray(at, new Float64Array(4)),
  writeArray: (view, at) => view.writeArray(at, new Float64Array(4)),
  readString: (view, at) => view.readString(at),
  writeString: (view, at) => view.writeString(at, "text"),
};
