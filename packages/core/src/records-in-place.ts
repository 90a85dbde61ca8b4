/**
 * Structs in the memory of a view: one after the other, read and written where they are.
 *
 * @module
 */
import { DisposedError, NotSupportedError } from "./errors.ts";
import { outOfRange } from "./validate.ts";

/**
 * What a view needs to know of a struct; the `struct(…)` of `@isthmus/ipc` is one.
 *
 * @typeParam Value What decoding gives.
 * @typeParam Input What encoding takes.
 * @typeParam Cursor What reads and writes fields in place.
 */
export interface RecordSchema<Value, Input, Cursor> {
  /** Bytes of one record. */
  readonly size: number;
  /**
   * Writes a record.
   *
   * @param view Where the record lies.
   * @param byteOffset Where it begins, in bytes from the start of `view`.
   * @param value What is written.
   */
  encode(view: DataView, byteOffset: number, value: Input): void;
  /**
   * Copies a record out.
   *
   * @param view Where the record lies.
   * @param byteOffset Where it begins, in bytes from the start of `view`.
   */
  decode(view: DataView, byteOffset: number): Value;
  /**
   * Makes an object whose properties are the fields in memory.
   *
   * @param view Where the record lies.
   * @param byteOffset Where it begins, in bytes from the start of `view`.
   * @param options `access`: whether fields may be assigned.
   */
  cursor(
    view: DataView,
    byteOffset: number,
    options?: { readonly access?: "read" | "readWrite" | undefined },
  ): Cursor;
}

/** Finds elements by their numbers where no property has that name: as the prototype of the class below. */
const BY_NUMBER: object = new Proxy(Object.create(null) as object, {
  get(_target, key, receiver: RecordArray<unknown, unknown, unknown>) {
    if (typeof key === "string" && /^\d+$/.test(key)) {
      const index = Number(key);
      return index < receiver.length ? receiver.at(index) : undefined;
    }
    return Reflect.get(Object.prototype, key, receiver);
  },
});

/**
 * Structs in a row in the memory of a view, as an array: nothing is copied, and no object is made for those that are not
 * asked for. Made by `ViewAccessor.array`, and dead as soon as its view is disposed.
 */
export class RecordArray<Value, Input, Cursor> {
  /** `array[i]` is `array.at(i)`; undefined behind the end. */
  readonly [index: number]: Cursor;
  /** How many there are. */
  readonly length: number;
  readonly #schema: RecordSchema<Value, Input, Cursor>;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #access: "read" | "readWrite";

  /** @internal Made by `ViewAccessor.array`. */
  constructor(
    schema: RecordSchema<Value, Input, Cursor>,
    bytes: Uint8Array<ArrayBuffer>,
    canWrite: boolean,
  ) {
    this.length = bytes.length / schema.size;
    this.#schema = schema;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#access = canWrite ? "readWrite" : "read";
  }

  /**
   * A cursor on an element: its properties are the fields in memory.
   *
   * @param index From 0; a negative one counts from the end.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when there is no such element.
   * @throws {DisposedError} When the view is disposed.
   */
  at(index: number): Cursor {
    return this.#schema.cursor(this.#view, this.#offset(index), { access: this.#access });
  }

  /**
   * Copies an element out, as a plain object.
   *
   * @param index From 0.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when there is no such element.
   * @throws {DisposedError} When the view is disposed.
   */
  read(index: number): Value {
    return this.#schema.decode(this.#view, this.#offset(index));
  }

  /**
   * Writes an element.
   *
   * @param index From 0.
   * @param value What the schema describes.
   * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` when its view may not be written.
   */
  write(index: number, value: Input): void {
    const offset = this.#offset(index);
    if (this.#access === "read") {
      throw new NotSupportedError("Cannot write to this view: it is read-only");
    }
    this.#schema.encode(this.#view, offset, value);
  }

  /** Cursors on all elements, one after the other. */
  *[Symbol.iterator](): Generator<Cursor, void> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  #offset(index: number): number {
    const place = Number.isInteger(index) && index < 0 ? index + this.length : index;
    if (!Number.isInteger(place) || place < 0 || place >= this.length) {
      throw outOfRange("index", `an integer from 0 to ${this.length - 1}`, index);
    }
    if (this.#bytes.length > 0) return place * this.#schema.size;
    throw new DisposedError("RecordArray", "its view has been disposed");
  }
}

Object.setPrototypeOf(RecordArray.prototype, BY_NUMBER);
