/**
 * Finds a sequence of bytes in a sequence of chunks.
 *
 * @module
 */

import { type FindNeedles, needleFinder, needlePlan } from "@isthmus/core/internal";

/**
 * Counts the matches of a needle that do not overlap, from left to right, as `grep -o -F | wc -l`
 * counts them: `aa` is twice in `aaaa`. A match may lie across any number of chunks.
 */
export class MatchCounter {
  /** How many matches so far. */
  matches = 0;
  /** The offset of the first match from the beginning of the first chunk. */
  firstOffset: number | undefined;
  readonly #length: number;
  readonly #find: FindNeedles;
  /** The last bytes that belong to no match and could begin one; fewer than the needle has. */
  #carry: Buffer = Buffer.alloc(0);
  /** The offset of the next chunk's first byte. */
  #offset = 0;

  /**
   * @param needle What to look for; at least one byte.
   * @param ignoreCase Whether "a" to "z" are also "A" to "Z".
   * @throws {RangeError} when the needle is empty.
   */
  constructor(needle: Uint8Array, ignoreCase = false) {
    if (needle.length === 0) throw new RangeError("Cannot look for nothing: the needle is empty");
    this.#length = needle.length;
    const options = { ignoreCase, seeksAll: true, totalBytes: Infinity };
    this.#find = needleFinder(needlePlan([needle.slice()], options));
  }

  /**
   * Looks through one chunk.
   *
   * @param chunk The next bytes. They are read before this returns; only the last few are copied.
   */
  add(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const next = [this.#searchSeam(bytes)];
    this.#find(bytes, next, (_, at) => {
      this.#hit(this.#offset + at);
      return false;
    });
    const from = next[0] as number;
    const keep = this.#length - 1;
    const rest = bytes.subarray(from);
    if (rest.length >= keep) this.#carry = Buffer.from(rest.subarray(rest.length - keep));
    else if (from > 0) this.#carry = Buffer.from(rest);
    else this.#carry = lastBytes(Buffer.concat([this.#carry, rest]), keep);
    this.#offset += bytes.length;
  }

  /**
   * Looks for a match that begins in the carried bytes and ends in this chunk.
   *
   * @returns Where the search within the chunk begins: after the match, or at 0.
   */
  #searchSeam(bytes: Buffer): number {
    const carried = this.#carry.length;
    if (carried === 0) return 0;
    // At most 2n - 2 bytes: room for one match, and none that lies wholly in the chunk.
    const seam = Buffer.concat([this.#carry, bytes.subarray(0, this.#length - 1)]);
    let found = -1;
    this.#find(seam, [0], (_, at) => {
      found = at;
      return true;
    });
    if (found === -1) return 0;
    this.#hit(this.#offset - carried + found);
    return found + this.#length - carried;
  }

  #hit(offset: number): void {
    this.matches += 1;
    this.firstOffset ??= offset;
  }
}

function lastBytes(bytes: Buffer, count: number): Buffer {
  return bytes.subarray(Math.max(0, bytes.length - count));
}
