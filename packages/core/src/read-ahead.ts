/**
 * Reading ahead for whoever copies much out of a view, from front to back.
 *
 * A view is not advised: most are read at random, and the system would read megabytes for each byte. So what is copied is watched.
 * From the second megabyte of a run on, and where a megabyte is wanted at once, what is not in the page cache is read from the file:
 * copied from the view, all of its pages would have to be mapped first. Where less is wanted, all of its block is brought into the
 * page cache before that, through a mapping of its own.
 *
 * @module
 */
import { readSync } from "node:fs";
import type { Backing } from "./backing.ts";
import { mapPages } from "./map-pages.ts";
import { type Mapping, READING_BYTES } from "./mapping.ts";
import { platform } from "./native/platform.ts";

/** How many bytes are read in a row before the next ones are brought in: who reads at random reads less, or waits for more. */
const RUN_BYTES = 1 << 20;

/** From so many bytes on, one read asks as much of a disk as a whole block does. */
const LARGE_READ_BYTES = 1 << 20;
/** From so many bytes on, a read of what is in the page cache costs less than mapping the pages. */
const READ_BYTES = 1 << 16;

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
  /** The block of the file that was looked at last, and whether it was in the page cache. */
  #block = -1;
  #isCached = true;
  /** Whether the view shows what a read of the file gives. */
  #isFile: boolean;

  /** @param isFile Whether nothing is written to the view that does not go to the file. */
  constructor(mapping: Mapping, backing: Backing, offset: number, isFile: boolean) {
    this.#mapping = mapping;
    this.#backing = backing;
    this.#offset = backing.baseOffset + offset;
    this.#isFile = isFile && platform().readsMappings;
  }

  /** From now on something may be written to the view that does not go to the file. */
  noteOwnWrites(): void {
    this.#isFile = false;
  }

  /** Copies out of the view; see `Mapping.copy`. */
  copy(position: number, into: Uint8Array): void {
    const end = position + into.length;
    if (position !== this.#runEnd) this.#runStart = position;
    this.#runEnd = end;
    const isRun = end - this.#runStart > RUN_BYTES || into.length >= LARGE_READ_BYTES;
    if (isRun) this.#copyBlocks(position, into);
    else this.#mapping.copy(position, into, false);
  }

  #copyBlocks(position: number, into: Uint8Array): void {
    for (let done = 0; done < into.length; ) {
      const at = this.#offset + position + done;
      const block = Math.floor(at / READING_BYTES);
      const count = Math.min((block + 1) * READING_BYTES - at, into.length - done);
      if (block !== this.#block) {
        this.#block = block;
        this.#isCached = this.#findCached(block);
        if (!this.#isCached && !(this.#isFile && into.length >= LARGE_READ_BYTES)) {
          this.#bringIn(block, position + done);
        }
      }
      const part = into.subarray(done, done + count);
      if (this.#isCached || !this.#read(at, part)) {
        this.#mapping.copy(position + done, part, false);
      }
      done += count;
    }
  }

  /** Whether a block is in the page cache, by its end, for the usual read-ahead brings its start; or on no disk at all. */
  #findCached(block: number): boolean {
    // Of anonymous memory, and of what has no length of its own, there is nothing on a disk.
    const { path, isRegular } = this.#backing;
    if (!isRegular || path === undefined) return true;
    return this.#mapping.residentBytes(this.#endOf(block) - 1, 1) > 0;
  }

  /** Where a block ends in the view. */
  #endOf(block: number): number {
    return Math.min((block + 1) * READING_BYTES - this.#offset, this.#mapping.lengthBytes);
  }

  /** @returns False where the view is to be looked at: for what it alone knows, for a few bytes, and to find out what is wrong. */
  #read(at: number, into: Uint8Array): boolean {
    if (!this.#isFile || into.length < READ_BYTES) return false;
    try {
      return readSync(this.#backing.fd, into, 0, into.length, at) === into.length;
    } catch {
      return false;
    }
  }

  /** Brings a block of the file into the page cache. */
  #bringIn(block: number, position: number): void {
    const { fd, path } = this.#backing;
    const offsetBytes = block * READING_BYTES;
    const end = this.#endOf(block);
    using piece = mapPages({ fd, path, offsetBytes, lengthBytes: READING_BYTES }, "read");
    const last = this.#offset + end - 1 - offsetBytes;
    if (piece.advise(0, READING_BYTES, "hugePage")) piece.copy(last, ONE_BYTE, false);
    else this.#mapping.advise(position, end - position, "willNeed");
  }
}
