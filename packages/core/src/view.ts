/**
 * What accessors and streams share: a mapped range of a map, its access, and its lifetime.
 *
 * @module
 */
import { fdatasync } from "node:fs";
import { accessRules, MEMORY_ACCESS, type MemoryAccess } from "./access.ts";
import type { Backing } from "./backing.ts";
import { DisposedError } from "./errors.ts";
import { mapView } from "./map-pages.ts";
import type { Mapping } from "./mapping.ts";
import { conditionError, fromNodeError } from "./native/errno.ts";
import { FAULT_SEEN } from "./native/fault-flag.ts";
import { type MemoryAdvice, platform } from "./native/platform.ts";
import { ReadAhead } from "./read-ahead.ts";
import { checkInteger, checkOneOf, checkOptions, type OptionNames } from "./validate.ts";

const FLUSH_MODES = ["sync", "async"] as const;
const ADVICE: readonly MemoryAdvice[] = [
  "sequential",
  "random",
  "willNeed",
  "dontNeed",
  "hugePage",
  "populate",
];

/** Which part of a map a view shows, and how. */
export interface ViewOptions {
  /** First byte, from the start of the map. Default 0; any alignment. */
  readonly offset?: number | undefined;
  /** Length in bytes. 0 or absent: to the end of the map. */
  readonly size?: number | undefined;
  /** What the view may do; never more than its map. Default: what the map may do. */
  readonly access?: MemoryAccess | undefined;
}

/** A part of a view. */
export interface RangeOptions {
  /** First byte, from the start of the view. Default 0. */
  readonly offset?: number | undefined;
  /** Length in bytes. 0 or absent: to the end of the view. */
  readonly size?: number | undefined;
}

/** What to flush, and whether to wait for the disk. */
export interface FlushOptions extends RangeOptions {
  /** `"sync"` (default) returns when the bytes are on disk, `"async"` as soon as the system writes them. */
  readonly mode?: "sync" | "async" | undefined;
}

/** The options of every view. */
export const VIEW_OPTIONS: OptionNames<ViewOptions> = { offset: true, size: true, access: true };
const FLUSH_OPTIONS: OptionNames<FlushOptions> = { offset: true, size: true, mode: true };

/** The options of whatever is done to a part of a view. */
export const RANGE_OPTIONS: OptionNames<RangeOptions> = { offset: true, size: true };

/** What a view is made from. */
export interface ViewSource {
  readonly backing: Backing;
  /** The map's access. */
  readonly access: MemoryAccess;
  /** The map's length in bytes. */
  readonly capacity: number;
}

/** A mapped range and the open file it keeps alive. */
export class View {
  readonly mapping: Mapping;
  readonly backing: Backing;
  /** Length in bytes. */
  readonly capacity: number;
  readonly canWrite: boolean;
  readonly #writesFile: boolean;
  readonly #offset: number;
  readonly #readAhead: ReadAhead;
  #isDisposed = false;

  /**
   * Maps a part of a map.
   *
   * @param source The map.
   * @param options The part and its access, unchecked.
   * @throws {SystemError} `EACCES` when the part is outside the map or its access wider than the map's.
   * @throws {FileTruncatedError} When the file has become shorter than the part's end.
   */
  constructor(source: ViewSource, options: ViewOptions | undefined) {
    const { backing } = source;
    const { offset, size, access } = resolveView(source, options);
    backing.checkReaches(offset + size);
    this.mapping = mapView(backing, offset, size, access);
    this.backing = backing.retain();
    this.capacity = size;
    this.#offset = offset;
    const rules = accessRules(access);
    this.#readAhead = new ReadAhead(
      this.mapping,
      backing,
      offset,
      rules.writesFile || !rules.canWrite,
    );
    this.canWrite = rules.canWrite;
    this.#writesFile = rules.writesFile;
  }

  /** Whether the view has been disposed, or its memory transferred away. */
  get isGone(): boolean {
    return this.mapping.isGone;
  }

  /**
   * Checks that the view has its memory.
   *
   * @param what The object that shows it, as a user knows it.
   * @throws {DisposedError} After disposal, and when a buffer of `bytes()` was transferred to somebody else.
   */
  checkHere(what: string): void {
    if (!this.isGone) return;
    if (this.#isDisposed) throw new DisposedError(what);
    throw new DisposedError(what, "its buffer has been transferred away; create another view");
  }

  /** Throws when an access has found no storage behind the view. Costs a look at the view's flag. */
  checkFaults(): void {
    checkFaults(this.mapping, this.backing, this.#offset);
  }

  /** The bytes themselves: see `ViewAccessor.bytes`. The caller has checked that they are inside. */
  bytes(offset: number, length: number): Uint8Array<ArrayBuffer> {
    if (!this.#writesFile) this.#readAhead.noteOwnWrites();
    return this.mapping.bytes(offset, length);
  }

  /** Copies bytes out of the view. The caller has checked that they are inside. */
  copyOut(position: number, into: Uint8Array): void {
    this.#readAhead.copy(position, into);
    if (FAULT_SEEN[0] !== 0) this.checkFaults();
  }

  /** Copies bytes into the view. The caller has checked that they fit and that it may be written. */
  copyIn(position: number, from: Uint8Array): void {
    this.mapping.copy(position, from, true);
    if (FAULT_SEEN[0] !== 0) this.checkFaults();
  }

  /** Checks a range of the view and fills in its defaults. */
  range(options: RangeOptions): { offset: number; size: number } {
    const { offset = 0, size = 0 } = options;
    checkInteger("offset", offset, 0, this.capacity);
    const room = this.capacity - offset;
    return { offset, size: checkInteger("size", size, 0, room) || room };
  }

  /** Writes changes of a range to the file; see `ViewAccessor.flush`. */
  flush(options?: FlushOptions): void {
    const checked = checkOptions("options", options, FLUSH_OPTIONS);
    const { mode = "sync" } = checked;
    checkOneOf("mode", mode, FLUSH_MODES);
    const { offset, size } = this.range(checked);
    if (this.#writesFile && size > 0) this.#sync(offset, size, mode);
    // What could be written is on its way; the rest went to no file.
    this.checkFaults();
  }

  #sync(offset: number, size: number, mode: "sync" | "async"): void {
    const { fd, baseOffset, isRegular } = this.backing;
    const start = baseOffset + this.#offset + offset;
    if (mode === "async" && isRegular && platform().beginSync(fd, start, size)) return;
    this.mapping.sync(offset, size, mode, fd);
  }

  /** Writes changes to the file without blocking the event loop. */
  async flushAsync(): Promise<void> {
    const { mapping, backing } = this;
    // Looked at before, too: the view may be disposed meanwhile.
    const failure = faultOf(mapping, backing, this.#offset);
    if (this.#writesFile && backing.isRegular) await this.#syncFile();
    if (failure !== undefined) throw failure;
    this.checkFaults();
  }

  /**
   * Most systems keep one cache for files and mappings, so that syncing the file syncs the pages; it happens on a
   * thread of Bun's pool, where msync would block this one.
   */
  async #syncFile(): Promise<void> {
    const { backing, mapping, capacity } = this;
    backing.retain();
    try {
      if (!platform().syncsMappings) mapping.sync(0, capacity, "async", backing.fd);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      fdatasync(backing.fd, (error) => (error ? reject(error) : resolve()));
      await promise;
    } catch (error) {
      throw fromNodeError(error, `flush ${backing.describe()}`);
    } finally {
      backing.release();
    }
  }

  /** Passes advice on; returns whether the operating system took it. */
  advise(advice: MemoryAdvice, options?: RangeOptions): boolean {
    const word = checkOneOf("advice", advice, ADVICE);
    const { offset, size } = this.range(checkOptions("options", options, RANGE_OPTIONS));
    return this.mapping.advise(offset, size, word);
  }

  /** Keeps a range in memory; see `ViewAccessor.lock`. */
  lock(options?: RangeOptions): void {
    const { offset, size } = this.range(checkOptions("options", options, RANGE_OPTIONS));
    try {
      this.mapping.lock(offset, size);
    } catch (error) {
      // The system says the same of a limit and of pages that are behind the end of the file.
      this.backing.checkReaches(this.#offset + offset + size);
      throw error;
    }
  }

  /** Unmaps the range and lets go of the file. Calling it again does nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.mapping.dispose();
    this.backing.release();
  }
}

/**
 * Throws when an access to a mapping has found no storage.
 *
 * @param offset Where the mapping begins, in bytes from the map's offset 0.
 */
export function checkFaults(mapping: Mapping, backing: Backing, offset: number): void {
  const failure = faultOf(mapping, backing, offset);
  if (failure !== undefined) throw failure;
}

function faultOf(mapping: Mapping, backing: Backing, offset: number): Error | undefined {
  const { fault, lengthBytes } = mapping;
  if (fault === undefined) return undefined;
  const { cause, position } = fault;
  return backing.failed({ cause, position: offset + position }, offset + lengthBytes);
}

function resolveView(source: ViewSource, options: ViewOptions | undefined) {
  const checked = checkOptions("options", options, VIEW_OPTIONS);
  const { offset = 0, size: wantedSize = 0, access = source.access } = checked;
  checkInteger("offset", offset);
  checkInteger("size", wantedSize);
  checkOneOf("access", access, MEMORY_ACCESS);
  const { backing, capacity } = source;
  if (!accessRules(source.access).views.includes(access)) {
    const attempt = `create a "${access}" view of ${backing.describe()}, which is mapped "${source.access}"`;
    const reason = `a view may do no more than its map: open the file with access "${access}"`;
    throw conditionError("EACCES", attempt, "mmap", backing.path, reason);
  }
  const size = wantedSize || Math.max(0, capacity - offset);
  if (offset + size > capacity) {
    const attempt = `create a view of bytes ${offset} to ${offset + size} of ${backing.describe()}`;
    const reason = `it must end within the map's capacity of ${capacity} bytes`;
    throw conditionError("EACCES", attempt, "mmap", backing.path, reason);
  }
  return { offset, size, access };
}
