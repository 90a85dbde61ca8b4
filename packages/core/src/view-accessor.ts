/**
 * Random access to the bytes of a view: numbers, arrays, strings and the raw bytes themselves.
 *
 * @module
 */
import { showAs } from "./inspect.ts";
import { tooLate } from "./memory-accessor.ts";
import type { MemoryAdvice } from "./native/platform.ts";
import { RecordArray, type RecordSchema } from "./records-in-place.ts";
import {
  checkAttached,
  checkBoolean,
  checkInteger,
  checkOptions,
  checkString,
  invalidType,
  type OptionNames,
  outOfRange,
} from "./validate.ts";
import {
  type FlushOptions,
  RANGE_OPTIONS,
  type RangeOptions,
  View,
  type ViewOptions,
  type ViewSource,
} from "./view.ts";
import { WideAccessor } from "./wide-accessor.ts";

/** Any array of numbers or BigInts over a buffer; `Float16Array` where the compiler's library knows of it. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array
  // A library of ES2023 has no such name.
  | (typeof globalThis extends { Float16Array: { readonly prototype: infer Half } } ? Half : never);

/** How `writeString` ends a string. */
export interface WriteStringOptions {
  /** Whether a zero byte follows the text, so that `readString` without a length finds its end. */
  readonly nullTerminated?: boolean | undefined;
}

const STRING_OPTIONS: OptionNames<WriteStringOptions> = { nullTerminated: true };

/** Keeps a byte order mark: it is part of the bytes. */
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
const ENCODER = new TextEncoder();

/** The longest text in bytes. Bun makes no longer string, and its decoder then gives an empty one. */
const TEXT_BYTES_MAX = 2 ** 31 - 1;

/** How much of a view is searched at a time for the end of a string: little at first, then more. */
const SEARCH_BYTES_MIN = 256;
const SEARCH_BYTES_MAX = 1 << 16;

/**
 * A part of a map for random access. Made by `MemoryMappedFile.createViewAccessor`.
 *
 * **Lifetime.** A view stays usable after its map is disposed, and keeps the file (or the name) alive.
 * Disposing it makes every array that `bytes()` returned dead: length 0, reads give `undefined`.
 *
 * @example
 * ```ts
 * import { MemoryMappedFile } from "@isthmus/core";
 *
 * using memory = MemoryMappedFile.createNew(null, 64);
 * using view = memory.createViewAccessor();
 * view.writeInt32(0, -7);
 * view.writeString(8, "text", { nullTerminated: true });
 * console.log(view.readInt32(0), view.readString(8)); // -7 "text"
 * ```
 */
export class ViewAccessor extends WideAccessor implements Disposable {
  readonly #view: View;

  static {
    showAs(ViewAccessor.prototype, ({ capacity, endian, canRead, canWrite }) => [
      "ViewAccessor",
      { capacity, endian, canRead, canWrite },
    ]);
  }

  /** For the library's own use; users call `MemoryMappedFile.createViewAccessor`. */
  constructor(source: ViewSource, options?: ViewOptions) {
    const view = new View(source, options);
    super(view);
    this.#view = view;
  }

  /** Which byte of a number comes first: see `createViewAccessor`. */
  get endian(): "little" | "big" {
    return "little";
  }

  /** Whether the view may be read: until it is disposed, or its buffer transferred away. */
  get canRead(): boolean {
    return !this.#view.isGone;
  }

  /** Whether the view may be written. False after disposal. */
  get canWrite(): boolean {
    return this.#view.canWrite && !this.#view.isGone;
  }

  /** Bytes between the first mapped page and the view: views begin at any byte, pages do not. */
  get pointerOffset(): number {
    return this.#view.mapping.pointerOffset;
  }

  /**
   * Fills a typed array from consecutive bytes.
   *
   * @param position First byte in the view; any alignment.
   * @param target Filled from its start with as many whole elements as the view holds from `position`.
   * @returns How many elements were read.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the position is outside the view.
   */
  readArray(position: number, target: TypedArray): number {
    const bytes = bytesOf("target", target);
    const room = this.checkPosition(position, false, target.length === 0);
    const count = Math.min(target.length, Math.floor(room / target.BYTES_PER_ELEMENT));
    this.#view.copyOut(position, bytes.subarray(0, count * target.BYTES_PER_ELEMENT));
    return count;
  }

  /**
   * Writes all elements of a typed array to consecutive bytes, or none.
   *
   * @param position First byte in the view; any alignment.
   * @param source The elements.
   * @returns How many elements were written: all.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when they do not fit behind `position`.
   */
  writeArray(position: number, source: TypedArray): number {
    const bytes = bytesOf("source", source);
    const room = this.checkPosition(position, true, source.length === 0);
    if (bytes.length > room) {
      throw outOfRange(
        "source",
        `at most ${room} bytes, the room behind ${position}`,
        bytes.length,
      );
    }
    this.#view.copyIn(position, bytes);
    return source.length;
  }

  /**
   * Decodes UTF-8 text. Bytes that are not UTF-8 become U+FFFD.
   *
   * @param position First byte in the view.
   * @param byteLength How many bytes to decode. Absent: up to the first zero byte, or to the end of the view.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the bytes are not inside the view, or are 2 GiB and more.
   */
  readString(position: number, byteLength?: number): string {
    const room = this.checkPosition(position, false, !byteLength);
    const length =
      byteLength === undefined
        ? this.#lengthToNull(position, room)
        : checkInteger("byteLength", byteLength, 0, room);
    if (length > TEXT_BYTES_MAX) {
      throw outOfRange("byteLength", `<= ${TEXT_BYTES_MAX}, what a string holds`, length);
    }
    const bytes = new Uint8Array(length);
    this.#view.copyOut(position, bytes);
    return UTF8.decode(bytes);
  }

  /**
   * Encodes text as UTF-8, all of it or, when it does not fit, nothing.
   *
   * @param position First byte in the view.
   * @param text The text; lone surrogates become U+FFFD.
   * @param options Whether to end it with a zero byte.
   * @returns How many bytes were written, the zero byte included.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the bytes do not fit behind `position`.
   */
  writeString(position: number, text: string, options?: WriteStringOptions): number {
    const isNothing = text === "" && options?.nullTerminated !== true;
    const room = this.checkPosition(position, true, isNothing);
    checkString("text", text);
    const { nullTerminated = false } = checkOptions("options", options, STRING_OPTIONS);
    checkBoolean("nullTerminated", nullTerminated);
    const bytes = ENCODER.encode(nullTerminated ? `${text}\0` : text);
    if (bytes.length > room) {
      throw outOfRange(
        "text",
        `at most ${room} bytes of UTF-8, the room behind ${position}`,
        bytes.length,
      );
    }
    this.#view.copyIn(position, bytes);
    return bytes.length;
  }

  /**
   * The bytes themselves, without a copy.
   *
   * **Safety.** The array is dead (length 0) once the view is disposed. In a read-only view, writing to it
   * changes this view's own copy of the page and never the file (where the system maps a file read-only and no other way,
   * as some under `/sys`, it ends the process). Transferring its buffer to another thread
   * takes the memory away from the view; a file that is truncated is survived there as long as this thread goes on. Copy bytes that others may write meanwhile before anything decodes them as
   * text, or use `readString`: Bun's decoders crash when bytes change under them.
   *
   * @param offset First byte in the view. Default 0.
   * @param length Length in bytes, at most 4 GiB. Default: to the end of the view.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the range is not inside the view, or longer than 4 GiB.
   */
  bytes(offset = 0, length?: number): Uint8Array<ArrayBuffer> {
    this.#checkOpen();
    checkInteger("offset", offset, 0, this.capacity);
    const room = this.capacity - offset;
    const size = length === undefined ? room : checkInteger("length", length, 0, room);
    this.#view.checkFaults();
    return this.#view.bytes(offset, size);
  }

  /**
   * Copies a struct out.
   *
   * @param schema What it is: the `struct(…)` of `@isthmus/ipc`, or whatever encodes and decodes in a `DataView`.
   * @param position Where it begins, in bytes from the start of the view; any alignment.
   * @returns A plain object.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when it is not inside the view.
   */
  read<Value, Input, Cursor>(schema: RecordSchema<Value, Input, Cursor>, position: number): Value {
    const bytes = this.#recordsAt(schema, position, 1, false);
    const value = schema.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
    this.#view.checkFaults();
    return value;
  }

  /**
   * Writes a struct; see `read`.
   *
   * @param schema What it is: see `read`.
   * @param position From the start of the view, in bytes; any alignment.
   * @param value What the schema describes.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when it does not fit behind `position`.
   * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` when the view may not be written.
   */
  write<Value, Input, Cursor>(
    schema: RecordSchema<Value, Input, Cursor>,
    position: number,
    value: Input,
  ): void {
    const bytes = this.#recordsAt(schema, position, 1, true);
    // Encoded aside: nothing is written when the value is refused.
    const copy = new Uint8Array(bytes.length);
    schema.encode(new DataView(copy.buffer), 0, value);
    this.#view.copyIn(position, copy);
  }

  /**
   * Shows structs in a row as an array of cursors, without a copy.
   *
   * **Safety.** Others may write the same bytes at any time. After the view is disposed the elements throw.
   *
   * @param schema What they are.
   * @param position Where the first one begins, in bytes from the start of the view.
   * @param count How many.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when they are not inside the view.
   *
   * @example
   * ```ts
   * import { MemoryMappedFile } from "@isthmus/core";
   * import { struct, u32 } from "@isthmus/ipc";
   *
   * const Point = struct({ x: u32, y: u32 });
   * using memory = MemoryMappedFile.createNew(null, 80);
   * using view = memory.createViewAccessor();
   * const points = view.array(Point, 0, 10);
   * points[3]!.x = 7;
   * console.log(view.read(Point, 24), points.length); // { x: 7, y: 0 } 10
   * ```
   */
  array<Value, Input, Cursor>(
    schema: RecordSchema<Value, Input, Cursor>,
    position: number,
    count: number,
  ): RecordArray<Value, Input, Cursor> {
    checkInteger("count", count, 0);
    const bytes = this.#recordsAt(schema, position, count, false);
    return new RecordArray(schema, bytes, this.canWrite);
  }

  /**
   * Writes changes of a range back to the file. Nothing to do for read-only and copy-on-write views.
   *
   * @param options The range (default: all) and whether to wait for the disk (default `"sync"`: yes).
   * @throws {SystemError} When the disk refuses; `ENOSPC` or `EIO`, with the position, when something that was written to
   * the view, or read, had no storage: a full or broken disk. What else was written has been flushed.
   * @throws {FileTruncatedError} When the file was truncated, and the view used behind its end.
   */
  flush(options?: FlushOptions): void {
    this.#checkOpen();
    this.#view.flush(options);
  }

  /**
   * Writes changes back to the file on another thread.
   *
   * @returns Resolves when the file is on disk.
   * @throws {SystemError} As for `flush`; so is `FileTruncatedError`.
   */
  async flushAsync(): Promise<void> {
    this.#checkOpen();
    await this.#view.flushAsync();
  }

  /**
   * Tells the operating system how the bytes will be used.
   *
   * @param advice `"populate"` brings pages into memory now, `"dontNeed"` lets them go.
   * @param options The range; default: all.
   * @returns Whether this system took the advice.
   */
  advise(advice: MemoryAdvice, options?: RangeOptions): boolean {
    this.#checkOpen();
    return this.#view.advise(advice, options);
  }

  /**
   * How many bytes of a range (default: all) are in memory now.
   *
   * @param options Which part, in bytes from the start of the view. Default: all.
   * @throws {SystemError} When the system refuses.
   */
  residentBytes(options?: RangeOptions): number {
    this.#checkOpen();
    const { offset, size } = this.#view.range(checkOptions("options", options, RANGE_OPTIONS));
    return this.#view.mapping.residentBytes(offset, size);
  }

  /**
   * Keeps a range (default: all) in memory until `unlock` or disposal, never paged out.
   *
   * @param options Which part, in bytes from the start of the view. Default: all.
   * @throws {SystemError} `ENOMEM`, `EAGAIN` or `EPERM` beyond the process's limit (`ulimit -l`).
   * @throws {FileTruncatedError} When the file was truncated, and a writable view reaches behind its end.
   */
  lock(options?: RangeOptions): void {
    this.#checkOpen();
    this.#view.lock(options);
  }

  /**
   * Undoes `lock`.
   *
   * @param options Which part, in bytes from the start of the view. Default: all.
   * @throws {SystemError} When the system refuses.
   */
  unlock(options?: RangeOptions): void {
    this.#checkOpen();
    const { offset, size } = this.#view.range(checkOptions("options", options, RANGE_OPTIONS));
    this.#view.mapping.unlock(offset, size);
  }

  /** Unmaps the view. Changes are in the file already; call `flush` before to have them on disk. */
  dispose(): void {
    this.close();
    this.#view.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The bytes of some records, where they are. */
  #recordsAt(
    schema: RecordSchema<unknown, never, unknown>,
    position: number,
    count: number,
    isWrite: boolean,
  ): Uint8Array<ArrayBuffer> {
    const size = schema?.size;
    if (!Number.isInteger(size) || size < 1 || typeof schema.cursor !== "function") {
      throw invalidType("schema", "a struct(…)", schema);
    }
    const room = this.checkPosition(position, isWrite, count === 0);
    if (size * count <= room) return this.bytes(position, size * count);
    const what = count === 1 ? "a struct" : `${count} structs`;
    throw tooLate(this, position, size * count, `${what} of ${size} bytes`);
  }

  #checkOpen(): void {
    this.#view.checkHere("ViewAccessor");
  }

  #lengthToNull(position: number, room: number): number {
    let piece = new Uint8Array(Math.min(SEARCH_BYTES_MIN, room));
    for (let done = 0; done < room; ) {
      const part = piece.subarray(0, room - done);
      this.#view.copyOut(position + done, part);
      const end = part.indexOf(0);
      if (end >= 0) return done + end;
      done += part.length;
      if (piece.length < SEARCH_BYTES_MAX) piece = new Uint8Array(piece.length * 4);
    }
    return room;
  }
}

function bytesOf(name: string, array: TypedArray): Uint8Array {
  if (!ArrayBuffer.isView(array) || array instanceof DataView) {
    throw invalidType(name, "a typed array", array);
  }
  if (array.length === 0) checkAttached(name, array);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
