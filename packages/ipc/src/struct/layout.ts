/**
 * Where every byte of a record lives. The rules are those of a C compiler for the same declaration,
 * so that a C or Python reader can follow a record with nothing but this description:
 *
 * - every type has an alignment; a field begins at the next multiple of it, in declaration order;
 * - a struct is aligned as its widest field, and its size is rounded up to that alignment;
 * - array elements follow each other without gaps (every size is a multiple of its alignment);
 * - numbers are little-endian, which is the host order of every platform that Isthmus supports.
 *
 * ```text
 * u8 i8 bool     1 byte, at 1          oneOf (<= 256 members)   u8 index, at 1
 * u16 i16        2 bytes, at 2         oneOf (more)             u16 index, at 2
 * u32 i32 f32    4 bytes, at 4         array(T, n)              n times T, aligned as T
 * u53 u64 i64    8 bytes, at 8         struct                   its fields and padding
 * f64            8 bytes, at 8
 *
 * utf8(n), bytes(n), at 4:
 * +-------------------+-----------------------+----------------+---------------------------+
 * | u32 length (<= n) | length bytes of data  | zeros up to n  | zeros to a multiple of 4  |
 * +-------------------+-----------------------+----------------+---------------------------+
 * 0                   4                       4 + length       4 + n
 * ```
 *
 * @module
 */
import { outOfRange } from "@isthmus/core/internal";

/** The largest record, in bytes: 1 GiB, so that every offset fits an i32 with room to spare. */
export const MAX_SIZE: number = 2 ** 30;
/** The most fields of one schema, those of nested structs included; bounds the generated code. */
export const MAX_FIELDS = 4096;
/** How deep arrays and structs may nest. */
export const MAX_DEPTH = 32;
/** Bytes of the length that precedes the data of `utf8` and `bytes`. */
export const LENGTH_PREFIX = 4;

/** What every type's layout has. */
interface CommonLayout {
  /** The type as the canonical text writes it, for example `array(f64,16)`. */
  readonly type: string;
  /** Bytes, always a multiple of the alignment. */
  readonly size: number;
  /** The power of two that offsets of this type are a multiple of. */
  readonly alignment: number;
}

/** The kinds of a single number or truth value. */
export type ScalarKind =
  | "u8"
  | "u16"
  | "u32"
  | "i8"
  | "i16"
  | "i32"
  | "u53"
  | "u64"
  | "i64"
  | "f32"
  | "f64"
  | "bool";

/** A single number or truth value. */
export interface ScalarLayout extends CommonLayout {
  readonly kind: ScalarKind;
}

/** A length and then that many bytes, of text or of anything. */
export interface BlobLayout extends CommonLayout {
  readonly kind: "utf8" | "bytes";
  /** The most bytes of data. */
  readonly capacity: number;
}

/** One word of a fixed list, stored as its index. */
export interface OneOfLayout extends CommonLayout {
  readonly kind: "oneOf";
  readonly members: readonly string[];
}

/** A fixed number of elements of one type. */
export interface ArrayLayout extends CommonLayout {
  readonly kind: "array";
  readonly element: TypeLayout;
  readonly count: number;
  /** Bytes from one element to the next. */
  readonly stride: number;
}

/** Named fields. */
export interface StructLayout extends CommonLayout {
  readonly kind: "struct";
  readonly fields: readonly FieldLayout[];
}

/** The bytes of any type; `kind` tells which. */
export type TypeLayout = ScalarLayout | BlobLayout | OneOfLayout | ArrayLayout | StructLayout;

/** The bytes of one field of a struct. */
export interface FieldLayout {
  readonly name: string;
  /** Same as `layout.type`. */
  readonly type: string;
  /** Bytes from the beginning of the struct that the field is in. */
  readonly offset: number;
  /** Same as `layout.size`. */
  readonly size: number;
  readonly layout: TypeLayout;
}

/**
 * Rounds up to a power of two's multiple.
 *
 * @param value A byte count.
 * @param alignment A power of two.
 * @returns The smallest multiple of `alignment` that is not below `value`.
 */
export function alignUp(value: number, alignment: number): number {
  // Not a bit mask: the sum may pass 2^31 before the limit on sizes is checked.
  return Math.ceil(value / alignment) * alignment;
}

/**
 * Gives each field its place, as C would.
 *
 * @param types The fields in declaration order.
 * @returns The frozen layout of the struct.
 * @throws {RangeError} `ERR_OUT_OF_RANGE` when the struct is larger, deeper, or has more fields
 *   than allowed.
 */
export function placeFields(types: ReadonlyArray<readonly [string, TypeLayout]>): StructLayout {
  const fields: FieldLayout[] = [];
  let end = 0;
  let alignment = 1;
  for (const [name, layout] of types) {
    const offset = alignUp(end, layout.alignment);
    fields.push(Object.freeze({ name, type: layout.type, offset, size: layout.size, layout }));
    end = offset + layout.size;
    alignment = Math.max(alignment, layout.alignment);
  }
  const size = alignUp(end, alignment);
  return checkLimits({ kind: "struct", type: "struct", size, alignment, fields });
}

/**
 * Refuses a type that is too large, too deep or made of too many fields, and freezes it otherwise.
 *
 * @param layout A layout whose parts have passed this check already.
 * @returns The same object, frozen with the lists in it.
 * @throws {RangeError} `ERR_OUT_OF_RANGE` when it is beyond a limit.
 */
export function checkLimits<L extends TypeLayout>(layout: L): L {
  if (layout.size > MAX_SIZE) {
    throw outOfRange(`size of ${layout.type}`, `<= ${MAX_SIZE} bytes`, layout.size);
  }
  const depth = depthOf(layout);
  if (depth > MAX_DEPTH) throw outOfRange(`depth of ${layout.type}`, `<= ${MAX_DEPTH}`, depth);
  const count = fieldCountOf(layout);
  if (count > MAX_FIELDS) {
    throw outOfRange(`number of fields of ${layout.type}`, `<= ${MAX_FIELDS}`, count);
  }
  if (layout.kind === "struct") Object.freeze(layout.fields);
  if (layout.kind === "oneOf") Object.freeze(layout.members);
  return Object.freeze(layout);
}

function depthOf(layout: TypeLayout): number {
  if (layout.kind === "array") return 1 + depthOf(layout.element);
  if (layout.kind !== "struct") return 0;
  return 1 + layout.fields.reduce((most, field) => Math.max(most, depthOf(field.layout)), 0);
}

/** Counts every named field once, however many elements an array repeats it in. */
function fieldCountOf(layout: TypeLayout): number {
  if (layout.kind === "array") return fieldCountOf(layout.element);
  if (layout.kind !== "struct") return 0;
  // Stops at the limit: the parts are within it, but a struct may hold very many of them.
  let count = 0;
  for (const field of layout.fields) {
    count += 1 + fieldCountOf(field.layout);
    if (count > MAX_FIELDS) break;
  }
  return count;
}
