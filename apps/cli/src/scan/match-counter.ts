/**
 * Finds a sequence of bytes in a sequence of chunks.
 *
 * @module
 */

/**
 * Counts the matches of a needle that do not overlap, from left to right, as `grep -o -F | wc -l`
 * counts them: `aa` is twice in `aaaa`. A match may lie across any number of chunks.
 */
export class MatchCounter {
  /** How many matches so far. */
  matches = 0;
  /** The offset of the first match from the beginning of the first chunk. */
  firstOffset: number | undefined;
  readonly #needle: Buffer;
  /** The last bytes that belong to no match and could begin one; fewer than the needle has. */
  #carry: Buffer = Buffer.alloc(0);
  /** The offset of the next chunk's first byte. */
  #offset = 0;

  /**
   * @param needle What to look for; at least one byte.
   * @throws {RangeError} when the needle is empty.
   */
  constructor(needle: Uint8Array) {
    if (needle.length === 0) throw new RangeError("Cannot look for nothing: the needle is empty");
    this.#needle = Buffer.from(needle);
  }

  /**
   * Looks through one chunk.
   *
   * @param chunk The next bytes. They are read before this returns; only the last few are copied.
   */
  add(chunk: Uint8Array): void {
    const needle = this.#needle;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let from = this.#searchSeam(bytes);
    for (;;) {
      const at = bytes.indexOf(needle, from);
      if (at === -1) break;
      this.#hit(this.#offset + at);
      from = at + needle.length;
    }
    const keep = needle.length - 1;
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
    const seam = Buffer.concat([this.#carry, bytes.subarray(0, this.#needle.length - 1)]);
    const at = seam.indexOf(this.#needle);
    if (at === -1) return 0;
    this.#hit(this.#offset - carried + at);
    return at + this.#needle.length - carried;
  }

  #hit(offset: number): void {
    this.matches += 1;
    this.firstOffset ??= offset;
  }
}

function lastBytes(bytes: Buffer, count: number): Buffer {
  return bytes.subarray(Math.max(0, bytes.length - count));
}
