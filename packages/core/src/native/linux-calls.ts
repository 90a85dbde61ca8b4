/**
 * The functions of Linux's C library that processes synchronise with, as declared to FFI.
 *
 * @module
 */
import { NotSupportedError } from "../errors.ts";
import { dlopen, type FFIFunction, FFIType, type Pointer, ptr } from "./ffi.ts";
import { linux } from "./linux.ts";

const { i32, i64, ptr: pointer, u32, cstring } = FFIType;

const SYMBOLS: Record<string, FFIFunction> = {
  // Variadic in C; on x64 and arm64 Linux a fixed list of arguments is passed alike.
  syscall: { args: [i64, pointer, i32, u32, pointer, pointer, u32], returns: i32 },
  fcntl: { args: [i32, i32, pointer], returns: i32 },
  clock_gettime: { args: [i32, pointer], returns: i32 },
  mkfifo: { args: [cstring, u32], returns: i32 },
  __errno_location: { args: [], returns: pointer },
  pthread_mutexattr_init: { args: [pointer], returns: i32 },
  pthread_mutexattr_settype: { args: [pointer, i32], returns: i32 },
  pthread_mutexattr_setpshared: { args: [pointer, i32], returns: i32 },
  pthread_mutexattr_setrobust: { args: [pointer, i32], returns: i32 },
  pthread_mutex_init: { args: [pointer, pointer], returns: i32 },
  pthread_mutex_trylock: { args: [pointer], returns: i32 },
  pthread_mutex_unlock: { args: [pointer], returns: i32 },
  pthread_mutex_consistent: { args: [pointer], returns: i32 },
};

/** The functions as TypeScript sees them. Addresses are numbers: all are below 2^53. */
export interface LinuxCalls {
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

/** Time that only ever goes forward, the same for every process of the machine. */
export const CLOCK_MONOTONIC = 1;

/** The time of the last tick: read without entering the kernel, and without asking the hardware. */
export const CLOCK_REALTIME_COARSE = 5;

const GET_ROBUST_LIST: Readonly<Record<string, number>> = { x64: 274, arm64: 100 };

/** Whether the kernel keeps a list of the robust mutexes that this thread holds, and so can hand them on at its end. */
export function hasRobustLists(): boolean {
  const number = GET_ROBUST_LIST[process.arch];
  if (number === undefined) return false;
  const { symbols } = dlopen(linux().libc[0] as string, {
    syscall: { args: [i64, i32, pointer, pointer], returns: i32 },
  });
  // SAFETY: the kernel writes an address and a length, of 8 bytes each; the arrays live until it has.
  const [head, length] = [new Uint8Array(new ArrayBuffer(8)), new Uint8Array(new ArrayBuffer(8))];
  return symbols.syscall(number, 0, ptr(head), ptr(length)) === 0;
}

/**
 * Loads the functions: from libc, or from libpthread before glibc 2.34 moved them there.
 *
 * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` when neither has them.
 */
export function loadLinuxCalls(): LinuxCalls {
  const failures: string[] = [];
  for (const name of [...linux().libc, "libpthread.so.0"]) {
    try {
      return dlopen(name, SYMBOLS).symbols as unknown as LinuxCalls;
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new NotSupportedError(`Cannot load the thread functions of libc: ${failures.join("; ")}`);
}
