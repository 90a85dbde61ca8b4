/**
 * All places of a few bytes in a piece of a file.
 *
 * @module
 */
import { type ByteFinder, FIND_BLOCK_BYTES, newByteFinder } from "./byte-finder.ts";

/** Below this, bytes are looked at one by one before the kernel is compiled. */
const KERNEL_FROM_BYTES = 1 << 18;

/** Room for places at first. */
const PLACES = 1024;

/** Where one byte is, or any of three. */
export class BytePlaces {
  /** The places in order, in bytes from the first byte of the piece; behind the last one comes the piece's length. */
  list: Uint32Array = new Uint32Array(PLACES);
  readonly #wanted: readonly number[];
  #finder: ByteFinder | undefined;

  /** @param wanted The byte, or three of them; one may be there twice. */
  constructor(wanted: readonly [number] | readonly [number, number, number]) {
    this.#wanted = wanted;
  }

  /** Finds the places in a piece, from one on. */
  find(bytes: Uint8Array, from: number): void {
    if (bytes.length >= KERNEL_FROM_BYTES) this.#finder ??= newByteFinder(this.#wanted);
    const finder = this.#finder;
    let count = 0;
    for (let block = from; block < bytes.length; block += FIND_BLOCK_BYTES) {
      this.#makeRoom(count + FIND_BLOCK_BYTES + 1);
      if (finder === undefined) count = this.#findPlainly(bytes, block, count);
      else {
        const found = finder.find(bytes, block);
        const { list } = this;
        for (let i = 0; i < found; i++) list[count++] = block + (finder.places[i] as number);
      }
    }
    this.list[count] = bytes.length;
  }

  #findPlainly(bytes: Uint8Array, block: number, from: number): number {
    const { list } = this;
    const [first, second = first, third = first] = this.#wanted;
    const end = Math.min(block + FIND_BLOCK_BYTES, bytes.length);
    let count = from;
    for (let at = block; at < end; at++) {
      const byte = bytes[at];
      if (byte === first || byte === second || byte === third) list[count++] = at;
    }
    return count;
  }

  #makeRoom(count: number): void {
    if (count <= this.list.length) return;
    const larger = new Uint32Array(count * 2);
    larger.set(this.list);
    this.list = larger;
  }
}
