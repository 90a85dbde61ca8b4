/**
 * Reads and checks the records of any producer.
 *
 * @module
 */
import {
  checksumOf,
  HEADER,
  HEADER_BYTES,
  KIND,
  KIND_SHIFT,
  SEQUENCE_HIGH_MASK,
} from "./record-format.ts";

const TWO_POW_32 = 2 ** 32;
const INITIAL_BYTES = 4096;

/** The header of the record that was read last. Its fields are overwritten, so that no record costs an object. */
export class RecordReader {
  producer = 0;
  pid = 0;
  sequence = 0;
  kind: number = KIND.data;
  #bytes = new Uint8Array(INITIAL_BYTES);
  #words = new Int32Array(this.#bytes.buffer);

  /**
   * Reads a record. It is copied first: what lies in shared memory could change while it is checked.
   *
   * @param record Any bytes.
   * @returns Whether they are a whole and unchanged record.
   */
  read(record: Uint8Array): boolean {
    const { length } = record;
    if (length < HEADER_BYTES) return false;
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(record);
    if (length % 4 !== 0) this.#bytes.fill(0, length, length + 4 - (length % 4));
    const words = this.#words;
    if (words[HEADER.length] !== length) return false;
    if (words[HEADER.checksum] !== checksumOf(words, length)) return false;
    const high = words[HEADER.high] as number;
    this.producer = words[HEADER.producer] as number;
    this.pid = words[HEADER.pid] as number;
    this.kind = high >>> KIND_SHIFT;
    this.sequence =
      (high & SEQUENCE_HIGH_MASK) * TWO_POW_32 + ((words[HEADER.sequence] as number) >>> 0);
    return this.kind <= KIND.interrupted;
  }

  #grow(lengthBytes: number): void {
    this.#bytes = new Uint8Array(2 ** Math.ceil(Math.log2(lengthBytes)));
    this.#words = new Int32Array(this.#bytes.buffer);
  }
}
