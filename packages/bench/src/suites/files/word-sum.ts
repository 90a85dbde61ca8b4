/**
 * Adds up the words of a file that arrives in pieces: the work that every reader does alike.
 *
 * @module
 */
import { expectedWordSum } from "../../runner/test-file.ts";

/** 128 MiB together: some hundredths of a second. */
const WARM_UP_PIECE_BYTES: number = 64 << 10;
const WARM_UP_PIECES = 2048;

/** Sum of 32-bit words, modulo 2^32; pieces may be of any length and lie at any address. */
export class WordSum {
  #sum = 0;
  #bytes = 0;
  /** The beginning of a word whose rest comes with the next piece. */
  readonly #carry = new Uint8Array(4);
  #carried = 0;

  /** Adds the next piece. */
  add(piece: Uint8Array): void {
    this.#bytes += piece.length;
    let start = 0;
    while (this.#carried > 0 && start < piece.length) this.#take(piece[start++] as number);
    const whole = (piece.length - start) & ~3;
    this.#sum = (this.#sum + sumWords(piece, start, whole)) | 0;
    for (let i = start + whole; i < piece.length; i++) this.#take(piece[i] as number);
  }

  /**
   * Compares with what the file holds.
   *
   * @param bytes How long it is.
   * @throws {Error} when another sum or another length arrived.
   */
  verify(bytes: number): void {
    const expected = expectedWordSum(bytes);
    if (this.#bytes !== bytes || this.#sum !== expected) {
      throw new Error(
        `read ${this.#bytes} of ${bytes} bytes with sum ${this.#sum} instead of ${expected}`,
      );
    }
  }

  #take(byte: number): void {
    this.#carry[this.#carried++] = byte;
    if (this.#carried < 4) return;
    this.#carried = 0;
    this.#sum = (this.#sum + sumWords(this.#carry, 0, 4)) | 0;
  }
}

/**
 * Brings the adding up to its last compiled state. Readers differ in how many pieces they make of a file, and so in how
 * soon that would happen by itself.
 */
export function warmUpSum(): void {
  const piece = new Uint8Array(WARM_UP_PIECE_BYTES);
  const sum = new WordSum();
  for (let i = 0; i < WARM_UP_PIECES; i++) sum.add(piece);
}

function sumWords(bytes: Uint8Array, start: number, length: number): number {
  const offset = bytes.byteOffset + start;
  // A typed array needs an aligned address; a copy is what an engineer would pay here, too.
  const words =
    offset % 4 === 0
      ? new Int32Array(bytes.buffer, offset, length / 4)
      : new Int32Array(bytes.slice(start, start + length).buffer);
  let sum = 0;
  for (let i = 0; i < words.length; i++) sum = (sum + (words[i] as number)) | 0;
  return sum;
}
