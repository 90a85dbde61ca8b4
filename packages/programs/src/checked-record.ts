/**
 * Records of bytes that prove what became of them: whose they are, which, and a checksum. `isthmus producer` sends them,
 * `isthmus consumer` checks them, and so do chaos and stress.
 *
 * ```text
 *   0 ┌ checksum   u32   of all other bytes
 *   4 │ producer   u32   random, one for each run of the command
 *   8 │ pid        u32   its process, to tell a producer that died from one that is silent
 *  12 │ length     u32   bytes of the whole record
 *  16 │ sequence   u32   number of the record, from 0: its low 32 bits
 *  20 │ high       u32   bits 0 to 20: the rest of the number; bits 24 to 31: kind
 *  24 └ payload    data: numbers that follow from producer and sequence; nothing in other kinds
 * ```
 *
 * Kind 0 is data. Kinds 1 and 2 end a producer's records, because it had sent all, or because it was interrupted;
 * their number is that of the data records before them. All in the byte order of the host.
 *
 * @module
 */

/** Bytes before the payload: the shortest record. */
export const HEADER_BYTES = 24;

/** Positions of the header's fields, in words of 4 bytes. */
const HEADER = {
  checksum: 0,
  producer: 1,
  pid: 2,
  length: 3,
  sequence: 4,
  high: 5,
} as const;

/** What a record is. */
export const KIND = { data: 0, finished: 1, interrupted: 2 } as const;

/** How a producer's records end. */
export type EndKind = typeof KIND.finished | typeof KIND.interrupted;

/** Where the kind lies in the word `high`. */
const KIND_SHIFT = 24;
/** The part of the word `high` that belongs to the number. */
const SEQUENCE_HIGH_MASK = 0x1f_ffff;

/** The multiplier of FNV-1a; any odd number that spreads bits will do. */
const FNV_PRIME = 16_777_619;
const TWO_POW_32 = 2 ** 32;
/** The first buffer of a reader; it grows with the records. */
const INITIAL_BYTES = 4096;
/** Odd numbers that spread bits (Knuth's multiplier, and one of PCG's). */
const SEED_FACTOR = 0x9e37_79b1;
const STEP = 0x5851_f42d;

if (HEADER_BYTES !== Object.keys(HEADER).length * 4) throw new Error("record: its header has gaps");

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

/**
 * The checksum of a record. Whatever single word of it is changed, the checksum is another.
 *
 * @param words The record, zeros behind its end up to a whole word.
 * @param lengthBytes How long it really is.
 */
function checksumOf(words: Int32Array, lengthBytes: number): number {
  const wordCount = (lengthBytes + 3) >>> 2;
  let hash = lengthBytes;
  for (let word = HEADER.checksum + 1; word < wordCount; word++) {
    hash = Math.imul(hash ^ (words[word] as number), FNV_PRIME);
  }
  return hash;
}
