/**
 * The C library: loading it and the symbols that every POSIX system shares.
 *
 * @module
 */
import { NotSupportedError } from "../errors.ts";
import { dlopen, type FFIFunction, FFIType, type Pointer, read } from "./ffi.ts";
import type { PosixSystem } from "./posix-system.ts";

const { i32, i64, ptr, u32, u64, cstring } = FFIType;

/** Calls that all systems have, none of them variadic. */
const COMMON = {
  mmap: { args: [ptr, u64, i32, i32, i32, i64], returns: ptr },
  munmap: { args: [ptr, u64], returns: i32 },
  msync: { args: [ptr, u64, i32], returns: i32 },
  madvise: { args: [ptr, u64, i32], returns: i32 },
  mincore: { args: [ptr, u64, ptr], returns: i32 },
  mlock: { args: [ptr, u64], returns: i32 },
  munlock: { args: [ptr, u64], returns: i32 },
  flock: { args: [i32, i32], returns: i32 },
  dup: { args: [i32], returns: i32 },
  getpagesize: { args: [], returns: i32 },
  // Never called from here: only its address is passed on.
  sigaction: { args: [i32, ptr, ptr], returns: i32 },
} as const satisfies Record<string, FFIFunction>;

/** Calls that some systems lack; the system's description says which may be used. */
const OPTIONAL = {
  posix_fallocate: { args: [i32, i64, i64], returns: i32 },
  memfd_create: { args: [cstring, u32], returns: i32 },
  mlock2: { args: [ptr, u64, u32], returns: i32 },
  sync_file_range: { args: [i32, i64, i64, u32], returns: i32 },
  // Variadic in C; a fixed third argument is passed alike on Linux and FreeBSD (x64 and arm64).
  fcntl: { args: [i32, i32, i32], returns: i32 },
  // Never called from here: only its address is passed on.
  syscall: { args: [i64], returns: i64 },
  __errno_location: { args: [], returns: ptr },
  __error: { args: [], returns: ptr },
} as const satisfies Record<string, FFIFunction>;

/** The calls as TypeScript sees them. Addresses and lengths are numbers: all are below 2^53. */
export interface LibcCalls {
  /** Returns a number, or the BigInt 2^64 - 1 (`MAP_FAILED`) when refused. */
  mmap(
    address: number,
    length: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ): number | bigint;
  munmap(address: number, length: number): number;
  msync(address: number, length: number, flags: number): number;
  madvise(address: number, length: number, advice: number): number;
  mincore(address: number, length: number, residency: Uint8Array): number;
  mlock(address: number, length: number): number;
  munlock(address: number, length: number): number;
  flock(fd: number, operation: number): number;
  dup(fd: number): number;
  getpagesize(): number;
  /** Returns the error number itself, not -1. */
  posix_fallocate(fd: number, offset: number, length: number): number;
  mlock2(address: number, length: number, flags: number): number;
  sync_file_range(fd: number, offset: number, length: number, flags: number): number;
  memfd_create(name: string, flags: number): number;
  fcntl(fd: number, command: number, argument: number): number;
}

/** The loaded C library of this process. */
export interface Libc {
  readonly call: LibcCalls;
  /** Addresses of functions that native code calls: JavaScriptCore to release a buffer, `bus-guard.c`. */
  readonly addresses: {
    readonly munmap: number;
    readonly mmap: number;
    readonly sigaction: number;
    /** 0 where there is none. */
    readonly syscall: number;
  };
  /** The error number of this thread's last failed call; read it before anything else is called. */
  errno(): number;
}

/**
 * Loads the C library.
 *
 * @throws {NotSupportedError} `ERR_NOT_SUPPORTED`, with the names that were tried, when there is none.
 */
export function loadLibc(system: PosixSystem): Libc {
  const wanted: Record<string, FFIFunction> = {
    ...COMMON,
    [system.errnoSymbol]: OPTIONAL[system.errnoSymbol],
    ...(system.hasFallocate ? { posix_fallocate: OPTIONAL.posix_fallocate } : {}),
    ...(system.memfdCloexec === undefined ? {} : { memfd_create: OPTIONAL.memfd_create }),
    ...(system.mlockOnFault === undefined ? {} : { mlock2: OPTIONAL.mlock2 }),
    ...(system.hasSyscall ? { syscall: OPTIONAL.syscall } : {}),
    ...(system.duplicateCloexec === undefined ? {} : { fcntl: OPTIONAL.fcntl }),
    ...(system.syncFileRangeWrite === undefined
      ? {}
      : { sync_file_range: OPTIONAL.sync_file_range }),
  };
  const failures: string[] = [];
  for (const name of system.libc) {
    try {
      const { symbols } = dlopen(name, wanted);
      const call = symbols as unknown as LibcCalls;
      const errnoAddress = symbols[system.errnoSymbol] as unknown as () => Pointer;
      const addressOf = (name: keyof typeof COMMON | "syscall"): number =>
        (symbols[name] as unknown as { readonly ptr: number }).ptr;
      return {
        call,
        addresses: {
          munmap: addressOf("munmap"),
          mmap: addressOf("mmap"),
          sigaction: addressOf("sigaction"),
          syscall: system.hasSyscall ? addressOf("syscall") : 0,
        },
        // SAFETY: the C library returns this thread's errno, valid as long as the thread.
        errno: () => read.i32(errnoAddress(), 0),
      };
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new NotSupportedError(`Cannot load the C library: ${failures.join("; ")}`);
}
