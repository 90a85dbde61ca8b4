/**
 * A struct as schema: what a shared struct or a channel is opened with.
 *
 * @module
 */
import { checkOneOf, checkOptions, invalidType, type OptionNames } from "@isthmus/core/internal";
import { canonicalText } from "./canonical.ts";
import { type Codec, compileCodec } from "./codegen/codec.ts";
import { type CursorAccess, type CursorClass, compileCursor } from "./codegen/cursor-class.ts";
import { refusePlace } from "./codegen/refusals.ts";
import { Anchor, SNAPSHOT } from "./cursor.ts";
import {
  type AnyFieldType,
  type Cursor,
  FieldType,
  type Infer,
  type InputOf,
} from "./field-type.ts";
import { type Fingerprint, fingerprintOf } from "./fingerprint.ts";
import type { StructLayout } from "./layout.ts";

/** The fields of a struct as its author writes them. */
export type Fields = Readonly<Record<string, AnyFieldType>>;
/** The plain object of a struct. */
export type StructValue<F extends Fields> = { -readonly [K in keyof F]: Infer<F[K]> };
/** What may be written as a struct. */
export type StructInput<F extends Fields> = { readonly [K in keyof F]: InputOf<F[K]> };
/** The cursor of a struct. */
export type StructCursor<F extends Fields> = { -readonly [K in keyof F]: Cursor<F[K]> };

/** How a cursor is made. */
export interface CursorOptions {
  /** `"readWrite"` (default), or `"read"`: assignments throw `NotSupportedError`. */
  readonly access?: CursorAccess | undefined;
}

const CURSOR_OPTIONS: OptionNames<CursorOptions> = { access: true };

/**
 * A struct of named fields, made by {@link struct}. It is a field type like any other, so it nests; and it is a schema,
 * which copies whole records in and out of memory and gives cursors that work in place.
 *
 * **Safety.** Every method works on memory that other processes may be changing, with plain loads
 * and stores: no memory order, and no record is ever read or written at once. Whoever needs a
 * consistent record holds a lock or validates a version around the call. What is read is not
 * trusted: it gives a value of the right type or `ERR_CORRUPT_SEGMENT`, whatever the bytes are.
 *
 * All numbers are little-endian, the host order of every supported platform. Code is generated when
 * a method is first called, once per schema.
 */
export class StructSchema<F extends Fields = Fields> extends FieldType<
  StructValue<F>,
  StructInput<F>,
  StructCursor<F>
> {
  declare readonly layout: StructLayout;
  #compiled: Codec | undefined;
  readonly #cursorClasses: Partial<Record<CursorAccess, CursorClass>> = {};
  #canonical: string | undefined;
  #fingerprint: Fingerprint | undefined;

  /** What `encode` and `decode` call, for loops that cannot afford a call more. Compiled when first asked for. */
  get codec(): Codec {
    this.#compiled ??= compileCodec(this.layout);
    return this.#compiled;
  }

  /** Bytes of one record, a multiple of `alignment`. */
  get size(): number {
    return this.layout.size;
  }

  /** The alignment that records want: 1, 2, 4 or 8. Others work, and may be torn more easily. */
  get alignment(): number {
    return this.layout.alignment;
  }

  /** The layout as text, one line per field; what the fingerprint is the hash of. */
  get canonical(): string {
    this.#canonical ??= canonicalText(this.layout);
    return this.#canonical;
  }

  /**
   * The 64-bit hash of names, types, offsets and sizes: equal in processes that may share records.
   */
  get fingerprint(): Fingerprint {
    this.#fingerprint ??= fingerprintOf(this.canonical);
    return this.#fingerprint;
  }

  /**
   * Writes a whole record, padding included, so that equal values are equal bytes.
   *
   * Checks as it writes: when it throws, fields before the refused one are written already. Write
   * to a place that no reader looks at yet. Allocates nothing, but for one or two temporary
   * views per `utf8` or `bytes` field with a capacity of over 256 bytes, and a copy of every array
   * that comes from a cursor.
   *
   * @param view The memory.
   * @param byteOffset Where the record begins, in bytes from the beginning of the view.
   * @param value A plain object with exactly the fields of the struct, or a cursor of it.
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE`, naming the path of the
   *   field, when a value is of another type, missing, unknown, or has a lone surrogate.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when a value does not fit, or the record not into the
   *   view.
   */
  encode(view: DataView, byteOffset: number, value: StructInput<F>): void {
    this.codec.encode(view, byteOffset, value);
  }

  /**
   * Reads a whole record into a plain object that shares nothing with the memory.
   *
   * @param view The memory.
   * @param byteOffset Where the record begins, in bytes from the beginning of the view.
   * @returns A new object with the fields in declaration order.
   * @throws {CorruptSegmentError} naming the field, when memory holds what its type does not allow.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the record is not inside the view.
   */
  decode(view: DataView, byteOffset: number): StructValue<F> {
    return this.codec.decode(view, byteOffset) as StructValue<F>;
  }

  /**
   * Makes a cursor: an object with one property per field that reads and writes the memory in
   * place. Nested structs are cursors too, arrays are an {@link ArrayCursor}; a struct can be
   * assigned as a plain object, an array through `copyFrom`. Assigning checks as `encode` does; a
   * field that is a single value is left as it was when it refuses.
   *
   * **Safety.** The cursor reads memory anew at every access, so two reads of a field may differ.
   * It is of no use once the mapping under the view is disposed: every access throws. Over memory
   * that is mapped read-only ask for `access: "read"`: a write would reach the operating system,
   * which ends the process.
   *
   * @param view The memory.
   * @param byteOffset Where the record begins, in bytes. {@link moveCursor} moves it.
   * @param options Whether the cursor may write.
   * @returns The cursor.
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when the view is not a `DataView` or the offset not
   *   a number.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the record is not inside the view.
   *
   * @example Count in place
   * ```ts
   * import { struct, u32 } from "@isthmus/ipc";
   *
   * const Counter = struct({ count: u32 });
   * const counter = Counter.cursor(new DataView(new ArrayBuffer(4)), 0);
   * counter.count += 1;
   * console.log(counter.count, Counter.snapshot(counter)); // 1 { count: 1 }
   * ```
   */
  cursor(view: DataView, byteOffset: number, options?: CursorOptions): StructCursor<F> {
    const { access = "readWrite" } = checkOptions("options", options, CURSOR_OPTIONS);
    checkOneOf("options.access", access, ["readWrite", "read"]);
    if (!(view instanceof DataView)) refusePlace(view, byteOffset, this.size);
    this.#cursorClasses[access] ??= compileCursor(this.layout, access);
    const anchor = new Anchor(view, this.size, byteOffset);
    return new this.#cursorClasses[access](anchor) as StructCursor<F>;
  }

  /**
   * Copies what a cursor stands on into a plain object.
   *
   * @param cursor A cursor of this struct, also one inside another cursor.
   * @returns The same as `decode` would give.
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when it is not a cursor.
   * @throws {CorruptSegmentError} naming the field, when memory holds what its type does not allow.
   */
  snapshot(cursor: StructCursor<F>): StructValue<F> {
    const copy = (cursor as { readonly [SNAPSHOT]?: () => unknown } | null | undefined)?.[SNAPSHOT];
    if (copy === undefined) throw invalidType("cursor", "a cursor of this struct", cursor);
    return copy.call(cursor) as StructValue<F>;
  }
}
