/**
 * The open file behind a map and its views, closed when the last of them is disposed.
 *
 * @module
 */
import { closeSync, fstatSync, type Stats } from "node:fs";
import { DisposedError, FileTruncatedError, type SystemError } from "./errors.ts";
import { conditionError, fromNodeError } from "./native/errno.ts";
import { type Fault, platform } from "./native/platform.ts";

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
  /** Whether it was opened for reading only; see {@link Backing.currentLength}. */
  readonly isReadOnly?: boolean;
  /** Where in the file the map's offset 0 is, in bytes. */
  readonly baseOffset?: number;
  /** For a file that needs more than being closed. */
  readonly ends?: FileEnds;
}

/** What becomes of a descriptor. */
export interface FileEnds {
  /** When the last user has gone. */
  readonly close: CloseFile;
  /** When the collector finds the backing undisposed. */
  readonly forget: CloseFile;
}

const CLOSING: FileEnds = { close: closeSync, forget: closeSync };

/** Sees to the files of maps that were dropped without being disposed, in a later turn of the event loop. */
const dropped = new FinalizationRegistry<{ fd: number; forget: CloseFile }>(({ fd, forget }) => {
  forget(fd);
});

/** An open file with a count of those who use it. Made with a count of one. */
export class Backing {
  readonly path: string | undefined;
  readonly isRegular: boolean;
  readonly baseOffset: number;
  readonly #label: string;
  readonly #ends: FileEnds | undefined;
  #fd: number;
  /** Closes the descriptor when the collector finds it, where that can be done within the turn. */
  #owner: Disposable | undefined;
  #users = 1;
  /** How the file was when it was opened, where it may have been copied elsewhere since. */
  #opened: Stats | undefined;

  constructor(options: BackingOptions) {
    const { fd, path, label, isRegular, baseOffset = 0, ends } = options;
    this.#fd = fd;
    this.path = path;
    this.isRegular = isRegular;
    this.baseOffset = baseOffset;
    this.#label = label ?? (path === undefined ? "anonymous memory" : `"${path}"`);
    this.#ends = ends;
    if (options.isReadOnly && isRegular) this.#opened = fstatSync(fd);
    this.#own();
  }

  /** The open file. Ask for it each time: it may be opened anew. */
  get fd(): number {
    return this.#fd;
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
    if (--this.#users === 0) this.#closeFile();
  }

  /**
   * The length of the file now, from the map's offset 0, in bytes. What is mapped from then on is the file that has
   * this length: some file systems copy a file when it is first written to, and who had it open for reading still
   * maps the old one, while its length is the new one's.
   */
  currentLength(): number {
    try {
      const stats = fstatSync(this.#fd);
      if (this.#opened !== undefined && hasChanged(this.#opened, stats)) this.#openAnew(stats);
      return Math.max(0, stats.size - this.baseOffset);
    } catch (error) {
      throw fromNodeError(error, `read the length of ${this.describe()}`);
    }
  }

  /** After every change: the first may have been one of the metadata, which alone are copied then (`metacopy`). */
  #openAnew(stats: Stats): void {
    const fd = platform().openCopiedUp(this.#fd);
    this.#opened = fd === undefined ? undefined : stats;
    if (fd === undefined) return;
    this.#closeFile();
    this.#fd = fd;
    this.#own();
  }

  #own(): void {
    const ends = this.#ends;
    if (ends === undefined) this.#owner = platform().ownDescriptor?.(this.#fd);
    if (this.#owner !== undefined) return;
    dropped.register(this, { fd: this.#fd, forget: (ends ?? CLOSING).forget }, this);
  }

  #closeFile(): void {
    if (this.#owner !== undefined) {
      this.#owner[Symbol.dispose]();
      this.#owner = undefined;
      return;
    }
    dropped.unregister(this);
    (this.#ends ?? CLOSING).close(this.#fd);
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

function hasChanged(before: Stats, now: Stats): boolean {
  return (
    before.size !== now.size || before.mtimeMs !== now.mtimeMs || before.ctimeMs !== now.ctimeMs
  );
}
