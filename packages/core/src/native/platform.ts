/**
 * What the floors above may ask of the operating system, and nothing else. Numbers that differ between
 * systems (constants, error numbers, struct layouts) stay below this interface.
 *
 * @module
 */
import { endianness } from "node:os";
import { NotSupportedError } from "../errors.ts";
import { darwin } from "./darwin.ts";
import { freebsd } from "./freebsd.ts";
import { linux } from "./linux.ts";
import { createPosixPlatform } from "./posix.ts";
import { checkRuntime } from "./runtime.ts";

/** A memory address. Only `mapping.ts` may hold one; it means nothing once the region is unmapped. */
export type Address = number & { readonly __address: unique symbol };

/** What may be done with the pages of a mapping. */
export type Protection = "read" | "readWrite" | "readExecute" | "readWriteExecute";

/** Advice on how a range will be used; see `posix_madvise(3)` and `madvise(2)`. */
export type MemoryAdvice =
  | "sequential"
  | "random"
  | "willNeed"
  | "dontNeed"
  | "hugePage"
  | "populate";

/** A request to map memory. */
export interface MapRequest {
  /** Length in bytes, > 0. */
  readonly lengthBytes: number;
  readonly protection: Protection;
  /** `"shared"`: writes reach the file and every process. `"private"`: writes stay in this mapping. */
  readonly sharing: "shared" | "private";
  /** The open file to map. */
  readonly fd: number;
  /** Where in the file the mapping begins; a multiple of the page size. */
  readonly fileOffsetBytes: number;
  /** The file's name, for error messages. */
  readonly path: string | undefined;
}

/** The calls that the floors above are made of. Every one throws `SystemError` when refused. */
export interface Platform {
  /** Size of a memory page in bytes. */
  readonly pageSizeBytes: number;

  /** CPU, C library and size of a mutex in one word: processes share a robust mutex only when it is equal. */
  readonly abiTag: number;

  /** Maps a range of an open file and returns where it begins. */
  map(request: MapRequest): Address;

  /** Unmaps a range that no buffer of `ownedBuffer` covers. */
  unmap(address: Address, lengthBytes: number): void;

  /**
   * Wraps mapped memory in an `ArrayBuffer` that owns it: the range is unmapped exactly once, when the
   * buffer's memory is released, be it by `buffer.transfer(0)` or by the garbage collector.
   */
  ownedBuffer(address: Address, lengthBytes: number): ArrayBuffer;

  /** Wraps mapped memory without owning it; the caller detaches the buffer before the range is unmapped. */
  borrowedBuffer(address: Address, lengthBytes: number): ArrayBuffer;

  /** Writes changed pages back to the file: waits for the disk (`"sync"`) or only begins (`"async"`). */
  sync(address: Address, lengthBytes: number, mode: "sync" | "async"): void;

  /** Passes advice on. Returns false when this system does not know it or cannot follow it here. */
  advise(address: Address, lengthBytes: number, advice: MemoryAdvice, isWritable: boolean): boolean;

  /** One byte per page of the range, non-zero where the page is in memory. */
  residency(address: Address, pageCount: number, into: Uint8Array): void;

  /**
   * Locks a range into memory: it is not paged out until unlocked or unmapped. With `withoutCopying`,
   * for private mappings, the pages stay those of the file where the system can do that.
   */
  lock(address: Address, lengthBytes: number, withoutCopying: boolean): void;

  /** Undoes `lock`. */
  unlock(address: Address, lengthBytes: number): void;

  /** Allocates storage for a range of a file, growing it where needed: `ENOSPC` now, never `SIGBUS` later. */
  allocate(fd: number, offsetBytes: number, lengthBytes: number, path: string | undefined): void;

  /**
   * Begins to write changed pages of a range of a file to the disk, without waiting for it.
   *
   * @returns False where the system has no such call, or refuses it: `sync` does what is possible there.
   */
  beginSync(fd: number, offsetBytes: number, lengthBytes: number): boolean;

  /** Whether an open file has pages of its own size (hugetlbfs), by its `st_blksize`: nothing here fits those. */
  hasHugePages(fd: number, blockBytes: number): boolean;

  /** Takes a lock on an open file without waiting; the kernel drops it when the last copy of `fd` closes. */
  tryLockFile(fd: number, kind: "shared" | "exclusive"): boolean;

  /** Another descriptor of the same open file, not inherited by child processes where the system can. */
  duplicate(fd: number): number;

  /**
   * Opens a file for reading once more where a file system (overlayfs) may have copied it since: then this descriptor
   * maps the copy, and the given one what it was copied from. Returns undefined on any other file system.
   */
  openCopiedUp(fd: number): number | undefined;

  /** A file of size 0 that lives in memory and has no name, or undefined where the system has none. */
  createMemoryFile(label: string): number | undefined;

  /**
   * Watches a mapped range for accesses to what has no storage (`SIGBUS`): behind the end of its file, on a full
   * disk or a broken one. They then read as zero instead of ending the process. Returns undefined where the watch
   * cannot be set up.
   *
   * @param range What was mapped where; the file may be closed at any time.
   */
  guard(range: GuardedRange): RangeGuard | undefined;

  /** Whether `guard` can watch on this thread; finding that out sets it up. */
  canGuard(): boolean;
}

/** A range of a file that has been mapped. */
export interface GuardedRange extends Pick<MapRequest, "fd" | "fileOffsetBytes" | "lengthBytes"> {
  readonly address: Address;
}

/** `"noSpace"`: a store for which the file system had no room. `"unknown"`: ask for the file's length. */
export type FaultCause = "truncated" | "noSpace" | "device" | "unknown";

/** The first access to a range that could not be carried out. */
export interface Fault {
  readonly cause: FaultCause;
  /** Where it was, in bytes from the start of the range. */
  readonly position: number;
}

/** A watch over one mapped range; see {@link Platform.guard}. */
export interface RangeGuard {
  /** The first access that was caught; undefined when there was none. Look only when `FAULT_SEEN` says so. */
  readonly fault: Fault | undefined;
  /** Ends the watch; called about when the range is unmapped. */
  release(): void;
  /** Leaves the watch to itself, for memory that was transferred away: it ends when that has been unmapped. */
  leave(): void;
}

const SYSTEMS = { linux, darwin, freebsd } as const;

let current: Platform | undefined;

/**
 * The platform of this process, made on first use.
 *
 * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` on a runtime, operating system or byte order without an
 * implementation. This is the only place that decides it.
 */
export function platform(): Platform {
  current ??= createPlatform();
  return current;
}

function createPlatform(): Platform {
  checkRuntime();
  const system = SYSTEMS[process.platform as keyof typeof SYSTEMS];
  if (system === undefined) {
    throw new NotSupportedError(
      `Cannot map memory on "${process.platform}": Isthmus supports ${Object.keys(SYSTEMS).join(", ")} so far`,
    );
  }
  if (endianness() !== "LE") {
    throw new NotSupportedError(
      "Cannot map memory on a big-endian CPU: shared layouts are little-endian",
    );
  }
  return createPosixPlatform(system());
}
