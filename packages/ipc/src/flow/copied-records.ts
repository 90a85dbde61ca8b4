/**
 * Private memory into which a subscriber that is not waited for copies records before it looks at them.
 *
 * @module
 */

import type { PrivateCopy } from "../ring/broadcast-lapped.ts";
import { RecordMemory } from "./record-codec.ts";

/** As much as is copied at a time, in bytes, unless a record is longer: what a CPU's first cache has room for. */
const CHUNK_BYTES = 16_384;

/** Slots or units of one ring, copied. */
export class CopiedRecords implements PrivateCopy {
  readonly #ring: Buffer<ArrayBuffer>;
  readonly #unitBytes: number;
  #bytes: Buffer<ArrayBuffer>;
  #words: Int32Array;
  #memory: RecordMemory;
  #length: number;

  /**
   * @param ring The ring.
   * @param unitBytes Bytes of a slot or unit, a multiple of 8.
   */
  constructor({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>, unitBytes: number) {
    this.#ring = Buffer.from(buffer, byteOffset, byteLength);
    this.#unitBytes = unitBytes;
    const units = Math.max(1, Math.floor(Math.min(CHUNK_BYTES, byteLength) / unitBytes));
    const bytes = new ArrayBuffer(units * unitBytes);
    this.#length = units;
    this.#bytes = Buffer.from(bytes);
    this.#words = new Int32Array(bytes);
    this.#memory = new RecordMemory(new Uint8Array(bytes));
  }

  get words(): Int32Array {
    return this.#words;
  }

  get length(): number {
    return this.#length;
  }

  /** What was copied; another object when it has grown. */
  get memory(): RecordMemory {
    return this.#memory;
  }

  copy(from: number, count: number): void {
    const unitBytes = this.#unitBytes;
    this.#ring.copy(this.#bytes, 0, from * unitBytes, (from + count) * unitBytes);
  }

  grow(length: number): void {
    const bytes = new ArrayBuffer(length * this.#unitBytes);
    this.#length = length;
    this.#bytes = Buffer.from(bytes);
    this.#words = new Int32Array(bytes);
    this.#memory = new RecordMemory(new Uint8Array(bytes));
  }
}
