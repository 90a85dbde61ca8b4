/**
 * Values in and out of shared memory.
 *
 * @module
 */
import type { Bodies } from "./log-reading.ts";

/** Up to here a loop over words costs less than a call of the runtime. */
const LOOP_WORDS_MAX = 64;

/** The values of a segment. Lengths that memory says are clamped by whoever calls. */
export class SharedBodies implements Bodies {
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  /** @param bytes The whole segment. */
  constructor({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>) {
    this.#bytes = new Uint8Array(buffer, byteOffset, byteLength);
    this.#words = new Int32Array(buffer, byteOffset, byteLength >>> 2);
    this.#numbers = new Float64Array(buffer, byteOffset, byteLength >>> 3);
  }

  number(word: number): number {
    return this.#numbers[word >>> 1] as number;
  }

  setNumber(word: number, value: number): void {
    this.#numbers[word >>> 1] = value;
  }

  copyIn(word: number, source: Int32Array, lengthBytes: number): void {
    copy(source, 0, this.#words, word, (lengthBytes + 3) >>> 2);
  }

  copyOut(word: number, target: Int32Array, lengthBytes: number): void {
    copy(this.#words, word, target, 0, (lengthBytes + 3) >>> 2);
  }

  /** A copy in memory of its own: half of what it costs to copy and then to make an array of the copy. */
  slice(word: number, lengthBytes: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(word * 4, word * 4 + lengthBytes);
  }

  move(from: number, to: number, wordCount: number): void {
    copy(this.#words, from, this.#words, to, wordCount);
  }
}

function copy(
  source: Int32Array,
  from: number,
  target: Int32Array,
  to: number,
  count: number,
): void {
  if (count > LOOP_WORDS_MAX) {
    target.set(source.subarray(from, from + count), to);
    return;
  }
  for (let i = 0; i < count; i++) target[to + i] = source[from + i] as number;
}
