/**
 * The C library: the one place that loads it, with every function of it that is called.
 *
 * @module
 */
import { NotSupportedError } from "../errors.ts";
import type { CType, Signature } from "./engine.ts";
import type { PosixSystem } from "./posix-system.ts";
import { engine } from "./runtime.ts";

/** A function that returns an `int`. */
export const int = (...args: readonly CType[]): Signature => ({ args, returns: "i32" });

/** A function without parameters that returns the address of this thread's `errno`. */
const ERRNO: Signature = { args: [], returns: "pointer" };

/** Calls that all systems have. Addresses and lengths are numbers: all are below 2^53. */
interface CommonCalls {
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
  mincore(address: number, length: number, residency: number): number;
  mlock(address: number, length: number): number;
  munlock(address: number, length: number): number;
  flock(fd: number, operation: number): number;
  dup(fd: number): number;
  close(fd: number): number;
  getpagesize(): number;
  clock_gettime(clock: number, timespec: number): number;
  mkfifo(path: string, mode: number): number;
  sigaction(signal: number, action: number, old: number): number;
}

/** Calls that some systems lack: a system's description names those that it has. Those of one alone are in its file. */
interface SystemCalls {
  __errno_location(): number;
  __error(): number;
  /** Returns the error number itself, not -1. */
  posix_fallocate(fd: number, offset: number, length: number): number;
  /** Returns the error number itself, not -1. */
  posix_fadvise(fd: number, offset: number, length: number, advice: number): number;
  memfd_create(name: string, flags: number): number;
  mlock2(address: number, length: number, flags: number): number;
  sync_file_range(fd: number, offset: number, length: number, flags: number): number;
  /** Returns an offset (0 may arrive as null), or the BigInt 2^64 - 1 when refused. */
  lseek(fd: number, offset: number, whence: number): number | bigint | null;
  /** The argument is a number or an address, as the command says. */
  fcntl(fd: number, command: number, argument: number): number;
  read(fd: number, buffer: number, length: number): number;
  inotify_init1(flags: number): number;
  inotify_add_watch(fd: number, path: string, mask: number): number;
  inotify_rm_watch(fd: number, watch: number): number;
  /** The arguments are numbers or addresses, as the system call of that number says. */
  syscall(
    number: number,
    argument1: number,
    argument2: number,
    argument3: number,
    argument4: number,
    argument5: number,
    argument6: number,
  ): number;
  pthread_mutexattr_init(attributes: number): number;
  pthread_mutexattr_settype(attributes: number, type: number): number;
  pthread_mutexattr_setpshared(attributes: number, shared: number): number;
  pthread_mutexattr_setrobust(attributes: number, robust: number): number;
  pthread_mutex_init(mutex: number, attributes: number): number;
  pthread_mutex_lock(mutex: number): number;
  pthread_mutex_trylock(mutex: number): number;
  pthread_mutex_unlock(mutex: number): number;
  pthread_mutex_consistent(mutex: number): number;
}

/** All calls. */
export interface LibcCalls extends CommonCalls, SystemCalls {}

/** A call that a system may lack. */
export type SystemCall = Exclude<keyof SystemCalls, ErrnoCall>;

/** The function that returns the address of this thread's `errno`. */
export type ErrnoCall = "__errno_location" | "__error";

const COMMON: Readonly<Record<keyof CommonCalls, Signature>> = {
  mmap: { args: ["pointer", "u64", "i32", "i32", "i32", "i64"], returns: "pointer" },
  munmap: int("pointer", "u64"),
  msync: int("pointer", "u64", "i32"),
  madvise: int("pointer", "u64", "i32"),
  mincore: int("pointer", "u64", "pointer"),
  mlock: int("pointer", "u64"),
  munlock: int("pointer", "u64"),
  flock: int("i32", "i32"),
  dup: int("i32"),
  close: int("i32"),
  getpagesize: int(),
  clock_gettime: int("i32", "pointer"),
  mkfifo: int("string", "u32"),
  // Never called from here: only its address is passed on.
  sigaction: int("i32", "pointer", "pointer"),
};

const SYSTEM: Readonly<Record<SystemCall, Signature>> = {
  posix_fallocate: int("i32", "i64", "i64"),
  posix_fadvise: int("i32", "i64", "i64", "i32"),
  memfd_create: int("string", "u32"),
  mlock2: int("pointer", "u64", "u32"),
  sync_file_range: int("i32", "i64", "i64", "u32"),
  lseek: { args: ["i32", "i64", "i32"], returns: "pointer" },
  // Variadic in C; on x64 and arm64 Linux and FreeBSD a fixed list of arguments is passed alike.
  fcntl: int("i32", "i32", "u64"),
  // Of less than 2 GiB: then what it returns is an int.
  read: int("i32", "pointer", "u64"),
  inotify_init1: int("i32"),
  inotify_add_watch: int("i32", "string", "u32"),
  inotify_rm_watch: int("i32", "i32"),
  syscall: int("i64", "u64", "u64", "u64", "u64", "u64", "u64"),
  pthread_mutexattr_init: int("pointer"),
  pthread_mutexattr_settype: int("pointer", "i32"),
  pthread_mutexattr_setpshared: int("pointer", "i32"),
  pthread_mutexattr_setrobust: int("pointer", "i32"),
  pthread_mutex_init: int("pointer", "pointer"),
  pthread_mutex_lock: int("pointer"),
  pthread_mutex_trylock: int("pointer"),
  pthread_mutex_unlock: int("pointer"),
  pthread_mutex_consistent: int("pointer"),
};

/** The loaded C library of this process. */
export interface Libc {
  /** Its functions. Of those that a system may lack only the ones that its description names are there. */
  readonly call: LibcCalls;
  /** The address of a function, for native code that calls it; 0 where there is none. */
  addressOf(name: keyof LibcCalls): number;
  /** The error number of this thread's last failed call; read it before anything else is called. */
  errno(): number;
}

/**
 * Loads the C library.
 *
 * @throws {NotSupportedError} `ERR_NOT_SUPPORTED`, with the names that were tried, when there is none.
 */
export function loadLibc(system: PosixSystem): Libc {
  const wanted: Record<string, Signature> = { ...COMMON, [system.errnoCall]: ERRNO };
  for (const name of system.calls) wanted[name] = SYSTEM[name];
  Object.assign(wanted, system.ownCalls);
  const failures: string[] = [];
  for (const path of system.libc) {
    try {
      const { call, addressOf } = engine.load<LibcCalls>(path, wanted);
      const errnoAddress = call[system.errnoCall];
      return {
        call,
        addressOf: (name) => (name in wanted ? addressOf(name) : 0),
        // SAFETY: the C library returns the address of this thread's errno, valid as long as the thread.
        errno: () => engine.readInt32(errnoAddress(), 0),
      };
    } catch (error) {
      failures.push(`${path}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new NotSupportedError(`Cannot load the C library: ${failures.join("; ")}`);
}
