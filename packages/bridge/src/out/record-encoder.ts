/**
 * Records as they stand in messages, of values.
 *
 * @module
 */
import { codecOf, type RecordCodec, RecordMemory, type SchemaShape } from "@isthmus/ipc/internal";
import { RECORD_HEADER_BYTES } from "../stream/frame.ts";

/** Puts records one behind the other. */
export class RecordEncoder {
  readonly #codec: RecordCodec;
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(shape: SchemaShape) {
    this.#codec = codecOf(shape);
  }

  /** How many bytes there are by now. */
  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#parts.length;
  }

  /**
   * Adds a record.
   *
   * @param end Position behind it, counted from the first one's.
   */
  add(value: unknown, end: number): void {
    const { sizeBytes } = this.#codec;
    const length = this.#codec.measure(value);
    const head = sizeBytes === undefined ? RECORD_HEADER_BYTES : 0;
    const bytes = Buffer.alloc(head + length);
    if (head > 0) {
      bytes.writeUInt32LE(length, 0);
      bytes.writeUInt32LE(end, 4);
    }
    this.#codec.encode(new RecordMemory(bytes as Buffer<ArrayBuffer>), head, value);
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }

  /** All of them; begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    const payload = Buffer.concat(this.#parts, this.#bytes) as Buffer<ArrayBuffer>;
    this.#parts.length = 0;
    this.#bytes = 0;
    return payload;
  }
}
