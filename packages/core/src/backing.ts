/**
 * The open file behind a map and its views, closed when the last of them is disposed.
 *
 * @module
 */
import { closeSync, fstatSync } from "node:fs";
import { DisposedError, FileTruncatedError, type SystemError } from "./errors.ts";
import { conditionError, fromNodeError } from "./native/errno.ts";
import type { Fault } from "./native/platform.ts";

/** How a descriptor is given back. Must not refer to the {@link Backing} it belongs to. */
export type CloseFile = (fd: number) => void;

/** What a {@link Backing} is made of. */
export interface BackingOptions {
  /** The open file; closed by the backing. */
  readonly fd: number;
  /** Its path or name, for messages; undefined for anonymous memory. */
  readonly path: string | undefined;
  /** How messages name it; its path in quotes, or "anonymous memory", unless it has another name. */
  readonly label?: string;
  /** Whether the file has a length of its own that others can change (a device has none). */
  readonly isRegular: boolean;
  /** Where in the file the map's offset 0 is, in bytes. */
  readonly baseOffset?: number;
  /** Closes the descriptor; `closeSync` unless the file needs more than that. */
  readonly close?: CloseFile;
  /** What becomes of the descriptor when the collector finds the backing undisposed; `close` by default. */
  readonly forget?: CloseFile;
}

/** Sees to the files of maps that were dropped without being disposed. */
const dropped = new FinalizationRegistry<{ fd: number; forget: CloseFile }>(({ fd, forget }) => {
  forget(fd);
});

/** An open file with a count of those who use it. Made with a count of one. */
export class Backing {
  readonly fd: number;
  readonly path: string | undefined;
  readonly isRegular: boolean;
  readonly baseOffset: number;
  readonly #label: string;
  readonly #close: CloseFile;
  #users = 1;

  constructor(options: BackingOptions) {
    const { fd, path, label, isRegular, baseOffset = 0, close = closeSync } = options;
    this.fd = fd;
    this.path = path;
    this.isRegular = isRegular;
    this.baseOffset = baseOffset;
    this.#label = label ?? (path === undefined ? "anonymous memory" : `"${path}"`);
    this.#close = close;
    dropped.register(this, { fd, forget: options.forget ?? close }, this);
  }

  /**
   * Adds a user, who must call `release` once.
   *
   * @throws {DisposedError} When the file has been closed: its descriptor may be somebody else's by now.
   */
  retain(): this {
    if (this.#users === 0) throw new DisposedError("MemoryMappedFile");
    this.#users++;
    return this;
  }

  /** Removes a user; the last one closes the file. */
  release(): void {
    if (--this.#users > 0) return;
    dropped.unregister(this);
    this.#close(this.fd);
  }

  /** The length of the file now, from the map's offset 0, in bytes. */
  currentLength(): number {
    try {
      return fstatSync(this.fd).size - this.baseOffset;
    } catch (error) {
      throw fromNodeError(error, `read the length of ${this.describe()}`);
    }
  }

  /**
   * Checks that a range is still inside the file.
   *
   * @throws {FileTruncatedError} When the file ends before `end` (bytes from the map's offset 0).
   */
  checkReaches(end: number): void {
    if (!this.isRegular) return;
    const length = this.currentLength();
    if (length < end) throw this.#truncated(end, length);
  }

  /**
   * The error for an access that found no storage.
   *
   * @param fault What was found, its position in bytes from the map's offset 0.
   * @param end Where the mapped range ends, in bytes from there.
   */
  failed({ cause, position }: Fault, end: number): FileTruncatedError | SystemError {
    if (cause === "truncated") return this.#truncated(end);
    if (cause === "unknown" && this.isRegular) {
      const length = this.currentLength();
      if (length < end) return this.#truncated(end, length);
    }
    const isFull = cause === "noSpace";
    const attempt = `${isFull ? "store" : "access"} byte ${position} of ${this.describe()} through its map`;
    return conditionError(isFull ? "ENOSPC" : "EIO", attempt, "mmap", this.path);
  }

  /** The error for a file that ends before the byte `end`. */
  #truncated(end: number, length: number = this.currentLength()): FileTruncatedError {
    return new FileTruncatedError(
      `Cannot read ${this.describe()} up to byte ${end}: it was truncated to ${length} bytes while mapped; open it anew`,
    );
  }

  /** The file as messages name it. */
  describe(): string {
    return this.#label;
  }
}
