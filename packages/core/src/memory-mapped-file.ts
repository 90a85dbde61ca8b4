/**
 * Files and named memory as memory: the central class of the library.
 *
 * @module
 */
import { accessRules, type MemoryAccess } from "./access.ts";
import type { Backing } from "./backing.ts";
import { BigEndianAccessor } from "./big-endian-accessor.ts";
import { DisposedError, NotSupportedError } from "./errors.ts";
import { checkPath, type FileReference } from "./file-reference.ts";
import { showAs } from "./inspect.ts";
import { LiveViews } from "./live-views.ts";
import { Trail } from "./named/holder.ts";
import { unlinkNamedFile } from "./named/remove-named-file.ts";
import { platform } from "./native/platform.ts";
import { type FileOptions, growFile, openFile, shortenFile } from "./open-file.ts";
import {
  type CreateMemoryOptions,
  checkMemoryHolds,
  createMemory,
  createOrOpenMemory,
  type MapParts,
  type OpenMemoryOptions,
  openMemory,
} from "./open-memory.ts";
import {
  type FollowEvent,
  type Followed,
  type FollowPathOptions,
  type FollowPositions,
  followPath,
} from "./scan/follow.ts";
import type { FollowedLine } from "./scan/line-tail.ts";
import { Scannable } from "./scan/scannable.ts";
import {
  checkInteger,
  checkOneOf,
  checkOptions,
  checkString,
  invalidType,
  type OptionNames,
} from "./validate.ts";
import { VIEW_OPTIONS, type ViewOptions, type ViewSource } from "./view.ts";
import { ViewAccessor } from "./view-accessor.ts";
import { ViewStream } from "./view-stream.ts";

/** The size from which mapping beats ordinary reading, in bytes; see `MemoryMappedFile.threshold`. */
const THRESHOLD_BYTES = 1 << 20;

const ENDIANS = ["little", "big"] as const;

/** Which part of a map an accessor shows, and how. */
export interface AccessorOptions extends ViewOptions {
  /**
   * Which byte of a number comes first. Default `"little"`, the order of every supported CPU; `"big"` for formats of the
   * network, of Java and of SQLite.
   */
  readonly endian?: "little" | "big" | undefined;
}

const ACCESSOR_OPTIONS: OptionNames<AccessorOptions> = { ...VIEW_OPTIONS, endian: true };

/** Only this module makes maps; users call the static methods. */
const INTERNAL: unique symbol = Symbol("MemoryMappedFile");

/**
 * A file, or a piece of memory with a name, whose bytes are read and written like an array.
 *
 * The map itself is cheap: memory is mapped when a view is made, and views outlive their map. Dispose both,
 * best with `using`. Of what is forgotten the garbage collector cleans up files and anonymous memory; a name stays
 * until the process ends, since a constant that no later line uses counts as forgotten.
 *
 * **Safety.** Everybody who maps the same file sees the same bytes, without any order of their own; use
 * `Atomics`, or the locks of `@isthmus/ipc`, to coordinate. When another process truncates the file, reads
 * behind its new end throw `FileTruncatedError` and raw bytes there read as zero.
 *
 * @example Read a number from the middle of a file
 * ```ts
 * import { MemoryMappedFile } from "@isthmus/core";
 *
 * await Bun.write("example.bin", new Uint32Array([1, 2, 3]));
 * using file = MemoryMappedFile.createFromFile("example.bin", { access: "read" });
 * using view = file.createViewAccessor();
 * console.log(view.readUint32(4)); // 2
 * ```
 */
export class MemoryMappedFile extends Scannable implements Disposable {
  readonly #backing: Backing;
  readonly #access: MemoryAccess;
  readonly #name: string | null;
  readonly #createdNew: boolean;
  readonly #isAllocated: boolean;
  readonly #views = new LiveViews();
  #capacity: number;
  #isDisposed = false;

  static {
    showAs(MemoryMappedFile.prototype, (map) => {
      const { name, capacity, access } = map;
      const where = name === null ? { path: map.#backing.path ?? null } : { name };
      const state = map.#isDisposed ? "disposed" : "open";
      return ["MemoryMappedFile", { ...where, capacity, access, state }];
    });
  }

  /** For the library's own use. */
  constructor(key: typeof INTERNAL, parts: MapParts) {
    if (key !== INTERNAL) {
      throw invalidType("key", "the library's own (call a static method instead of new)", key);
    }
    super(() => this.#source());
    this.#backing = parts.backing;
    this.#access = parts.access;
    this.#capacity = parts.capacity;
    this.#name = parts.name;
    this.#isAllocated = parts.isAllocated ?? true;
    this.#createdNew = parts.createdNew;
  }

  /** Size of a memory page in bytes. */
  static get pageSize(): number {
    return platform().pageSizeBytes;
  }

  /**
   * Whether this thread survives accesses to mapped bytes that have lost their storage: a file that was truncated, a
   * disk that is full or broken. It does unless the runtime has no C compiler here (Node.js, Deno), or may not run what that makes; then
   * such an access ends the process (`SIGBUS`), and a warning with the code `ISTHMUS_UNGUARDED` has said so. On Windows it
   * does as far as files that are truncated go: nobody can do that while they are mapped.
   */
  static get isGuarded(): boolean {
    return platform().canGuard();
  }

  /** 1 MiB: of shorter files a copy (`readFile`) is the faster way to the bytes, of longer ones a map (`mapFile`). */
  static get threshold(): number {
    return THRESHOLD_BYTES;
  }

  /**
   * Maps a file.
   *
   * @param file A path, a `file:` URL, a `Bun.file`, an open descriptor, or an object with one. A descriptor is
   * duplicated: the caller's stays open and may be closed at any time.
   * @param options Mode, access and capacity.
   * @throws {SystemError} `ENOENT`, `EACCES`, `EEXIST`, `EISDIR`, `ENOSPC`, … A file that was created is removed again.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the capacity does not fit: 0 for a new file, less than the
   * file's length, more than it on a read-only map; and when a map that may not write is to create the file.
   * @throws {NotSupportedError} For pipes and sockets.
   */
  static createFromFile(file: FileReference, options?: FileOptions): MemoryMappedFile {
    const opened = openFile(file, options);
    return new MemoryMappedFile(INTERNAL, { ...opened, name: null, createdNew: false });
  }

  /**
   * Follows a file without mapping it; see the method of the same name.
   *
   * @param path Where it is.
   * @param options As of the method; `wait: true` waits for a file that is not there yet, and reads it from its start.
   * @throws {SystemError} `ENOENT` when it is not there.
   * @throws {NotSupportedError} For pipes and devices, by the loop.
   */
  static follow(
    path: string,
    options: FollowPathOptions & FollowPositions & { readonly positions: true },
  ): AsyncGenerator<FollowedLine | FollowEvent, void>;
  static follow(
    path: string,
    options?: FollowPathOptions,
  ): AsyncGenerator<string | FollowEvent, void>;
  static follow(path: string, options: FollowPathOptions & FollowPositions): Followed;
  static follow(path: string, options?: FollowPathOptions & Partial<FollowPositions>): Followed {
    return followPath(checkPath(checkString("path", path), "path"), options);
  }

  /**
   * Makes named memory, all zero, or anonymous memory that only this process sees.
   *
   * @param name 1 to 200 bytes without separators that do not begin with a dot, or `null` for anonymous memory.
   * @param capacity Length in bytes, > 0.
   * @param options `access`: what the map may do; `lifetime`: whether the name stays when nobody holds it.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name, `ENOSPC` when there is not that much memory.
   */
  static createNew(
    name: string | null,
    capacity: number,
    options?: CreateMemoryOptions,
  ): MemoryMappedFile {
    return new MemoryMappedFile(INTERNAL, createMemory(name, capacity, options));
  }

  /**
   * Opens named memory that somebody holds.
   *
   * @param name 1 to 200 bytes without separators; it does not begin with a dot.
   * @param options `access`: what the map may do.
   * @throws {SystemError} `ENOENT` when nobody holds the name.
   * @throws {CorruptSegmentError} When the name is something else than memory, or of another version.
   */
  static openExisting(name: string, options?: OpenMemoryOptions): MemoryMappedFile {
    return new MemoryMappedFile(INTERNAL, openMemory(name, options));
  }

  /**
   * Opens named memory, or makes it when nobody holds the name. Of many processes that try at once exactly
   * one makes it; see `createdNew`.
   *
   * @param name 1 to 200 bytes without separators; it does not begin with a dot.
   * @param capacity Length in bytes when it is made; ignored when it is opened.
   * @param options As of `createNew`; `lifetime` is ignored when it is opened.
   * @throws {SystemError} `ENOSPC` when there is not that much memory.
   * @throws {CorruptSegmentError} When the name is something else than memory, or of another version.
   */
  static createOrOpen(
    name: string,
    capacity: number,
    options?: CreateMemoryOptions,
  ): MemoryMappedFile {
    return new MemoryMappedFile(INTERNAL, createOrOpenMemory(name, capacity, options));
  }

  /**
   * Removes a name at once. Those who hold it go on with their memory; nobody can open it any more.
   *
   * @param name 1 to 200 bytes without separators; it does not begin with a dot.
   * @throws {SystemError} `ENOENT` when there is no such name.
   */
  static unlink(name: string): void {
    unlinkNamedFile(name);
  }

  /** Length of the map in bytes, exact on every operating system. */
  get capacity(): number {
    return this.#capacity;
  }

  /** What the map may do. */
  get access(): MemoryAccess {
    return this.#access;
  }

  /** The name of named memory; `null` for files and anonymous memory. */
  override get name(): string | null {
    return this.#name;
  }

  /** Whether this call made the named memory, instead of opening what others had made. */
  get createdNew(): boolean {
    return this.#createdNew;
  }

  /**
   * Whether the name still leads to this memory: false once its file or its directory was removed, renamed or replaced,
   * so that who opens the name now comes to other memory. False for files and anonymous memory, which have no name.
   * Two system calls.
   */
  get isReachable(): boolean {
    const { fd, path } = this.#source().backing;
    return this.#name !== null && path !== undefined && new Trail(fd, path).lead === "held";
  }

  /**
   * Makes a view for random access.
   *
   * @param options Offset, size and access; by default all of the map with the map's access.
   * @throws {SystemError} `EACCES` when the view reaches outside the map or may do more than it.
   */
  createViewAccessor(options?: AccessorOptions): ViewAccessor {
    const { endian = "little", ...part } = checkOptions("options", options, ACCESSOR_OPTIONS);
    const Accessor =
      checkOneOf("endian", endian, ENDIANS) === "big" ? BigEndianAccessor : ViewAccessor;
    return this.#noted(new Accessor(this.#source(), part), part);
  }

  /**
   * Makes a view for sequential access.
   *
   * @param options Offset, size and access; by default all of the map with the map's access.
   * @throws {SystemError} `EACCES` when the view reaches outside the map or may do more than it.
   */
  createViewStream(options?: ViewOptions): ViewStream {
    const part = { ...checkOptions("options", options, VIEW_OPTIONS) };
    return this.#noted(new ViewStream(this.#source(), part), part);
  }

  /**
   * Makes the file and the map longer or shorter. What is new is zero, with storage for every byte unless the file was
   * opened with `allocate: false`. Existing views stay as they are, new ones reach the new end; but views of this map
   * that reach behind a new end that is nearer are disposed first, with the arrays that they gave. Of a file that others
   * have mapped, what they read behind the end throws `FileTruncatedError` there. Windows shortens no file of which anything is
   * mapped by anybody (`EBUSY`).
   *
   * @param bytes The new length in bytes. Shorter than the present capacity, the file is cut there: to trim a log to what was
   *   written, for example.
   * @throws {NotSupportedError} For named memory, devices, and maps that do not write to their file.
   * @throws {SystemError} `ENOSPC`, `EBUSY`, …; the file has its old length then.
   */
  resize(bytes: number): void {
    const { backing } = this.#source();
    checkInteger("bytes", bytes);
    if (!backing.isRegular || this.#name !== null || !accessRules(this.#access).writesFile) {
      const what = this.#name === null ? `a "${this.#access}" map of` : "named memory";
      throw new NotSupportedError(`Cannot resize ${what} ${backing.describe()}`);
    }
    const isAnonymous = this.#createdNew;
    if (isAnonymous) checkMemoryHolds(bytes);
    const length = backing.currentLength();
    if (bytes < this.#capacity) {
      this.#views.endBehind(bytes);
      shortenFile(backing, bytes);
    } else if (bytes > length) {
      const { fd, path } = backing;
      growFile({ fd, size: length, capacity: bytes, path, isAllocated: this.#isAllocated });
    }
    this.#capacity = bytes;
  }

  /**
   * Takes over the length that the file has now, after another process appended to it. Views stay as they are. In a
   * container (overlayfs) the first write to a file of its image copies the file: views of a read-only map that
   * were made before show the old one for ever, what is made afterwards shows the new one.
   *
   * @returns The new capacity in bytes.
   * @throws {FileTruncatedError} When the file is shorter than the map; the capacity stays.
   */
  refresh(): number {
    const { backing } = this.#source();
    backing.checkReaches(this.#capacity);
    if (backing.isRegular && this.#name === null) this.#capacity = backing.currentLength();
    return this.#capacity;
  }

  /** Closes the map. Views that were made stay usable. Calling it again does nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#backing.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** A view that has just been made, which ends no later than the map does there. */
  #noted<V extends ViewAccessor | ViewStream>(view: V, { offset = 0 }: ViewOptions = {}): V {
    const length = view instanceof ViewAccessor ? view.capacity : view.length;
    return this.#views.add(view, offset + length);
  }

  #source(): ViewSource {
    if (this.#isDisposed) throw new DisposedError("MemoryMappedFile");
    return { backing: this.#backing, access: this.#access, capacity: this.#capacity };
  }
}
