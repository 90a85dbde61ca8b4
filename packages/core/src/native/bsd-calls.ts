/**
 * What macOS and FreeBSD have in common of the calls that processes synchronise with, and what both lack.
 *
 * @module
 */
import { systemError } from "./errno.ts";
import { dlopen, FFIType, type Pointer, ptr, read } from "./ffi.ts";
import type { PosixSystem } from "./posix-system.ts";
import type { SyncPlatform } from "./sync-platform.ts";

const { i32, ptr: pointer, u32, cstring } = FFIType;

const SYMBOLS = {
  mkfifo: { args: [cstring, u32], returns: i32 },
  clock_gettime: { args: [i32, pointer], returns: i32 },
  __error: { args: [], returns: pointer },
} as const;

/** The functions as TypeScript sees them. */
interface BsdCalls {
  mkfifo(path: string, mode: number): number;
  clock_gettime(clock: number, timespec: Pointer): number;
  __error(): Pointer;
}

/** The common part, and this thread's error number. */
export interface BsdSync {
  readonly errno: () => number;
  readonly calls: Pick<
    SyncPlatform,
    "makeFifo" | "monotonicNs" | "canLockPipes" | "robustMutexes" | "byteLocks"
  >;
}

/**
 * Makes the common part.
 *
 * @param clock The number of `CLOCK_MONOTONIC`, which every process of the machine sees alike.
 */
export function createBsdSync(system: PosixSystem, clock: number): BsdSync {
  const symbols = dlopen(system.libc[0] as string, SYMBOLS).symbols as unknown as BsdCalls;
  // SAFETY: the C library returns this thread's errno, valid as long as the thread.
  const errno = (): number => read.i32(symbols.__error(), 0);
  // struct timespec: seconds i64, nanoseconds i64. Allocated with its buffer, so that its address holds.
  const timespec = new Uint32Array(new ArrayBuffer(16));
  const timespecPointer = ptr(timespec);
  return {
    errno,
    calls: {
      makeFifo: (path) => {
        if (symbols.mkfifo(path, 0o600) === 0) return;
        throw systemError(`create the pipe "${path}"`, "mkfifo", errno(), path);
      },
      monotonicNs: () => {
        // SAFETY: the structure is this closure's own and lives as long as it.
        symbols.clock_gettime(clock, timespecPointer);
        return (timespec[0] as number) * 1e9 + (timespec[2] as number);
      },
      // FreeBSD before 14 refuses `flock` on a pipe, and macOS leaves it to the file system.
      canLockPipes: false,
      robustMutexes: undefined,
      byteLocks: undefined,
    },
  };
}
