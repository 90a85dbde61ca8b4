/**
 * Records into and out of shared memory, whatever their schema: a struct, raw bytes, or JSON.
 *
 * @module
 */
import { CorruptSegmentError, DisposedError, NotSupportedError } from "@isthmus/core";
import { checkBytes, outOfRange, PrivateText } from "@isthmus/core/internal";
import type { CursorAccess } from "../struct/codegen/cursor-class.ts";
import type { Anchor } from "../struct/cursor.ts";
import type { Fields, StructSchema } from "../struct/struct-schema.ts";
import { anchorOf } from "./anchor.ts";
import { textOfRecord } from "./json.ts";
import type { SchemaShape } from "./record-schema.ts";

/** A stretch of memory in the forms in which records are written and read. */
export class RecordMemory {
  readonly view: DataView<ArrayBuffer>;
  readonly bytes: Buffer<ArrayBuffer>;

  constructor({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>) {
    this.view = new DataView(buffer, byteOffset, byteLength);
    this.bytes = Buffer.from(buffer, byteOffset, byteLength);
  }
}

/**
 * Checks that the memory of records is still this handle's.
 *
 * @throws {DisposedError} When a record that was handed out in place was transferred to somebody else: all went with it.
 */
export function checkRecordsHere({ length }: Uint8Array): void {
  if (length === 0) throw new DisposedError("handle", RECORDS_GONE);
}

/**
 * The error for a record that no ring of this length takes.
 *
 * @param what What it is, for the message: "record", "request".
 * @param lengthBytes Its length.
 * @param lane The longest one in bytes, the length of the ring, and the name.
 */
export function tooLong(
  what: string,
  lengthBytes: number,
  {
    longestBytes,
    ringBytes,
    name,
  }: Readonly<Record<"longestBytes" | "ringBytes", number>> & { readonly name: string },
): RangeError {
  const why = `half of its ring of ${ringBytes} bytes, less ${ringBytes / 2 - longestBytes}`;
  const limit = `<= ${longestBytes} bytes in "${name}" (${why}; whoever creates it chooses capacityBytes)`;
  return outOfRange(what, limit, `${lengthBytes} bytes`);
}

const RECORDS_GONE =
  "the buffer of a record in place has been transferred away; transfer a copy (`slice()`) instead";

/** Records of one stretch of memory as they are handed out in place. */
export interface PlaceReader {
  /**
   * What the user gets for a record: a cursor, which is moved to it, a view of bytes, or a value of JSON.
   *
   * @throws {CorruptSegmentError} When the bytes cannot be a record.
   */
  at(offset: number, length: number): unknown;
}

/** How the records of one schema are encoded. Offsets and lengths are in bytes. */
export interface RecordCodec {
  /** What the records are, for messages: "record", "job". */
  readonly what: string;
  /** The size of every record; undefined when sizes differ. */
  readonly sizeBytes: number | undefined;
  /**
   * The length of a record. What is measured must be encoded next: JSON has its text by then.
   *
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE` when the schema does not allow it.
   */
  measure(record: unknown): number;
  /**
   * Writes the record that was measured last.
   *
   * @throws {TypeError | RangeError} When a struct does not allow it; part of it may have been written.
   */
  encode(memory: RecordMemory, offset: number, record: unknown): void;
  /**
   * Copies a record out.
   *
   * @throws {CorruptSegmentError} When the bytes cannot be a record.
   */
  decode(memory: RecordMemory, offset: number, length: number): unknown;
  /** Hands records of a memory out in place. */
  places(memory: RecordMemory, access: CursorAccess): PlaceReader;
}

/**
 * The codec of a schema.
 *
 * @param what What its records are, for messages: "record", "job".
 */
export function codecOf({ struct, mode }: SchemaShape, what = "record"): RecordCodec {
  if (struct !== undefined) return new StructCodec(struct, what);
  return mode === "bytes" ? new BytesCodec(what) : new JsonCodec(what);
}

class StructCodec implements RecordCodec {
  readonly sizeBytes: number;
  readonly #schema: StructSchema<Fields>;
  readonly what: string;

  constructor(schema: StructSchema<Fields>, what: string) {
    this.#schema = schema;
    this.what = what;
    this.sizeBytes = schema.size;
  }

  measure(): number {
    return this.sizeBytes;
  }

  encode(memory: RecordMemory, offset: number, record: unknown): void {
    this.#schema.encode(memory.view, offset, record as Record<string, never>);
  }

  decode(memory: RecordMemory, offset: number, length: number): unknown {
    checkSize(this.what, length, this.sizeBytes);
    return this.#schema.decode(memory.view, offset);
  }

  places(memory: RecordMemory, access: CursorAccess): PlaceReader {
    return new CursorPlaces(this.#schema, this.what, memory, access);
  }
}

/** One cursor, moved from record to record. */
class CursorPlaces implements PlaceReader {
  readonly #cursor: object;
  readonly #anchor: Anchor;
  readonly #sizeBytes: number;
  readonly #what: string;

  constructor(
    schema: StructSchema<Fields>,
    what: string,
    memory: RecordMemory,
    access: CursorAccess,
  ) {
    this.#cursor = schema.cursor(memory.view, 0, { access });
    this.#anchor = anchorOf(this.#cursor);
    this.#sizeBytes = schema.size;
    this.#what = what;
  }

  at(offset: number, length: number): object {
    checkSize(this.#what, length, this.#sizeBytes);
    this.#anchor.moveTo(offset);
    return this.#cursor;
  }
}

class BytesCodec implements RecordCodec {
  readonly sizeBytes = undefined;
  readonly what: string;

  constructor(what: string) {
    this.what = what;
  }

  measure(record: unknown): number {
    return checkBytes(this.what, record).length;
  }

  encode(memory: RecordMemory, offset: number, record: unknown): void {
    memory.bytes.set(record as Uint8Array, offset);
  }

  decode(memory: RecordMemory, offset: number, length: number): Uint8Array<ArrayBuffer> {
    return viewOf(memory, offset, length).slice();
  }

  places(memory: RecordMemory): PlaceReader {
    return { at: (offset, length) => viewOf(memory, offset, length) };
  }
}

class JsonCodec implements RecordCodec {
  readonly sizeBytes = undefined;
  readonly what: string;
  readonly #copy = new PrivateText();
  /** Of the record that was measured last. */
  #text = "";
  #lengthBytes = 0;

  constructor(what: string) {
    this.what = what;
  }

  measure(record: unknown): number {
    const text = textOfRecord(record, this.what);
    this.#text = text;
    this.#lengthBytes = Buffer.byteLength(text);
    return this.#lengthBytes;
  }

  encode(memory: RecordMemory, offset: number): void {
    memory.bytes.write(this.#text, offset, this.#lengthBytes, "utf8");
    this.#text = "";
  }

  decode(memory: RecordMemory, offset: number, length: number): unknown {
    try {
      return JSON.parse(this.#copy.read(memory.bytes, offset, offset + length));
    } catch (error) {
      const problem = `A ${this.what} of ${length} bytes is not JSON`;
      throw new CorruptSegmentError(problem, { cause: error });
    }
  }

  places(memory: RecordMemory, access: CursorAccess): PlaceReader {
    if (access !== "read") throw new NotSupportedError("Cannot write JSON in place");
    return { at: (offset, length) => this.decode(memory, offset, length) };
  }
}

function viewOf(memory: RecordMemory, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset } = memory.bytes;
  return new Uint8Array(buffer, byteOffset + offset, length);
}

function checkSize(what: string, lengthBytes: number, sizeBytes: number): void {
  if (lengthBytes === sizeBytes) return;
  throw new CorruptSegmentError(
    `A ${what} has ${lengthBytes} bytes where its struct has ${sizeBytes}`,
  );
}
