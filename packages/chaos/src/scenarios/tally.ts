/**
 * Accounts of records that are too many to be written down one by one, in a file that producers and consumers map and
 * that outlives all of them.
 *
 * ```text
 *   0 ┌ streams       i32    how many accounts have been opened
 *   4 │ reserved
 *   8 │ delivered     f64    records, those that came again included
 *  16 │ redelivered   f64    records that came again because a consumer had died
 *  24 │ reserved      40 bytes
 *  64 └ accounts      4 f64 for each stream: intended, acknowledged, next, floor
 * ```
 *
 * @module
 */
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";

/** Producers join no more often than that in a run. */
const STREAMS_MAX = 1 << 16;

const COUNT_WORD = 0;
const DELIVERED = 1;
const REDELIVERED = 2;
const ACCOUNTS = 8;
const ACCOUNT_FIELDS = 4;
const AT = { intended: 0, acknowledged: 1, next: 2, floor: 3 } as const;
const LENGTH_BYTES = (ACCOUNTS + STREAMS_MAX * ACCOUNT_FIELDS) * 8;

/** What is known of one stream's records, which are numbered from 0. */
export interface Account {
  /** Records from this number on have certainly not been sent. */
  readonly intended: number;
  /** Records below this number have certainly been published. */
  readonly acknowledged: number;
  /** The number after the last that was delivered. */
  readonly next: number;
  /** Records below this number have been released. */
  readonly floor: number;
}

/** The accounts of one channel. Each number has one writer at a time. */
export class Tally implements Disposable {
  readonly #file: MemoryMappedFile;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;

  /**
   * @param directory Where the evidence of the run is.
   * @param name The channel's.
   */
  constructor(directory: string, name: string) {
    this.#file = MemoryMappedFile.createFromFile(join(directory, `tally-${name}`), {
      mode: "openOrCreate",
      capacity: LENGTH_BYTES,
    });
    const { buffer, byteOffset } = this.#file.createViewAccessor().bytes();
    this.#words = new Int32Array(buffer, byteOffset, LENGTH_BYTES / 4);
    this.#numbers = new Float64Array(buffer, byteOffset, LENGTH_BYTES / 8);
  }

  /** How many streams there have been. */
  get streamCount(): number {
    return Math.min(STREAMS_MAX, Atomics.load(this.#words, COUNT_WORD));
  }

  /** How many records were delivered, those that came again included. */
  get delivered(): number {
    return this.#numbers[DELIVERED] as number;
  }

  /** How many records came again because a consumer had died. */
  get redelivered(): number {
    return this.#numbers[REDELIVERED] as number;
  }

  /** Opens an account; returns the stream's number. */
  open(): number {
    const stream = Atomics.add(this.#words, COUNT_WORD, 1);
    if (stream >= STREAMS_MAX) throw new RangeError(`More than ${STREAMS_MAX} streams`);
    return stream;
  }

  /** What is known of a stream. */
  account(stream: number): Account {
    const { intended, acknowledged, next, floor } = AT;
    return {
      intended: this.#read(stream, intended),
      acknowledged: this.#read(stream, acknowledged),
      next: this.#read(stream, next),
      floor: this.#read(stream, floor),
    };
  }

  /** The producer is about to send records below this number. */
  intend(stream: number, end: number): void {
    this.#write(stream, AT.intended, end);
  }

  /** The producer has published its records below this number. */
  acknowledge(stream: number, end: number): void {
    this.#write(stream, AT.acknowledged, end);
  }

  /** The consumer was handed the records below this number. */
  reach(stream: number, next: number): void {
    if (next > this.#read(stream, AT.next)) this.#write(stream, AT.next, next);
  }

  /** The consumer has released all that it was handed of this stream. */
  release(stream: number): void {
    this.#write(stream, AT.floor, this.#read(stream, AT.next));
  }

  /** Counts what the consumer was handed. */
  count(delivered: number, redelivered: number): void {
    const numbers = this.#numbers;
    numbers[DELIVERED] = this.delivered + delivered;
    numbers[REDELIVERED] = this.redelivered + redelivered;
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  #read(stream: number, field: number): number {
    return this.#numbers[ACCOUNTS + stream * ACCOUNT_FIELDS + field] as number;
  }

  #write(stream: number, field: number, value: number): void {
    this.#numbers[ACCOUNTS + stream * ACCOUNT_FIELDS + field] = value;
  }
}
