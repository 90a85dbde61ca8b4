/**
 * Sequential access to the bytes of a view, as a stream with a position and as Web Streams.
 *
 * @module
 */
import { NotSupportedError } from "./errors.ts";
import { showAs } from "./inspect.ts";
import { isTurnDue, takeTurn } from "./turns.ts";
import { checkBytes, checkInteger, checkOneOf, outOfRange } from "./validate.ts";
import { type FlushOptions, View, type ViewOptions, type ViewSource } from "./view.ts";

/** What the offset of `seek` counts from. */
export type SeekOrigin = "begin" | "current" | "end";

const SEEK_ORIGINS: readonly SeekOrigin[] = ["begin", "current", "end"];

/** How many bytes one chunk of `readable()` carries. */
const READABLE_CHUNK_BYTES = 1 << 16;

/**
 * A part of a map with a position that reading and writing move on. Its length is fixed.
 * Made by `MemoryMappedFile.createViewStream`.
 *
 * @example
 * ```ts
 * import { MemoryMappedFile } from "@isthmus/core";
 *
 * using memory = MemoryMappedFile.createNew(null, 16);
 * using stream = memory.createViewStream();
 * stream.write(new Uint8Array([1, 2, 3]));
 * stream.seek(1);
 * console.log(stream.readByte(), stream.position); // 2 2
 * ```
 */
export class ViewStream implements Disposable {
  readonly #view: View;
  #position = 0;

  static {
    showAs(ViewStream.prototype, (stream) => {
      const { canRead, canWrite } = stream;
      const [length, position] = [stream.#view.capacity, stream.#position];
      return ["ViewStream", { length, position, canRead, canWrite }];
    });
  }

  /** For the library's own use; users call `MemoryMappedFile.createViewStream`. */
  constructor(source: ViewSource, options?: ViewOptions) {
    this.#view = new View(source, options);
  }

  /** Length in bytes: the size of the view. */
  get length(): number {
    this.#checkOpen();
    return this.#view.capacity;
  }

  /** Bytes from the start at which the next read or write happens; may be set beyond the end. */
  get position(): number {
    this.#checkOpen();
    return this.#position;
  }

  set position(value: number) {
    this.#checkOpen();
    this.#position = checkInteger("position", value);
  }

  /** Whether the stream may be read: until it is disposed, or its buffer transferred away. */
  get canRead(): boolean {
    return !this.#view.isGone;
  }

  /** Whether the stream may be written. False after disposal. */
  get canWrite(): boolean {
    return this.#view.canWrite && !this.#view.isGone;
  }

  /** Bytes between the first mapped page and the view. */
  get pointerOffset(): number {
    return this.#view.mapping.pointerOffset;
  }

  /**
   * Moves the position.
   *
   * @param offset Bytes, negative to go back from `"current"` or `"end"`.
   * @param origin What it counts from. Default `"begin"`.
   * @returns The new position.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for a place before the start.
   */
  seek(offset: number, origin: SeekOrigin = "begin"): number {
    this.#checkOpen();
    checkInteger("offset", offset, Number.MIN_SAFE_INTEGER);
    checkOneOf("origin", origin, SEEK_ORIGINS);
    const base = { begin: 0, current: this.#position, end: this.#view.capacity }[origin];
    if (base + offset < 0) throw outOfRange("offset", `>= ${-base} from "${origin}"`, offset);
    this.#position = checkInteger("position", base + offset);
    return this.#position;
  }

  /**
   * Copies bytes from the position on.
   *
   * @param into Filled from its start.
   * @returns How many bytes were read: fewer than asked for near the end, 0 at the end.
   */
  read(into: Uint8Array): number {
    this.#checkOpen();
    checkBytes("into", into);
    const room = Math.max(0, this.#view.capacity - this.#position);
    const count = Math.min(room, into.length);
    this.#view.copyOut(this.#position, count === into.length ? into : into.subarray(0, count));
    this.#position += count;
    return count;
  }

  /**
   * Writes all bytes at the position, or none.
   *
   * @param from The bytes.
   * @returns How many were written: all.
   * @throws {NotSupportedError} When the view is read-only or the bytes would go past its end: a view
   * cannot grow.
   */
  write(from: Uint8Array): number {
    this.#checkOpen();
    this.#checkWritable();
    checkBytes("from", from);
    const end = this.#position + from.length;
    if (end > this.#view.capacity) {
      throw new NotSupportedError(
        `Cannot write ${from.length} bytes at position ${this.#position}: the stream has a fixed length of ${this.#view.capacity} bytes`,
      );
    }
    this.#view.copyIn(this.#position, from);
    this.#position = end;
    return from.length;
  }

  /** Reads one byte, or returns -1 at the end. */
  readByte(): number {
    const byte = new Uint8Array(1);
    return this.read(byte) === 0 ? -1 : (byte[0] as number);
  }

  /**
   * Writes one byte, 0 to 255.
   *
   * @param value The byte, 0 to 255.
   * @throws {NotSupportedError} When the view is read-only or the position is at its end.
   */
  writeByte(value: number): void {
    this.#checkOpen();
    this.#checkWritable();
    checkInteger("value", value, 0, 0xff);
    this.write(new Uint8Array([value]));
  }

  /**
   * A Web Stream of copies of the bytes from the position to the end. It moves this stream's position and
   * ends with an error when this stream is disposed before.
   */
  readable(): ReadableStream<Uint8Array> {
    this.#checkOpen();
    return new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const chunk = new Uint8Array(READABLE_CHUNK_BYTES);
        const count = this.read(chunk);
        if (count === 0) controller.close();
        else controller.enqueue(chunk.subarray(0, count));
        return isTurnDue() ? takeTurn() : undefined;
      },
    });
  }

  /**
   * A Web Stream that writes at the position and moves it on. A chunk that goes past the end is refused as
   * a whole, with a `NotSupportedError`.
   */
  writable(): WritableStream<Uint8Array> {
    this.#checkOpen();
    this.#checkWritable();
    return new WritableStream<Uint8Array>({
      write: (chunk) => {
        this.write(chunk);
        return isTurnDue() ? takeTurn() : undefined;
      },
    });
  }

  /**
   * Writes changes of a range back to the file; see `ViewAccessor.flush`.
   *
   * @param options Which part, in bytes, and whether to wait for the disk. Default: all, and yes.
   */
  flush(options?: FlushOptions): void {
    this.#checkOpen();
    this.#view.flush(options);
  }

  /** Writes changes back to the file on another thread. */
  async flushAsync(): Promise<void> {
    this.#checkOpen();
    await this.#view.flushAsync();
  }

  /** Unmaps the view. Changes are in the file already. */
  dispose(): void {
    this.#view.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #checkOpen(): void {
    this.#view.checkHere("ViewStream");
  }

  #checkWritable(): void {
    if (!this.#view.canWrite) {
      throw new NotSupportedError("Cannot write to this stream: its view is read-only");
    }
  }
}
