/**
 * The segments of a journal as files of a directory.
 *
 * @module
 */
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { FileTruncatedError } from "@isthmus/core";
import { conditionError, fromNodeError, Mapping, platform } from "@isthmus/core/internal";
import { ASIDE_NAME, firstOf, SEGMENT, segmentName } from "./journal-layout.ts";
import { decodeHeader } from "./segment-header.ts";
import type { JournalStorage, ReadableSegment, WritableSegment } from "./storage.ts";

/** The segments in a directory. */
export class DiskStorage implements JournalStorage {
  readonly path: string;
  readonly #id: Uint8Array;

  constructor(path: string, id: Uint8Array) {
    this.path = path;
    this.#id = id;
  }

  segments(): number[] {
    const names = attempt(`read the journal "${this.path}"`, () => readdirSync(this.path));
    return names
      .map(firstOf)
      .filter((first) => first !== undefined)
      .sort((a, b) => a - b);
  }

  /** How many segments there are, and what they take. */
  measure(): { readonly count: number; readonly bytes: number } {
    const sizes = this.segments().map((first) => {
      const path = join(this.path, segmentName(first));
      return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    });
    return { count: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  openForReading(first: number): ReadableSegment | undefined {
    try {
      return new DiskReading(openSync(join(this.path, segmentName(first)), "r"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw fromNodeError(error, `read segment ${first} of "${this.path}"`);
    }
  }

  openForWriting(first: number): WritableSegment {
    const path = join(this.path, segmentName(first));
    const fd = attempt(`open "${path}"`, () => openSync(path, "r+"));
    try {
      const head = Buffer.alloc(SEGMENT.records);
      const count = readSync(fd, head, 0, head.length, 0);
      const { size } = fstatSync(fd);
      const { segmentBytes } = decodeHeader(head.subarray(0, count), size, this.#id, first);
      // A copy may have holes, and a file may have been cut off: a store there would find no room.
      platform().allocate(fd, 0, segmentBytes, path);
      return new DiskWriting(fd, path, first, segmentBytes);
    } catch (error) {
      closeSync(fd);
      throw fromNodeError(error, `open "${path}"`);
    }
  }

  prepare(lengthBytes: number, header: Uint8Array): void {
    const path = join(this.path, ASIDE_NAME);
    const what = `make a segment in "${this.path}"`;
    const fd = attempt(what, () => {
      rmSync(path, { force: true });
      return openSync(path, "wx");
    });
    try {
      platform().allocate(fd, 0, lengthBytes, path);
      writeAll(fd, header);
      fsyncSync(fd);
      closeSync(fd);
    } catch (error) {
      closeSync(fd);
      rmSync(path, { force: true });
      throw fromNodeError(error, what);
    }
  }

  publish(first: number): void {
    attempt(`add segment ${first} to "${this.path}"`, () => {
      renameSync(join(this.path, ASIDE_NAME), join(this.path, segmentName(first)));
      syncDirectory(this.path);
    });
  }
}

/** Returns when the names in a directory are on the disk. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes all of some bytes at the start of a file. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, done);
  }
}

/** Does something with `node:fs`; its errors are `SystemError`s. */
export function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw fromNodeError(error, what);
  }
}

class DiskReading implements ReadableSegment {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  get lengthBytes(): number {
    return fstatSync(this.#fd).size;
  }

  read(offset: number, into: Uint8Array): number {
    return attempt("read a journal", () => readSync(this.#fd, into, 0, into.length, offset));
  }

  close(): void {
    closeSync(this.#fd);
  }
}

class DiskWriting implements WritableSegment {
  readonly first: number;
  readonly lengthBytes: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly #words: Int32Array<ArrayBuffer>;
  readonly #mapping: Mapping;
  readonly #fd: number;
  readonly #path: string;
  /** Syncs that are under way: the file is closed after the last. */
  #syncs = 0;
  #isClosed = false;

  constructor(fd: number, path: string, first: number, lengthBytes: number) {
    this.#fd = fd;
    this.#path = path;
    this.first = first;
    this.lengthBytes = lengthBytes;
    const request = { fd, path, lengthBytes, offsetBytes: 0 };
    this.#mapping = new Mapping({ ...request, protection: "readWrite", sharing: "shared" });
    this.bytes = this.#mapping.bytes(0, lengthBytes);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, lengthBytes);
    this.#words = new Int32Array(this.bytes.buffer, this.bytes.byteOffset, lengthBytes / 4);
  }

  load(offset: number): number {
    return Atomics.load(this.#words, offset >>> 2);
  }

  store(offset: number, value: number): void {
    Atomics.store(this.#words, offset >>> 2, value);
  }

  storeNumber(offset: number, value: number): void {
    this.view.setFloat64(offset, value, true);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, offset);
  }

  sync(): void {
    this.checkWhole();
    attempt(`write "${this.#path}" to the disk`, () => fdatasyncSync(this.#fd));
  }

  syncAsync(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.checkWhole();
    this.#syncs++;
    fdatasync(this.#fd, (error) => {
      this.#syncs--;
      if (this.#isClosed && this.#syncs === 0) closeSync(this.#fd);
      if (error) reject(fromNodeError(error, `write "${this.#path}" to the disk`));
      else resolve();
    });
    return promise;
  }

  checkWhole(): void {
    const { fault } = this.#mapping;
    if (fault === undefined) return;
    const what = `write to "${this.#path}"`;
    if (fault.cause === "noSpace") throw conditionError("ENOSPC", what, "mmap", this.#path);
    if (fault.cause === "device") throw conditionError("EIO", what, "mmap", this.#path);
    throw new FileTruncatedError(`Cannot ${what}: somebody has cut the file off`);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#mapping.dispose();
    if (this.#syncs === 0) closeSync(this.#fd);
  }
}
