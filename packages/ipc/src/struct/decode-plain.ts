/**
 * Reading a record by its layout, without generated code.
 *
 * A schema that was found in a segment is somebody else's: nothing that it says becomes code, and it is used for a few
 * records that are shown to people, not for millions.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { LENGTH_PREFIX, type ScalarKind, type StructLayout, type TypeLayout } from "./layout.ts";

const TWO_POW_32 = 2 ** 32;

const SCALARS: Readonly<Record<ScalarKind, (view: DataView, at: number) => unknown>> = {
  u8: (view, at) => view.getUint8(at),
  u16: (view, at) => view.getUint16(at, true),
  u32: (view, at) => view.getUint32(at, true),
  i8: (view, at) => view.getInt8(at),
  i16: (view, at) => view.getInt16(at, true),
  i32: (view, at) => view.getInt32(at, true),
  u53: (view, at) => view.getUint32(at, true) + view.getUint32(at + 4, true) * TWO_POW_32,
  u64: (view, at) => view.getBigUint64(at, true),
  i64: (view, at) => view.getBigInt64(at, true),
  f32: (view, at) => view.getFloat32(at, true),
  f64: (view, at) => view.getFloat64(at, true),
  bool: (view, at) => view.getUint8(at) !== 0,
};

/**
 * Copies a record out of memory: the same that {@link StructSchema.decode} gives.
 *
 * @param layout What is there.
 * @param view The memory; nobody else may be writing it.
 * @param byteOffset Where the record begins.
 * @throws {CorruptSegmentError} naming the field, when memory holds what its type does not allow.
 * @throws {RangeError} when the record is not inside the view.
 */
export function decodePlain(
  layout: StructLayout,
  view: DataView,
  byteOffset: number,
): Record<string, unknown> {
  return decodeStruct(layout, view, byteOffset, "");
}

function decodeStruct(
  layout: StructLayout,
  view: DataView,
  at: number,
  prefix: string,
): Record<string, unknown> {
  return Object.fromEntries(
    layout.fields.map((field) => {
      const path = `${prefix}${field.name}`;
      return [field.name, decodeType(field.layout, view, at + field.offset, path)];
    }),
  );
}

function decodeType(layout: TypeLayout, view: DataView, at: number, path: string): unknown {
  switch (layout.kind) {
    case "struct":
      return decodeStruct(layout, view, at, `${path}.`);
    case "array":
      return Array.from({ length: layout.count }, (_, index) =>
        decodeType(layout.element, view, at + index * layout.stride, `${path}[${index}]`),
      );
    case "oneOf": {
      const index = layout.size === 1 ? view.getUint8(at) : view.getUint16(at, true);
      const word = layout.members[index];
      if (word === undefined) throw impossible(path, `the index of a oneOf`, index);
      return word;
    }
    case "utf8":
    case "bytes": {
      const length = Math.min(layout.capacity, view.getUint32(at, true));
      const start = view.byteOffset + at + LENGTH_PREFIX;
      const copy = Buffer.from(view.buffer, start, length);
      return layout.kind === "utf8" ? copy.toString("utf8") : new Uint8Array(copy);
    }
    default: {
      const value = SCALARS[layout.kind](view, at);
      const isSafe = layout.kind !== "u53" || Number.isSafeInteger(value);
      if (!isSafe) throw impossible(path, "a u53", value);
      return value;
    }
  }
}

function impossible(path: string, what: string, value: unknown): CorruptSegmentError {
  return new CorruptSegmentError(`Cannot read "${path}": ${what} cannot be ${value}`);
}
