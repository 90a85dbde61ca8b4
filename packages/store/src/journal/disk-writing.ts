/**
 * A segment as it is written: by stores to its mapping, or by system calls where those cost less.
 *
 * A record or two are stored in a hundredth of the time that a call takes. But a page that nobody has stored to is a fault, which
 * a long run of frames meets again and again: where a hypervisor looks at each, writing a page to the file took a third of that. And a
 * sync makes the pages of a mapping read-only again, for every process that has stored to them: who syncs each record writes
 * everything by calls. A word may be seen half written then; the CRC behind it tells.
 *
 * @module
 */
import { closeSync, fdatasync, fdatasyncSync, writeSync } from "node:fs";
import { FileTruncatedError } from "@isthmus/core";
import {
  conditionError,
  type DataRange,
  fromNodeError,
  Mapping,
  platform,
} from "@isthmus/core/internal";
import { SharedWords } from "@isthmus/ipc/internal";
import { attempt, readAt } from "./disk-files.ts";
import { SEGMENT } from "./journal-layout.ts";
import type { RecordBytes } from "./record-format.ts";
import type { WritableSegment } from "./storage.ts";

/** So many bytes ahead of what is stored are mapped at once. */
const AHEAD_BYTES = 2 ** 18;
/** Up to so many bytes a loop is faster than the array and the call that it saves: 25 ns instead of 120 for 92 bytes. */
const FEW_BYTES = 256;
/** From so many bytes on, a page, they are written by a call. */
const MANY_BYTES = 4096;

/** A segment that is written. */
export class DiskWriting implements WritableSegment {
  readonly first: number;
  readonly lengthBytes: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly #words: Int32Array<ArrayBuffer>;
  readonly #shared: SharedWords;
  readonly #mapping: Mapping;
  readonly #fd: number;
  readonly #path: string;
  /** Whether everything is written by calls, and from how many bytes on a copy is. */
  readonly #isThrough: boolean;
  readonly #manyBytes: number;
  /** Whether what is at the end was written by a call: its pages are not mapped then. */
  #isByCall: boolean;
  /** A word, or a number of 8 bytes, on its way. */
  readonly #few = new DataView(new ArrayBuffer(8));
  readonly #word = new Uint8Array(this.#few.buffer, 0, 4);
  readonly #number = new Uint8Array(this.#few.buffer);
  /** How far pages have been mapped ahead of what is written. */
  #touched = 0;
  /** Syncs that are under way: the file is closed after the last. */
  #syncs = 0;
  #isClosed = false;

  /** @param isThrough Whether whoever appends syncs after each record. */
  constructor(
    fd: number,
    path: string,
    first: number,
    lengthBytes: number,
    isThrough: boolean = false,
  ) {
    // Where a sync of the file alone does not see what a mapping has, the two are not one.
    const isOne = platform().syncsMappings;
    this.#isThrough = isThrough && isOne;
    this.#isByCall = this.#isThrough;
    this.#manyBytes = !isOne ? Infinity : isThrough ? 0 : MANY_BYTES;
    this.#fd = fd;
    this.#path = path;
    this.first = first;
    this.lengthBytes = lengthBytes;
    const request = { fd, path, lengthBytes, offsetBytes: 0 };
    this.#mapping = new Mapping({ ...request, protection: "readWrite", sharing: "shared" });
    this.bytes = this.#mapping.bytes(0, lengthBytes);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, lengthBytes);
    this.#words = new Int32Array(this.bytes.buffer, this.bytes.byteOffset, lengthBytes / 4);
    this.#shared = new SharedWords(this.bytes);
  }

  copiesAtOnce(bytes: number): boolean {
    return bytes >= this.#manyBytes;
  }

  load(offset: number): number {
    // The header's page is mapped whatever is written. What has been cut off is to be found by the mapping, whose faults are told.
    if (offset >= SEGMENT.frames && this.#isByCall && this.#readWord(offset)) {
      return this.#few.getInt32(0, true);
    }
    // Cheaper than an atomic load: see `Words.glance`.
    const value = this.#shared.glance(offset >>> 2);
    this.#shared.acquire();
    return value;
  }

  store(offset: number, value: number): void {
    if (this.#isByCall && this.#putWord(offset, value)) return;
    Atomics.store(this.#words, offset >>> 2, value);
  }

  storeNumber(offset: number, value: number): void {
    if (this.#isThrough) {
      this.#few.setFloat64(0, value, true);
      if (this.#put(offset, this.#number)) return;
    }
    this.view.setFloat64(offset, value, true);
  }

  write(offset: number, bytes: Uint8Array): void {
    if (this.#isThrough && this.#put(offset, bytes)) return;
    this.bytes.set(bytes, offset);
  }

  read(offset: number, into: Uint8Array): number {
    // A page that is read takes a sixth of the time of one that is mapped.
    if (platform().syncsMappings) return readAt(this.#fd, offset, into);
    into.set(this.bytes.subarray(offset, offset + into.length));
    return into.length;
  }

  nextData(offset: number): DataRange | undefined {
    const files = platform();
    files.forgetUnchanged(this.#fd, offset);
    return files.nextData(this.#fd, offset);
  }

  copy(offset: number, source: RecordBytes, start: number, end: number): void {
    this.#isByCall = end - start >= this.#manyBytes;
    if (this.#isByCall && this.#put(offset, source.bytes, start, end)) return;
    if (offset + end - start > this.#touched) this.#touch(offset, end - start);
    if (end - start > FEW_BYTES) {
      this.bytes.set(source.bytes.subarray(start, end), offset);
      return;
    }
    const { view } = source;
    const words = this.#words;
    let word = offset >>> 2;
    for (let at = start; at < end; at += 4) words[word++] = view.getInt32(at, true);
  }

  /** @returns False where the mapping is to be looked through: beside the sync of each record a page that this maps is nothing. */
  #readWord(offset: number): boolean {
    return !this.#isThrough && this.#hasWord(offset);
  }

  /** Reads a word, if the file is that long. */
  #hasWord(offset: number): boolean {
    return readAt(this.#fd, offset, this.#word) === 4;
  }

  #putWord(offset: number, value: number): boolean {
    this.#few.setInt32(0, value, true);
    return this.#put(offset, this.#word);
  }

  /** @returns False when the system has refused it, or some of it: then the mapping gets it, and what is wrong shows there. */
  #put(offset: number, bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    try {
      return writeSync(this.#fd, bytes, start, end - start, offset) === end - start;
    } catch {
      return false;
    }
  }

  /** Has the pages ahead mapped by one call: a fault for each of them costs several times as much. */
  #touch(offset: number, lengthBytes: number): void {
    const from = Math.max(this.#touched, offset);
    const to = Math.min(this.lengthBytes, offset + lengthBytes + AHEAD_BYTES);
    this.#mapping.advise(from, to - from, "populate");
    this.#touched = to;
  }

  sync(): void {
    this.checkWhole();
    this.#handOver();
    attempt(`write "${this.#path}" to the disk`, () => fdatasyncSync(this.#fd));
  }

  syncAsync(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.checkWhole();
    this.#handOver();
    this.#syncs++;
    fdatasync(this.#fd, (error) => {
      this.#syncs--;
      if (this.#isClosed && this.#syncs === 0) closeSync(this.#fd);
      if (error) reject(fromNodeError(error, `write "${this.#path}" to the disk`));
      else resolve();
    });
    return promise;
  }

  /** Gives the file what was stored through the mapping, where syncing the file alone does not see that. */
  #handOver(): void {
    if (!platform().syncsMappings) this.#mapping.sync(0, this.lengthBytes, "async", this.#fd);
  }

  checkStored(): void {
    const { fault } = this.#mapping;
    if (fault === undefined) return;
    const what = `write to "${this.#path}"`;
    if (fault.cause === "noSpace") throw conditionError("ENOSPC", what, "mmap", this.#path);
    if (fault.cause === "device") throw conditionError("EIO", what, "mmap", this.#path);
    this.#throwCutOff();
  }

  checkWhole(): void {
    this.checkStored();
    // What is written by a call makes a file that was cut off longer again: by its end alone it shows.
    if (this.#isByCall && !this.#hasWord(this.lengthBytes - 4)) this.#throwCutOff();
  }

  #throwCutOff(): never {
    throw new FileTruncatedError(`Cannot write to "${this.#path}": somebody has cut the file off`);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#mapping.dispose();
    if (this.#syncs === 0) closeSync(this.#fd);
  }
}
