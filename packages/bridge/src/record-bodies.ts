/**
 * Records as the bodies of messages.
 *
 * @module
 */
import { codecOf, type RecordCodec, RecordMemory, type SchemaShape } from "@isthmus/ipc/internal";

/** Records of one schema: their bytes are those that they have in shared memory. */
export class RecordBodies {
  readonly #codec: RecordCodec;

  constructor(shape: SchemaShape) {
    this.#codec = codecOf(shape);
  }

  /**
   * A record as bytes of its own.
   *
   * @throws {TypeError | RangeError} When the schema does not allow it.
   */
  encode(record: unknown): Uint8Array<ArrayBuffer> {
    // What pads a struct is zero, so that equal records have equal bytes.
    const bytes = new Uint8Array(this.#codec.measure(record));
    this.#codec.encode(new RecordMemory(bytes), 0, record);
    return bytes;
  }

  /**
   * The record of a message.
   *
   * @throws {CorruptSegmentError} When the bytes cannot be one.
   */
  decode(bytes: Uint8Array): unknown {
    // What comes from the server lies somewhere in what was read from its socket.
    const own = new Uint8Array(bytes);
    return this.#codec.decode(new RecordMemory(own), 0, own.length);
  }
}
