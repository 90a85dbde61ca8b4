/**
 * The one owner of a mapped region of memory.
 *
 * ```text
 *   file     ────────┬──────────────────────────────────────────────┬────────
 *   pages            │ mapped: whole pages                          │
 *   windows          │ ArrayBuffer 0 (4 GiB) │ ArrayBuffer 1 │ …    │
 *   user's range     ·····│ offset … offset + length │··············
 *                    pointerOffset
 * ```
 *
 * An `ArrayBuffer` holds 4 GiB at most, so a larger region has several, one behind the other. Each owns its
 * pages: JavaScriptCore unmaps them when the buffer's memory is released. Disposing releases it at once and
 * leaves every typed array on it with length 0; a mapping that nobody disposes is unmapped when the
 * collector finds that neither the mapping nor any typed array on it is in use. So is a buffer that a pending call
 * of the runtime still uses when the mapping is disposed.
 *
 * @module
 */
import { DisposedError, NotSupportedError } from "./errors.ts";
import { giveBack, KEPT_ALIVE } from "./give-back.ts";
import { FAULT_SEEN } from "./native/fault-flag.ts";
import {
  type Address,
  type Fault,
  type MapRequest,
  type MemoryAdvice,
  platform,
  type RangeGuard,
  type SharedMutex,
} from "./native/platform.ts";
import { residentBytes } from "./residency.ts";
import { SharedFutex } from "./shared-futex.ts";
import { outOfRange } from "./validate.ts";
import { WINDOW_BYTES, wrapWindows } from "./windows.ts";

/** What the system reads at a time where it is told to use huge pages, in bytes: less than that is not worth it. */
export const READING_BYTES: number = 2 << 20;

/** What to map: any byte range of an open file. */
export interface MappingRequest extends Omit<MapRequest, "fileOffsetBytes"> {
  /** Where the range begins in the file, in bytes; any alignment. */
  readonly offsetBytes: number;
  /** Whether to map all that is before the range, too: some files can only be mapped from their start. */
  readonly isFromStart?: boolean;
  /**
   * Whether the region stays mapped until `dispose`, even when the thread that mapped it ends. A Worker's buffers
   * are released before its thread ends, and only then does the kernel look, in memory, for the robust mutexes
   * that the thread held: unmapped by then, they would stay locked for ever.
   */
  readonly isPinned?: boolean;
}

/**
 * A mapped byte range of a file. All offsets are in bytes from the start of the range, not of its first page.
 *
 * **Safety.** The memory may change at any time when others map the same file. Typed arrays made by
 * `bytes()` are dead (length 0) once the mapping is disposed.
 */
export class Mapping implements Disposable {
  /** Length of the range in bytes. */
  readonly lengthBytes: number;
  /** Bytes between the first mapped page and the range. */
  readonly pointerOffset: number;
  readonly #isPrivate: boolean;
  /** Whether writes to the pages go to the file. */
  readonly #isWrittenThrough: boolean;
  readonly #isPinned: boolean;
  #address: Address | undefined;
  #windows: ArrayBuffer[];
  #bridges: ArrayBuffer[] = [];
  #guard: RangeGuard | undefined;
  #isDisposed = false;
  #isKept = false;

  /**
   * Maps a range. A range of length 0 maps nothing and is valid.
   *
   * @param request The open file, the range and how to map it.
   * @throws {SystemError} When the operating system refuses, with its code.
   */
  constructor(request: MappingRequest) {
    const { lengthBytes, offsetBytes } = request;
    this.lengthBytes = lengthBytes;
    this.#isPrivate = request.sharing === "private";
    const isWritable = request.protection.startsWith("readWrite");
    this.#isWrittenThrough = isWritable && !this.#isPrivate;
    this.#isPinned = request.isPinned || platform().ownedBuffer === undefined;
    if (lengthBytes === 0) {
      this.pointerOffset = 0;
      this.#windows = [new ArrayBuffer(0)];
      return;
    }
    const system = platform();
    const isFromStart = request.isFromStart ?? false;
    this.pointerOffset = isFromStart ? offsetBytes : offsetBytes % system.granuleBytes;
    const mappedBytes = this.pointerOffset + lengthBytes;
    const fileOffsetBytes = offsetBytes - this.pointerOffset;
    const address = system.map({ ...request, lengthBytes: mappedBytes, fileOffsetBytes });
    this.#address = address;
    this.#windows = wrapWindows(address, mappedBytes, this.#isPinned);
    const { fd } = request;
    this.#guard = system.guard({ address, lengthBytes: mappedBytes, fd, fileOffsetBytes });
    for (const window of this.#windows) KEPT_ALIVE.set(window, this.#guard);
  }

  /** Whether `dispose` has been called. */
  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** Whether the memory is not this mapping's any more: it is disposed, or a window of it was transferred away. */
  get isGone(): boolean {
    return this.#isDisposed || this.#windows.some((window) => window.detached);
  }

  /**
   * The first access that found no storage behind the range, its position in bytes from the range's start: what was
   * read there are zeros, and what was written is lost.
   */
  get fault(): Fault | undefined {
    // Asked on every use of a lock: so little code that all of it is compiled into the caller.
    return FAULT_SEEN[0] === 0 ? undefined : this.#findFault();
  }

  #findFault(): Fault | undefined {
    const fault = this.#guard?.fault;
    return fault && { cause: fault.cause, position: fault.position - this.pointerOffset };
  }

  /** The buffers of the region, in order: all of `WINDOW_BYTES` but the last. None after disposal. */
  get windows(): readonly ArrayBuffer[] {
    return this.#windows;
  }

  /**
   * The bytes of a part of the range, without a copy.
   *
   * @param offset Start in bytes.
   * @param length Length in bytes, at most 4 GiB.
   * @throws {DisposedError} When the memory is gone.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for more than 4 GiB, the longest `ArrayBuffer`.
   */
  bytes(offset: number, length: number): Uint8Array<ArrayBuffer> {
    this.#checkHere();
    if (length > WINDOW_BYTES) {
      throw outOfRange("length", `<= ${WINDOW_BYTES} (the longest ArrayBuffer)`, length);
    }
    const start = this.pointerOffset + offset;
    const index = Math.min(Math.floor(start / WINDOW_BYTES), this.#windows.length - 1);
    const window = this.#windows[index] as ArrayBuffer;
    const startInWindow = start - index * WINDOW_BYTES;
    if (startInWindow + length <= window.byteLength) {
      return new Uint8Array(window, startInWindow, length);
    }
    return new Uint8Array(this.#bridge(start, length));
  }

  /**
   * The same in a buffer of its own, for what is handed out in place: who transfers that buffer away takes these bytes
   * from their user, and nothing from the mapping.
   *
   * @throws {DisposedError} When the memory is gone.
   */
  bytesApart(offset: number, length: number): Uint8Array<ArrayBuffer> {
    this.#checkHere();
    return new Uint8Array(this.#bridge(this.pointerOffset + offset, length));
  }

  /**
   * Copies between the range and an array, across windows.
   *
   * @param offset Start in the range, in bytes; the caller has checked that all of `bytes` fits.
   * @param bytes Where the bytes go, or come from when `isWrite`.
   */
  copy(offset: number, bytes: Uint8Array, isWrite: boolean): void {
    this.#checkHere();
    for (let done = 0; done < bytes.length; ) {
      const start = this.pointerOffset + offset + done;
      const index = Math.floor(start / WINDOW_BYTES);
      const window = this.#windows[index] as ArrayBuffer;
      const startInWindow = start - index * WINDOW_BYTES;
      const count = Math.min(window.byteLength - startInWindow, bytes.length - done);
      const here = new Uint8Array(window, startInWindow, count);
      const there = count === bytes.length ? bytes : bytes.subarray(done, done + count);
      if (isWrite) here.set(there);
      else there.set(here);
      done += count;
    }
  }

  /**
   * Writes changes of a range back to the file; see `msync(2)`.
   *
   * @param fd The file, open for writing.
   */
  sync(offset: number, length: number, mode: "sync" | "async", fd: number): void {
    this.#onPages(offset, length, (address, bytes) => platform().sync(address, bytes, mode, fd));
  }

  /**
   * Passes advice on a range to the operating system.
   *
   * @returns Whether it was taken.
   */
  advise(offset: number, length: number, advice: MemoryAdvice): boolean {
    // Dropping pages of a private mapping would drop the changes made in it.
    if (advice === "dontNeed" && this.#isPrivate) return false;
    let isTaken = true;
    this.#onPages(offset, length, (address, bytes) => {
      isTaken = platform().advise(address, bytes, advice, this.#isWrittenThrough);
    });
    return isTaken;
  }

  /** Says that a range will be read from front to back: by megabytes, whatever the usual read-ahead is (decision 0014). */
  adviseReading(offset: number, length: number): void {
    if (length >= READING_BYTES && this.advise(offset, length, "hugePage")) return;
    this.advise(offset, length, "sequential");
  }

  /** Moves what is in a range to huge pages, whole ones only, where that is possible; see `isGatherable`. What is there stays. */
  gatherPages(offset: number, length: number): void {
    this.#onPages(offset, length, (address, bytes) => platform().gatherPages(address, bytes));
  }

  /** How many bytes of a range are in memory now, counted in whole pages and cut to the range. */
  residentBytes(offset: number, length: number): number {
    let resident = 0;
    this.#onPages(offset, length, (address, bytes, leadBytes) => {
      resident = residentBytes(address, bytes, leadBytes);
    });
    return resident;
  }

  /** Keeps a range in memory until `unlock` or disposal; see `mlock(2)`. */
  lock(offset: number, length: number): void {
    this.#onPages(offset, length, (address, bytes) =>
      platform().lock(address, bytes, this.#isPrivate),
    );
  }

  /** Undoes `lock`. */
  unlock(offset: number, length: number): void {
    this.#onPages(offset, length, (address, bytes) => platform().unlock(address, bytes));
  }

  /**
   * A 32-bit word of the range that threads of any process can sleep on.
   *
   * @param offset Where it is, in bytes; a multiple of 4 in memory.
   * @returns Undefined where the system has no such words.
   */
  futex(offset: number): SharedFutex | undefined {
    const { futexes } = platform();
    return futexes && new SharedFutex(this, this.#addressOf(offset), futexes);
  }

  /**
   * A robust mutex in the range, `robustMutexes.mutexBytes` long. The mapping must not be disposed while this
   * thread holds it: the kernel would look for it there when the thread ends.
   *
   * @param offset Where it is, in bytes; a multiple of 8 in memory.
   * @param timestampOffset Where `tryLock` writes the time of locking, as a `struct timespec`.
   * @throws {NotSupportedError} Where the system has no such mutexes.
   */
  robustMutex(offset: number, timestampOffset: number): SharedMutex {
    const { robustMutexes } = platform();
    if (robustMutexes === undefined) {
      throw new NotSupportedError(`Cannot use a robust mutex: "${process.platform}" has none`);
    }
    return robustMutexes.mutex(this, {
      bytes: this.bytes(offset, robustMutexes.mutexBytes),
      address: this.#addressOf(offset),
      stampAddress: this.#addressOf(timestampOffset),
    });
  }

  /** Leaves the memory of a pinned mapping mapped for good, because native code still refers to it. */
  keepMapped(): void {
    this.#isKept = true;
  }

  /** Detaches every typed array and unmaps the memory. Calling it again does nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    const address = this.#address;
    const windows = this.#windows;
    const bridges = this.#bridges;
    const guard = this.#guard;
    this.#isDisposed = true;
    this.#address = undefined;
    this.#windows = [];
    this.#bridges = [];
    this.#guard = undefined;
    const lengthBytes = this.pointerOffset + this.lengthBytes;
    giveBack({
      region: address === undefined ? undefined : { address, lengthBytes },
      windows,
      bridges,
      guard,
      owner: !this.#isPinned ? "windows" : this.#isKept ? "nobody" : "mapping",
    });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #checkHere(): void {
    if (this.isGone) throw new DisposedError("mapping");
  }

  #addressOf(offset: number): Address {
    if (this.#address === undefined) throw new DisposedError("mapping");
    return (this.#address + this.pointerOffset + offset) as Address;
  }

  /** A buffer over a range that owns nothing of it, as for one that crosses from one window into the next. */
  #bridge(start: number, length: number): ArrayBuffer {
    const address = ((this.#address as Address) + start) as Address;
    const bridge = platform().borrowedBuffer(address, length);
    // It owns nothing, so the windows must not be collected while a typed array on it is in use.
    KEPT_ALIVE.set(bridge, this.#windows);
    this.#bridges.push(bridge);
    return bridge;
  }

  /**
   * Runs a call on the whole pages around a range; not at all on an empty one.
   * The callback gets the pages' address, their length up to the end of the range, and the bytes before it.
   */
  #onPages(
    offset: number,
    length: number,
    run: (address: Address, lengthBytes: number, leadBytes: number) => void,
  ): void {
    this.#checkHere();
    if (length === 0) return;
    const start = this.pointerOffset + offset;
    const leadBytes = start % platform().pageSizeBytes;
    run(((this.#address as Address) + start - leadBytes) as Address, leadBytes + length, leadBytes);
  }
}
