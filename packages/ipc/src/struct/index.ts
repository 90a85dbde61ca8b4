/**
 * The schema language: typed records in shared memory.
 *
 * @module
 */

export { array } from "./array.ts";
export type { ArrayCursor, WritableArrayLike } from "./array-cursor.ts";
export { bytes } from "./bytes.ts";
export type { CursorAccess } from "./codegen/cursor-class.ts";
export { moveCursor } from "./cursor.ts";
export type { AnyFieldType, Cursor, FieldType, Infer, InputOf } from "./field-type.ts";
export type { Fingerprint } from "./fingerprint.ts";
export type {
  ArrayLayout,
  BlobLayout,
  FieldLayout,
  OneOfLayout,
  ScalarKind,
  ScalarLayout,
  StructLayout,
  TypeLayout,
} from "./layout.ts";
export { oneOf } from "./one-of.ts";
export { bool, f32, f64, i8, i16, i32, i64, u8, u16, u32, u53, u64 } from "./scalars.ts";
export { struct } from "./struct.ts";
export {
  type CursorOptions,
  type Fields,
  type StructCursor,
  type StructInput,
  StructSchema,
  type StructValue,
} from "./struct-schema.ts";
export { utf8 } from "./utf8.ts";
