/**
 * The description of one POSIX system: where its C library is and the values in which it differs.
 *
 * @module
 */
import type { Library } from "./abi.ts";
import type { Signatures } from "./engine.ts";
import type { ErrnoCall, Libc, SystemCall } from "./libc.ts";
import type {
  ByteLocks,
  DirectoryCalls,
  FutexCalls,
  MemoryAdvice,
  ProcessCalls,
  RobustMutexes,
} from "./platform-interface.ts";

/** Everything `posix.ts` needs to know of a system. */
export interface PosixSystem {
  /** Library names to try in order. */
  readonly libc: readonly string[];
  /** What the library has beside what every POSIX system has. */
  readonly calls: readonly SystemCall[];
  /** What no other system's library has. */
  readonly ownCalls?: Signatures;
  /** What tells this system's segments from another's; see `Platform.abiTag`. */
  readonly library: Library;
  /** The function that returns the address of this thread's `errno`. */
  readonly errnoCall: ErrnoCall;
  readonly mapAnonymous: number;
  readonly mapNoReserve: number;
  readonly msync: { readonly sync: number; readonly async: number };
  /** `madvise` numbers; absent where the system has no such advice. */
  readonly advice: Readonly<Partial<Record<MemoryAdvice | "populateWrite" | "collapse", number>>>;
  /** `EAGAIN`/`EWOULDBLOCK`, which a busy file lock returns. */
  readonly wouldBlock: number;
  readonly interrupted: number;
  /** Error numbers by which a file system says that it cannot preallocate. */
  readonly cannotAllocate: readonly number[];
  /** `fcntl`'s `F_DUPFD_CLOEXEC`; absent where variadic calls through FFI are not safe. */
  readonly duplicateCloexec?: number;
  /** See `Platform.openCopiedUp`; absent where no file system copies files so. */
  readonly openCopiedUp?: (fd: number) => number | undefined;
  /** See `FileCalls.readsMappings`; absent where nobody has tried it. */
  readonly readsMappings?: boolean;
  /** Flags for `memfd_create`; absent where the system has none. */
  readonly memfdCloexec?: number;
  /** `SYNC_FILE_RANGE_WRITE` for `sync_file_range`; absent where `msync` can begin the writing. */
  readonly syncFileRangeWrite?: number;
  /** `SEEK_DATA`, `SEEK_HOLE`, and the error number by which `lseek` says that there is none; absent where it is not so. */
  readonly seekData?: {
    readonly whence: number;
    readonly hole: number;
    readonly nothing: number;
    /** `POSIX_FADV_DONTNEED`: `SEEK_DATA` takes pages in memory for data. */
    readonly dontNeed: number;
  };
  /** The type that `statfs` reports for file systems of huge pages; absent where there are none. */
  readonly hugePagesType?: number;
  /** `MLOCK_ONFAULT` for `mlock2`; absent where the system has no such call. */
  readonly mlockOnFault?: number;
  /** How many mappings a process may have, where the system limits that. */
  readonly mappingLimit?: number | undefined;
  /** `CLOCK_MONOTONIC`, which every process of the machine sees alike. */
  readonly monotonicClock: number;
  /** Whether `flock` takes named pipes. */
  readonly canLockPipes: boolean;
  readonly futex: (libc: Libc) => FutexCalls;
  /** See `LockCalls.byteLocks`. */
  readonly byteLocks?: (libc: Libc) => ByteLocks;
  /** See `LockCalls.robustMutexes`; called when they are first needed. */
  readonly robustMutexes?: (libc: Libc) => RobustMutexes | undefined;
  /** See `DirectoryCalls.nameLog`. */
  readonly nameLogs?: (libc: Libc) => DirectoryCalls["nameLog"];
  /** What the system tells of other processes; absent where it is not asked. */
  readonly processes?: ProcessCalls;
  /** How `bus-guard.c` is told this system's numbers and struct layouts. */
  readonly busGuard: Readonly<Record<string, string>>;
}

/** Protection bits: the same on every POSIX system. */
export const PROT = { read: 1, write: 2, execute: 4 } as const;
/** Sharing flags of `mmap`: the same on every POSIX system. */
export const MAP = { shared: 1, private: 2, fixed: 16 } as const;
/** How many bytes a huge page has, on every CPU whose pages have 4096. */
export const HUGE_PAGE_BYTES: number = 2 << 20;
/** Operations of `flock`: the same on every POSIX system that has it. */
export const LOCK = { shared: 1, exclusive: 2, nonBlocking: 4 } as const;
