/**
 * Text out of memory that others may write at the same time.
 *
 * @module
 */

/** Shortest copy, in bytes: most texts are no longer. */
const COPY_BYTES_MIN = 1024;

/**
 * Decodes UTF-8 from a private copy, which is used again and again and grows to the longest text.
 *
 * Native decoders look at the bytes twice: they measure the text, make room for it, and convert it. Whoever changes the
 * bytes in between makes them write past that room: Bun 1.4.5 crashed within seconds when another process turned
 * `€` into `a` and back meanwhile, by `Buffer.toString` as by `TextDecoder`.
 */
export class PrivateText {
  #copy: Buffer<ArrayBuffer> = Buffer.allocUnsafeSlow(0);

  /**
   * @param memory The memory.
   * @param start First byte of the text.
   * @param end End of the text, exclusive; inside the memory.
   * @returns The text, with U+FFFD where the bytes are no UTF-8.
   */
  read(memory: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > this.#copy.length) {
      const roomBytes = Math.max(COPY_BYTES_MIN, 2 ** Math.ceil(Math.log2(length)));
      this.#copy = Buffer.allocUnsafeSlow(roomBytes);
    }
    memory.copy(this.#copy, 0, start, end);
    return this.#copy.toString("utf8", 0, length);
  }
}
