/**
 * Futexes, open-file locks, robust mutexes and named pipes of Linux, through glibc or musl.
 *
 * @module
 */
import { dlopen, type FFIFunction, FFIType, type Pointer, ptr, read } from "bun:ffi";
import { NotSupportedError } from "../errors.ts";
import { systemError } from "./errno.ts";
import { linux } from "./linux.ts";
import type { Address } from "./platform.ts";
import type { SyncPlatform } from "./sync-platform.ts";

const { i32, i64, ptr: pointer, u32, u64, cstring } = FFIType;

const SYMBOLS: Record<string, FFIFunction> = {
  // Variadic in C; on x64 and arm64 Linux a fixed list of arguments is passed alike.
  syscall: { args: [i64, u64, i32, u32, pointer, u64, u32], returns: i32 },
  fcntl: { args: [i32, i32, pointer], returns: i32 },
  clock_gettime: { args: [i32, u64], returns: i32 },
  mkfifo: { args: [cstring, u32], returns: i32 },
  __errno_location: { args: [], returns: pointer },
  pthread_mutexattr_init: { args: [pointer], returns: i32 },
  pthread_mutexattr_settype: { args: [pointer, i32], returns: i32 },
  pthread_mutexattr_setpshared: { args: [pointer, i32], returns: i32 },
  pthread_mutexattr_setrobust: { args: [pointer, i32], returns: i32 },
  pthread_mutex_init: { args: [u64, pointer], returns: i32 },
  pthread_mutex_trylock: { args: [u64], returns: i32 },
  pthread_mutex_unlock: { args: [u64], returns: i32 },
  pthread_mutex_consistent: { args: [u64], returns: i32 },
};

interface Calls {
  syscall(
    number: number,
    address: number,
    operation: number,
    value: number,
    timeout: Pointer | null,
    address2: number,
    value3: number,
  ): number;
  fcntl(fd: number, command: number, argument: Pointer): number;
  clock_gettime(clock: number, address: number): number;
  mkfifo(path: string, mode: number): number;
  __errno_location(): Pointer;
  pthread_mutexattr_init(attributes: Pointer): number;
  pthread_mutexattr_settype(attributes: Pointer, type: number): number;
  pthread_mutexattr_setpshared(attributes: Pointer, shared: number): number;
  pthread_mutexattr_setrobust(attributes: Pointer, robust: number): number;
  pthread_mutex_init(mutex: number, attributes: Pointer): number;
  pthread_mutex_trylock(mutex: number): number;
  pthread_mutex_unlock(mutex: number): number;
  pthread_mutex_consistent(mutex: number): number;
}

/** Error numbers that are outcomes here. Linux gives them the same values on every CPU Bun runs on. */
const E = { INTR: 4, AGAIN: 11, ACCES: 13, BUSY: 16, TIMEDOUT: 110, OWNERDEAD: 130 } as const;

const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const FUTEX_NUMBER: Readonly<Record<string, number>> = { x64: 202, arm64: 98 };

const PTHREAD_MUTEX_ERRORCHECK = 2;
const PTHREAD_PROCESS_SHARED = 1;
const PTHREAD_MUTEX_ROBUST = 1;
const MUTEX_ATTRIBUTES_BYTES = 64;
/** Enough for the mutex of either C library. */
const MUTEX_BYTES_MAX = 64;

/** The time of the last tick: read without entering the kernel, and without asking the hardware. */
const CLOCK_REALTIME_COARSE = 5;

const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;
/** struct flock: type i16 at 0, whence i16 at 2, start i64 at 8, length i64 at 16, pid i32 at 24 (0 for OFD locks). */
const FLOCK = { bytes: 32, type: 0, whence: 2, start: 8, length: 16, pid: 24 } as const;

/** Loads the symbols: from libc, or from libpthread before glibc 2.34 moved them there. */
function load(): Calls {
  const failures: string[] = [];
  for (const name of [...linux().libc, "libpthread.so.0"]) {
    try {
      return dlopen(name, SYMBOLS).symbols as unknown as Calls;
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new NotSupportedError(`Cannot load the thread functions of libc: ${failures.join("; ")}`);
}

/** Makes the calls of Linux. */
export function createLinuxSync(): SyncPlatform {
  const calls = load();
  // SAFETY: the C library returns this thread's errno, valid as long as the thread.
  const errno = (): number => read.i32(calls.__errno_location(), 0);
  return {
    ...futexCalls(calls, errno),
    ...byteLockCalls(calls, errno),
    ...mutexCalls(calls),
    mutexBytes: linux().abi.mutexBytes,
    // SAFETY: the caller's mapping covers the 16 bytes.
    stampTime: (address) => void calls.clock_gettime(CLOCK_REALTIME_COARSE, address),
    makeFifo: (path) => {
      if (calls.mkfifo(path, 0o600) !== 0) {
        throw systemError(`create the pipe "${path}"`, "mkfifo", errno(), path);
      }
    },
  };
}

function futexCalls(
  calls: Calls,
  errno: () => number,
): Pick<SyncPlatform, "futexWait" | "futexWake"> {
  const number = FUTEX_NUMBER[process.arch];
  if (number === undefined) throw new NotSupportedError(`Cannot use futexes on ${process.arch}`);
  // struct timespec: seconds i64, nanoseconds i64. Allocated with its buffer, so that its address holds.
  const timespec = new DataView(new ArrayBuffer(16));
  const timespecPointer = ptr(timespec);
  return {
    futexWait: (address, expected, timeoutMs) => {
      const seconds = Math.floor(timeoutMs / 1000);
      timespec.setUint32(0, seconds, true);
      timespec.setUint32(8, Math.floor((timeoutMs - seconds * 1000) * 1e6), true);
      // SAFETY: the caller's mapping covers the word; the kernel reads it and the timeout, and writes neither.
      if (calls.syscall(number, address, FUTEX_WAIT, expected >>> 0, timespecPointer, 0, 0) === 0) {
        return "woken";
      }
      const code = errno();
      if (code === E.AGAIN) return "changed";
      if (code === E.TIMEDOUT) return "timeout";
      if (code === E.INTR) return "interrupted";
      throw systemError("wait on shared memory", "futex", code);
    },
    futexWake: (address, count) => {
      // SAFETY: the kernel uses the address as a key only.
      const woken = calls.syscall(number, address, FUTEX_WAKE, count, null, 0, 0);
      if (woken < 0) throw systemError("wake waiters on shared memory", "futex", errno());
      return woken;
    },
  };
}

function byteLockCalls(
  calls: Calls,
  errno: () => number,
): Pick<SyncPlatform, "tryLockByte" | "tryShareByte" | "unlockByte" | "isByteLocked"> {
  const flock = new DataView(new ArrayBuffer(FLOCK.bytes));
  const flockPointer = ptr(flock);
  const call = (fd: number, command: number, type: number, offset: number): number => {
    flock.setInt16(FLOCK.type, type, true);
    flock.setInt16(FLOCK.whence, 0, true);
    flock.setBigInt64(FLOCK.start, BigInt(offset), true);
    flock.setBigInt64(FLOCK.length, 1n, true);
    flock.setInt32(FLOCK.pid, 0, true);
    // SAFETY: the structure is this function's own and lives as long as the process.
    return calls.fcntl(fd, command, flockPointer);
  };
  const tryLock = (fd: number, type: number, offset: number): boolean => {
    if (call(fd, F_OFD_SETLK, type, offset) === 0) return true;
    const code = errno();
    if (code === E.AGAIN || code === E.ACCES) return false;
    throw systemError("lock a byte of a segment", "fcntl", code);
  };
  return {
    tryLockByte: (fd, offset) => tryLock(fd, F_WRLCK, offset),
    tryShareByte: (fd, offset) => tryLock(fd, F_RDLCK, offset),
    unlockByte: (fd, offset) => {
      if (call(fd, F_OFD_SETLK, F_UNLCK, offset) !== 0) {
        throw systemError("unlock a participant's byte", "fcntl", errno());
      }
    },
    isByteLocked: (fd, offset) => {
      if (call(fd, F_OFD_GETLK, F_WRLCK, offset) !== 0) {
        throw systemError("ask who holds a participant's byte", "fcntl", errno());
      }
      return flock.getInt16(FLOCK.type, true) !== F_UNLCK;
    },
  };
}

function mutexCalls(
  calls: Calls,
): Pick<SyncPlatform, "initMutex" | "mutexType" | "tryLockMutex" | "unlockMutex"> {
  // Thread functions return the error number instead of setting errno.
  const checked = (code: number, what: string): void => {
    if (code !== 0) throw systemError("use a shared mutex", what, code);
  };
  const initMutex = (address: Address): void => {
    const attributes = ptr(new Uint8Array(new ArrayBuffer(MUTEX_ATTRIBUTES_BYTES)));
    checked(calls.pthread_mutexattr_init(attributes), "pthread_mutexattr_init");
    checked(
      calls.pthread_mutexattr_settype(attributes, PTHREAD_MUTEX_ERRORCHECK),
      "pthread_mutexattr_settype",
    );
    checked(
      calls.pthread_mutexattr_setpshared(attributes, PTHREAD_PROCESS_SHARED),
      "pthread_mutexattr_setpshared",
    );
    checked(
      calls.pthread_mutexattr_setrobust(attributes, PTHREAD_MUTEX_ROBUST),
      "pthread_mutexattr_setrobust",
    );
    checked(calls.pthread_mutex_init(address, attributes), "pthread_mutex_init");
  };
  const typeOffset = linux().abi.mutexTypeOffset ?? 0;
  const sample = ptr(new Uint8Array(new ArrayBuffer(MUTEX_BYTES_MAX)));
  initMutex(sample as number as Address);
  return {
    initMutex,
    mutexType: { offset: typeOffset, value: read.i32(sample, typeOffset) },
    tryLockMutex: (address) => {
      // SAFETY: the caller's mapping covers the mutex and outlives the time it is locked.
      const code = calls.pthread_mutex_trylock(address);
      if (code === 0) return "acquired";
      if (code === E.BUSY) return "busy";
      if (code !== E.OWNERDEAD) {
        throw systemError("lock a shared mutex", "pthread_mutex_trylock", code);
      }
      checked(calls.pthread_mutex_consistent(address), "pthread_mutex_consistent");
      return "abandoned";
    },
    unlockMutex: (address) => checked(calls.pthread_mutex_unlock(address), "pthread_mutex_unlock"),
  };
}
