/**
 * Keys as shards know them.
 *
 * @module
 */
import { checkString, invalidValue, outOfRange } from "@isthmus/core/internal";
import type { Key } from "./log-reading.ts";
import { META, SPACE } from "./shard-layout.ts";

/** The longest key in bytes of UTF-8. */
const KEY_BYTES_MAX = 4096;

/** A key that changes: one for all calls of a handle, so that none makes a new one. */
export class KeyText implements Key {
  hash = 0;
  meta = 0;
  wordCount = 0;
  readonly words: Int32Array = new Int32Array(KEY_BYTES_MAX / 4 + 2);
  readonly #bytes = new Uint8Array(this.words.buffer);
  readonly #seed: number;
  readonly #factor: number;

  /**
   * @param seed Random, one for each segment: nobody outside knows which keys meet in a bucket.
   * @param factor The same; made odd.
   */
  constructor(seed: number, factor: number) {
    this.#seed = seed;
    this.#factor = factor | 1;
  }

  /**
   * Takes a key on.
   *
   * @throws {TypeError} `ERR_INVALID_ARG_TYPE` for what is no string, `ERR_INVALID_ARG_VALUE` for a lone surrogate.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for more than 4096 bytes of UTF-8.
   */
  set(key: string): void {
    if (typeof key !== "string") checkString("key", key);
    const { length } = key;
    if (length > KEY_BYTES_MAX) throw tooLong(length);
    const { words } = this;
    const factor = this.#factor;
    let hash = this.#seed ^ length;
    let all = 0;
    let count = 0;
    let at = 0;
    for (; at + 4 <= length; at += 4) {
      const first = key.charCodeAt(at) | (key.charCodeAt(at + 1) << 8);
      const second = (key.charCodeAt(at + 2) << 16) | (key.charCodeAt(at + 3) << 24);
      all |= key.charCodeAt(at) | key.charCodeAt(at + 1);
      all |= key.charCodeAt(at + 2) | key.charCodeAt(at + 3);
      const word = first | second;
      words[count++] = word;
      hash = Math.imul(hash ^ word, factor);
      hash ^= hash >>> 15;
    }
    if (at < length) {
      let word = 0;
      for (let shift = 0; at < length; at++, shift += 8) {
        const code = key.charCodeAt(at);
        all |= code;
        word |= code << shift;
      }
      words[count++] = word;
      hash = Math.imul(hash ^ word, factor);
      hash ^= hash >>> 15;
    }
    if (all > 0x7f) {
      this.#setUnicode(key);
      return;
    }
    if ((count & 1) === 1) words[count++] = 0;
    this.wordCount = count;
    this.meta = length;
    this.hash = finish(hash, factor);
  }

  /** The same for a key of bytes, as an entry has it. */
  setBytes(source: Uint8Array): void {
    const { length } = source;
    this.#bytes.set(source);
    this.#finishBytes(length);
  }

  /** The same key among the errors of computations. */
  get ofErrors(): Key {
    const { hash, words, wordCount } = this;
    return { hash, words, wordCount, meta: this.meta | (SPACE.errors << META.spaceShift) };
  }

  #setUnicode(key: string): void {
    if (!key.isWellFormed()) throw invalidValue("key", "a string without lone surrogates", key);
    const { read, written } = new TextEncoder().encodeInto(
      key,
      this.#bytes.subarray(0, KEY_BYTES_MAX),
    );
    if (read !== key.length) throw tooLong(Buffer.byteLength(key));
    this.#finishBytes(written);
  }

  #finishBytes(length: number): void {
    const { words } = this;
    const factor = this.#factor;
    const wordCount = ((length + 7) >>> 3) * 2;
    this.#bytes.fill(0, length, wordCount * 4);
    let hash = this.#seed ^ length;
    for (let i = 0; i < (length + 3) >>> 2; i++) {
      hash = Math.imul(hash ^ (words[i] as number), factor);
      hash ^= hash >>> 15;
    }
    this.wordCount = wordCount;
    this.meta = length;
    this.hash = finish(hash, factor);
  }
}

/** Spreads what differs in few bits over all of them. */
function finish(hash: number, factor: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), factor);
  return mixed ^ (mixed >>> 15);
}

function tooLong(bytes: number): RangeError {
  return outOfRange("key", `<= ${KEY_BYTES_MAX} bytes of UTF-8`, bytes);
}
