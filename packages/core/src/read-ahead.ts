/**
 * Reading ahead for whoever copies much out of a view, from front to back.
 *
 * A view is not advised: most are read at random, and the system would read megabytes for each byte. So what is copied is watched.
 * From the second megabyte of a run on, the file is brought into the page cache block by block, through a mapping of its own.
 *
 * @module
 */
import type { Backing } from "./backing.ts";
import { mapPages } from "./map-pages.ts";
import { type Mapping, READING_BYTES } from "./mapping.ts";

/** How many bytes are read in a row before the next ones are brought in: who reads at random reads less, or waits for more. */
const RUN_BYTES = 1 << 20;

const ONE_BYTE = new Uint8Array(1);

/** What has been copied out of one view. */
export class ReadAhead {
  readonly #mapping: Mapping;
  readonly #backing: Backing;
  /** Where the view begins in the file, in bytes. */
  readonly #offset: number;
  /** The bytes that were copied last, one behind the other. */
  #runStart = 0;
  #runEnd = 0;
  /** The block of the file that was looked at last. */
  #block = -1;

  constructor(mapping: Mapping, backing: Backing, offset: number) {
    this.#mapping = mapping;
    this.#backing = backing;
    this.#offset = backing.baseOffset + offset;
  }

  /** Copies out of the view; see `Mapping.copy`. */
  copy(position: number, into: Uint8Array): void {
    const end = position + into.length;
    if (position !== this.#runEnd) this.#runStart = position;
    this.#runEnd = end;
    if (end - this.#runStart <= RUN_BYTES) this.#mapping.copy(position, into, false);
    else this.#copyBlocks(position, into);
  }

  #copyBlocks(position: number, into: Uint8Array): void {
    for (let done = 0; done < into.length; ) {
      const at = this.#offset + position + done;
      const block = Math.floor(at / READING_BYTES);
      const count = Math.min((block + 1) * READING_BYTES - at, into.length - done);
      if (block !== this.#block) this.#bringIn(block, position + done);
      this.#block = block;
      this.#mapping.copy(position + done, into.subarray(done, done + count), false);
      done += count;
    }
  }

  /** Brings a block of the file into the page cache, unless it is there: its end, for the usual read-ahead brings its start. */
  #bringIn(block: number, position: number): void {
    // Of anonymous memory, and of what has no length of its own, there is nothing on a disk.
    const { fd, path, isRegular } = this.#backing;
    if (!isRegular || path === undefined) return;
    const offsetBytes = block * READING_BYTES;
    const end = Math.min(offsetBytes + READING_BYTES - this.#offset, this.#mapping.lengthBytes);
    if (this.#mapping.residentBytes(end - 1, 1) > 0) return;
    using piece = mapPages({ fd, path, offsetBytes, lengthBytes: READING_BYTES }, "read");
    const last = this.#offset + end - 1 - offsetBytes;
    if (piece.advise(0, READING_BYTES, "hugePage")) piece.copy(last, ONE_BYTE, false);
    else this.#mapping.advise(position, end - position, "willNeed");
  }
}
