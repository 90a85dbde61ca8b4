/**
 * Files and named memory as memory: the central class of the library.
 *
 * @module
 */
import { accessRules, type MemoryAccess } from "./access.ts";
import type { Backing } from "./backing.ts";
import { BigEndianAccessor } from "./big-endian-accessor.ts";
import { DisposedError, NotSupportedError } from "./errors.ts";
import type { FileReference } from "./file-reference.ts";
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
import { type ChunkOptions, chunks } from "./scan/chunks.ts";
import {
  type FollowEvent,
  type FollowOptions,
  type FollowPathOptions,
  follow,
  followPath,
} from "./scan/follow.ts";
import { histogram } from "./scan/histogram.ts";
import type { LineCursor } from "./scan/line-cursor.ts";
import {
  forEachLine,
  type LineOptions,
  type LineVisitor,
  lineCursor,
  lines,
} from "./scan/lines.ts";
import type { Needle } from "./scan/needle.ts";
import { type ScanOptions, scan } from "./scan/parallel/scan.ts";
import type { ScanJob } from "./scan/parallel/scan-jobs.ts";
import type { ScanRange } from "./scan/range.ts";
import { type RecordOptions, records } from "./scan/records.ts";
import { type Row, type RowOptions, rows } from "./scan/rows.ts";
import { count, indexOf, lastIndexOf, type SearchOptions } from "./scan/search.ts";
import { isUtf8 } from "./scan/utf8.ts";
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
export class MemoryMappedFile implements Disposable {
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
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the capacity does not fit: 0 for an empty file, less than the
   * file's length, more than it on a read-only map.
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
   */
  static follow(
    path: string,
    options?: FollowPathOptions,
  ): AsyncGenerator<string | FollowEvent, void> {
    return followPath(checkString("path", path), options);
  }

  /**
   * Makes named memory, all zero, or anonymous memory that only this process sees.
   *
   * @param name 1 to 200 bytes without separators, or `null` for anonymous memory.
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
   * @param name 1 to 200 bytes without separators.
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
   * @param name 1 to 200 bytes without separators.
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
   * @param name 1 to 200 bytes without separators.
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
  get name(): string | null {
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
    return this.#noted(new ViewStream(this.#source(), options), options);
  }

  /**
   * The bytes in order, in chunks that are not copied, whatever the size of the file: a few MiB of it are
   * mapped at any time. A chunk is valid until the next one is asked for; copy what must live longer.
   *
   * @param options `size`: bytes of a chunk, 1 MiB unless given; `offset` and `length`: which part, in bytes.
   * @throws {FileTruncatedError} When the file has become shorter.
   *
   * @example Sum a file
   * ```ts
   * import { MemoryMappedFile } from "@isthmus/core";
   *
   * using file = MemoryMappedFile.createFromFile(process.execPath, { access: "read" });
   * let sum = 0;
   * for (const chunk of file.chunks({ size: 1 << 20 })) for (const byte of chunk) sum += byte;
   * console.log(sum > 0); // true
   * ```
   */
  chunks(options?: ChunkOptions): Generator<Uint8Array, void> {
    return chunks(this.#source(), options);
  }

  /**
   * The lines in order, decoded from UTF-8, without their "\n" or "\r\n". A last line without an end counts,
   * an end without a line behind it does not begin another. With `raw`, the bytes between line feeds ("\r"
   * stays), valid until the next line is asked for. With `offset` and `length`, the lines that begin in this range;
   * a line begins at byte 0 and behind every line feed.
   *
   * @param options `raw`: bytes instead of text; `offset` and `length`: which part, in bytes.
   * @throws {FileTruncatedError} When the file has become shorter.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for a line of more than 512 MiB.
   */
  lines(options?: LineOptions & { readonly raw?: false | undefined }): Generator<string, void>;
  lines(options: LineOptions & { readonly raw: true }): Generator<Uint8Array, void>;
  lines(options?: LineOptions): Generator<string, void> | Generator<Uint8Array, void> {
    return lines(this.#source(), options);
  }

  /**
   * Calls for every line in order, without making an object for it: with the bytes that hold it, where it begins and
   * ends in them (the line feed excluded, "\r" included), and its offset in the map. The bytes are valid until the call
   * returns. What the call throws ends the scan.
   *
   * @param visit Called for each line; must not be asynchronous.
   * @param range Which lines, in bytes: those that begin in it. Default: all.
   * @throws {FileTruncatedError} When the file has become shorter.
   *
   * @example The offset of every line
   * ```ts
   * import { writeFileSync } from "node:fs";
   * import { MemoryMappedFile } from "@isthmus/core";
   *
   * writeFileSync("app.log", "started\nstopped\n");
   * using file = MemoryMappedFile.createFromFile("app.log", { access: "read" });
   * const offsets: number[] = [];
   * file.forEachLine((bytes, start, end, offset) => offsets.push(offset));
   * console.log(offsets); // [ 0, 8 ]
   * ```
   */
  forEachLine(visit: LineVisitor, range?: ScanRange): void {
    forEachLine(this.#source(), visit, range);
  }

  /**
   * Yields one cursor for every line in order: where the line is, and its text when asked. It is the same object for every
   * line, so that nothing is made for lines that are passed by.
   *
   * @param range Which lines, in bytes: those that begin in it. Default: all.
   * @throws {FileTruncatedError} When the file has become shorter.
   *
   * @example
   * ```ts
   * import { writeFileSync } from "node:fs";
   * import { MemoryMappedFile } from "@isthmus/core";
   *
   * writeFileSync("app.log", "E disk full\nI started\n");
   * using file = MemoryMappedFile.createFromFile("app.log", { access: "read" });
   * for (const line of file.lineCursor()) {
   *   if (line.bytes[line.start] === 0x45) console.log(line.offset, line.text()); // 0 E disk full
   * }
   * ```
   */
  lineCursor(range?: ScanRange): Generator<LineCursor, void> {
    return lineCursor(this.#source(), range);
  }

  /**
   * Yields what is between separators, in order. Behind the last one comes no empty record, as with lines.
   *
   * @param options `separator`: a byte, a text or bytes (default `"\n"`); `offset` and `length`: a record belongs to the
   *   range in which it begins.
   * @returns Bytes of the file where they are, valid until the next one is asked for; a copy where a record crosses the
   *   border of two windows.
   * @throws {FileTruncatedError} When the file has become shorter.
   *
   * @example
   * ```ts
   * import { MemoryMappedFile } from "@isthmus/core";
   *
   * await Bun.write("example.list", "one\0two\0three");
   * using file = MemoryMappedFile.createFromFile("example.list", { access: "read" });
   * for (const name of file.records({ separator: 0 })) {
   *   console.log(new TextDecoder().decode(name)); // one, two, three
   * }
   * ```
   */
  records(options?: RecordOptions): Generator<Uint8Array, void> {
    return records(this.#source(), options);
  }

  /**
   * Yields the rows of a table, as in CSV: fields between delimiters, which may be quoted, with line feeds in them. Rows are of
   * any number of fields; an empty line is a row with one empty field. A byte order mark at the start is skipped.
   *
   * @param options `delimiter` (default `","`, `"\t"` for TSV); `quote` (default `'"'`, `null` for none); `offset`, where a row
   *   must begin, and `length`: rows that begin in the range.
   * @returns The same object for each row: which of its fields are where. Nothing is copied or decoded until it is asked for.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for a row of more than 64 MiB: most often a quote is not closed.
   * @throws {FileTruncatedError} When the file has become shorter.
   *
   * @example
   * ```ts
   * import { writeFileSync } from "node:fs";
   * import { MemoryMappedFile } from "@isthmus/core";
   *
   * writeFileSync("example.csv", 'name,price\n"pear, green",3\napple,2\n');
   * using file = MemoryMappedFile.createFromFile("example.csv", { access: "read" });
   * for (const row of file.rows()) {
   *   if (row.text(1) === "3") console.log(row.text(0), row.offset); // pear, green 11
   * }
   * ```
   */
  rows(options?: RowOptions): Generator<Row, void> {
    return rows(this.#source(), options);
  }

  /**
   * Follows the file as it grows: yields each line once it is whole, woken by the system. Truncation and rotation come as
   * values in between. An unfinished last line waits for its end, and comes as it is when the file is truncated or
   * rotated. Stores through a map tell nobody; appending, truncating and renaming do. On overlayfs and network file systems
   * a warning says that the file is looked at once a second.
   *
   * **Lines that are lost.** On Linux a file that comes and goes between two looks is read, too, as long as it still has a name
   * in the same directory; otherwise `"missed"` says so. On other systems it is missed, and nothing tells of it.
   *
   * @param options `from`: `"end"` (default) or a byte; a `signal` that ends the loop, which throws its reason.
   * @returns Strings for lines, {@link FollowEvent} objects for what happened to the file.
   * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` for a map without a path.
   *
   * @example
   * ```ts
   * import { appendFileSync, writeFileSync } from "node:fs";
   * import { MemoryMappedFile } from "@isthmus/core";
   *
   * writeFileSync("example.log", "one\n");
   * using file = MemoryMappedFile.createFromFile("example.log", { access: "read" });
   * setTimeout(() => appendFileSync("example.log", "two\n"), 10);
   * for await (const line of file.follow({ from: 0 })) {
   *   console.log(line); // one, two
   *   if (line === "two") break;
   * }
   * ```
   */
  follow(options?: FollowOptions): AsyncGenerator<string | FollowEvent, void> {
    const { backing } = this.#source();
    const { path, isRegular } = backing;
    if (path === undefined || !isRegular || this.#name !== null) {
      throw new NotSupportedError(`Cannot follow ${backing.describe()}: it is no file with a path`);
    }
    return follow(path, platform().duplicate(backing.fd), options);
  }

  /**
   * How often a byte, a text or a sequence of bytes occurs; matches do not overlap.
   *
   * @param needle A byte (0 to 255), a text (as UTF-8) or bytes; not empty.
   * @param range Where to look, in bytes; matches lie inside it as a whole. Default: everywhere. With `ignoreCase`, "a" to
   *   "z" are also "A" to "Z".
   * @throws {FileTruncatedError} When the file has become shorter.
   */
  count(needle: Needle, range?: SearchOptions): number {
    return count(this.#source(), needle, range);
  }

  /**
   * Where a byte, a text or a sequence of bytes first occurs.
   *
   * @param needle A byte (0 to 255), a text (as UTF-8) or bytes; not empty.
   * @param range The first offset that counts, in bytes, or `{ offset, length, ignoreCase }`: where the match lies as a whole, and
   *   whether "a" to "z" are also "A" to "Z". Default: everywhere.
   * @returns The offset in bytes from the beginning of the map, or -1.
   * @throws {FileTruncatedError} When the file has become shorter.
   */
  indexOf(needle: Needle, range?: number | SearchOptions): number {
    return indexOf(this.#source(), needle, range);
  }

  /**
   * Where a byte, a text or a sequence of bytes last occurs; looked for from the end.
   *
   * @param needle A byte (0 to 255), a text (as UTF-8) or bytes; not empty.
   * @param range Where to look, in bytes; the match lies inside it as a whole. Default: everywhere. `ignoreCase` as in `indexOf`.
   * @returns The offset in bytes from the beginning of the map, or -1.
   * @throws {FileTruncatedError} When the file has become shorter.
   *
   * @example The last line of a log
   * ```ts
   * import { writeFileSync } from "node:fs";
   * import { MemoryMappedFile } from "@isthmus/core";
   *
   * writeFileSync("app.log", "started\nstopped\n");
   * using file = MemoryMappedFile.createFromFile("app.log", { access: "read" });
   * const offset = file.lastIndexOf("\n", { length: file.capacity - 1 }) + 1;
   * console.log([...file.lines({ offset })]); // [ "stopped" ]
   * ```
   */
  lastIndexOf(needle: Needle, range?: SearchOptions): number {
    return lastIndexOf(this.#source(), needle, range);
  }

  /**
   * Whether all of it is UTF-8.
   *
   * @param range Which bytes; a character that it begins or ends in is not whole. Default: all.
   * @throws {FileTruncatedError} When the file has become shorter.
   */
  isUtf8(range?: ScanRange): boolean {
    return isUtf8(this.#source(), range);
  }

  /**
   * How often each of the 256 byte values occurs.
   *
   * @param range Which bytes count. Default: all.
   * @throws {FileTruncatedError} When the file has become shorter.
   */
  histogram(range?: ScanRange): Float64Array {
    return histogram(this.#source(), range);
  }

  /**
   * Does a job on several CPUs: one of `scanJobs`, or one's own from a module. Each Worker is given the mapping of a
   * piece of the file after the other; results are put together in the file's order. The caller's event loop goes on.
   *
   * @param job What to look for.
   * @param options How many threads, what ends it early, who is told how far it is.
   * @throws {PeerDiedError} `ERR_PEER_DIED` when a Worker ends before its work does.
   * @throws {FileTruncatedError} When the file becomes shorter than the map meanwhile.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when a job that takes whole lines meets one of more than 1 GiB.
   *
   * @example Count a text
   * ```ts
   * import { writeFileSync } from "node:fs";
   * import { MemoryMappedFile, scanJobs } from "@isthmus/core";
   *
   * writeFileSync("app.log", "ERROR one\nfine\nERROR two\n");
   * using file = MemoryMappedFile.createFromFile("app.log", { access: "read" });
   * console.log(await file.scan(scanJobs.count("ERROR"), { workers: 2 })); // 2
   * ```
   */
  async scan<Result>(job: ScanJob<Result>, options?: ScanOptions): Promise<Result> {
    return await scan(this.#source(), job, options);
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
