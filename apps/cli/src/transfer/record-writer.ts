/**
 * Makes the records of one producer.
 *
 * @module
 */
import {
  checksumOf,
  type EndKind,
  HEADER,
  HEADER_BYTES,
  KIND,
  KIND_SHIFT,
  SEQUENCE_HIGH_MASK,
} from "./record-format.ts";

const TWO_POW_32 = 2 ** 32;

/** Odd numbers that spread bits (Knuth's multiplier, and one of PCG's). */
const SEED_FACTOR = 0x9e37_79b1;
const STEP = 0x5851_f42d;

/** Writes record after record into one place of its own; the channel copies them out of it. */
export class RecordWriter {
  readonly #producer: number;
  readonly #pid: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #words: Int32Array;
  /** The mask that keeps what lies behind the last byte of the last word zero. */
  readonly #lastMask: number;

  /**
   * @param sizeBytes The length of a data record; at least that of the header.
   * @param producer Tells this producer from all others.
   * @param pid Its process.
   */
  constructor(sizeBytes: number, producer: number, pid: number) {
    this.#producer = producer;
    this.#pid = pid;
    const buffer = new ArrayBuffer(Math.ceil(sizeBytes / 4) * 4);
    this.#bytes = new Uint8Array(buffer, 0, sizeBytes);
    this.#words = new Int32Array(buffer);
    this.#lastMask = -1 >>> (8 * (buffer.byteLength - sizeBytes));
  }

  /**
   * A data record.
   *
   * @param sequence Its number.
   * @returns Bytes that are overwritten by the next call.
   */
  data(sequence: number): Uint8Array<ArrayBuffer> {
    const words = this.#words;
    let value = Math.imul(sequence ^ this.#producer, SEED_FACTOR);
    for (let word = HEADER_BYTES / 4; word < words.length; word++) {
      value = (value + STEP) | 0;
      words[word] = value;
    }
    if (words.length > HEADER_BYTES / 4) {
      words[words.length - 1] = (words[words.length - 1] as number) & this.#lastMask;
    }
    this.#seal(KIND.data, sequence, this.#bytes.length);
    return this.#bytes;
  }

  /**
   * The record that ends this producer's records.
   *
   * @param kind Why they end.
   * @param sequence How many data records there were.
   * @returns Bytes that are overwritten by the next call.
   */
  end(kind: EndKind, sequence: number): Uint8Array<ArrayBuffer> {
    this.#seal(kind, sequence, HEADER_BYTES);
    return this.#bytes.subarray(0, HEADER_BYTES);
  }

  #seal(kind: number, sequence: number, lengthBytes: number): void {
    const words = this.#words;
    words[HEADER.producer] = this.#producer;
    words[HEADER.pid] = this.#pid;
    words[HEADER.length] = lengthBytes;
    words[HEADER.sequence] = sequence;
    words[HEADER.high] =
      (Math.floor(sequence / TWO_POW_32) & SEQUENCE_HIGH_MASK) | (kind << KIND_SHIFT);
    words[HEADER.checksum] = checksumOf(words, lengthBytes);
  }
}
