/**
 * A segment that is written by system calls, for those who sync each of their records.
 *
 * A sync makes the pages of a mapping read-only again, for every process that has stored to them: the next store of each is a fault,
 * which costs more than writing to the file does. Here the mapping is only read, and nothing of that happens. A word may be seen half
 * written meanwhile; the CRC behind it tells.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { DiskWriting } from "./disk-files.ts";
import type { RecordBytes } from "./record-format.ts";

/** The file as it is written without its mapping. */
export class WrittenThrough extends DiskWriting {
  override readonly copiesAtOnce = true;
  readonly #fd: number;
  /** A word, or a number of 8 bytes, on its way. */
  readonly #few = new DataView(new ArrayBuffer(8));
  readonly #word = new Uint8Array(this.#few.buffer, 0, 4);
  readonly #number = new Uint8Array(this.#few.buffer);

  constructor(fd: number, path: string, first: number, lengthBytes: number) {
    super(fd, path, first, lengthBytes);
    this.#fd = fd;
  }

  override store(offset: number, value: number): void {
    this.#few.setInt32(0, value, true);
    if (!this.#put(offset, this.#word, 0, 4)) super.store(offset, value);
  }

  override storeNumber(offset: number, value: number): void {
    this.#few.setFloat64(0, value, true);
    if (!this.#put(offset, this.#number, 0, 8)) super.storeNumber(offset, value);
  }

  override write(offset: number, bytes: Uint8Array): void {
    if (!this.#put(offset, bytes, 0, bytes.length)) super.write(offset, bytes);
  }

  override copy(offset: number, source: RecordBytes, start: number, end: number): void {
    if (!this.#put(offset, source.bytes, start, end)) super.copy(offset, source, start, end);
  }

  /** @returns False when the system has refused it, or some of it: then the mapping gets it, and what is wrong shows there. */
  #put(offset: number, bytes: Uint8Array, start: number, end: number): boolean {
    try {
      return writeSync(this.#fd, bytes, start, end - start, offset) === end - start;
    } catch {
      return false;
    }
  }
}
