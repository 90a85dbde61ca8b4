/**
 * The files of a journal as the operating system has them: what they share, and each kind as it is used.
 *
 * @module
 */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { fromNodeError, isSameFile, platform } from "@isthmus/core/internal";
import type { ReadableSegment, TailerFile } from "./storage.ts";

/**
 * Writes a file and brings it to the disk before it gets its name. When that fails, nothing is left.
 *
 * @param prepare What must not fail either before it has its name.
 */
export function writeAside(
  aside: string,
  bytes: Uint8Array,
  path: string,
  prepare = (): void => {},
): void {
  rmSync(aside, { force: true });
  try {
    const fd = openSync(aside, "wx");
    try {
      writeAll(fd, bytes);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    prepare();
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}

/** Returns when the names in a directory are on the disk; `change` as of the platform's. */
export function syncDirectory(path: string, change?: () => void): void {
  platform().syncDirectory(path, change);
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

/** Copies bytes out of a file; returns how many there were. */
export function readAt(fd: number, offset: number, into: Uint8Array): number {
  return attempt("read a journal", () => readSync(fd, into, 0, into.length, offset));
}

/** A segment that is read. */
export class DiskReading implements ReadableSegment {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  get lengthBytes(): number {
    return fstatSync(this.#fd).size;
  }

  read(offset: number, into: Uint8Array): number {
    return readAt(this.#fd, offset, into);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The file of a tailer. */
export class DiskTailer implements TailerFile {
  readonly #fd: number;
  readonly #path: string;

  constructor(fd: number, path: string) {
    this.#fd = fd;
    this.#path = path;
  }

  tryOwn(): boolean {
    // It may have been removed since it was opened: whoever uses the name has another one.
    return platform().tryLockFile(this.#fd, "exclusive") && isSameFile(this.#fd, this.#path);
  }

  read(into: Uint8Array): number {
    return attempt(`read "${this.#path}"`, () => readSync(this.#fd, into, 0, into.length, 0));
  }

  write(offset: number, bytes: Uint8Array): void {
    attempt(`write "${this.#path}"`, () => {
      writeSync(this.#fd, bytes, 0, bytes.length, offset);
    });
  }

  sync(): void {
    attempt(`write "${this.#path}" to the disk`, () => fdatasyncSync(this.#fd));
  }

  close(): void {
    closeSync(this.#fd);
  }
}
