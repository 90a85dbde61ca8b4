/**
 * Futexes and open-file locks of Linux, through glibc or musl.
 *
 * @module
 */
import { NotSupportedError } from "../errors.ts";
import { systemError } from "./errno.ts";
import type { Libc } from "./libc.ts";
import type { ByteLocks, FutexCalls } from "./platform-interface.ts";
import { engine } from "./runtime.ts";
import { Timespec } from "./timespec.ts";

/** Error numbers that are outcomes here. Linux gives them the same values on every CPU Bun runs on. */
const E = { INTR: 4, AGAIN: 11, ACCES: 13, TIMEDOUT: 110 } as const;

const FUTEX_WAIT = 0;
const FUTEX_WAKE = 1;
const FUTEX_NUMBER: Readonly<Record<string, number>> = { x64: 202, arm64: 98 };

const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;
/** struct flock: type i16 at 0, whence i16 at 2, start i64 at 8, length i64 at 16, pid i32 at 24 (0 for OFD locks). */
const FLOCK = { bytes: 32, type: 0, whence: 2, start: 8, length: 16, pid: 24 } as const;

/** Sleeping on shared memory. */
export function linuxFutex({ call, errno }: Libc): FutexCalls {
  const number = FUTEX_NUMBER[process.arch];
  if (number === undefined) throw new NotSupportedError(`Cannot use futexes on ${process.arch}`);
  const timeout = new Timespec();
  return {
    futexWait: (address, expected, timeoutMs) => {
      timeout.set(timeoutMs);
      const { address: time } = timeout;
      // SAFETY: the caller's mapping covers the word; the kernel reads it and the timeout, and writes neither.
      if (call.syscall(number, address, FUTEX_WAIT, expected >>> 0, time, 0, 0) === 0) {
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
      const woken = call.syscall(number, address, FUTEX_WAKE, count, 0, 0, 0);
      if (woken < 0) throw systemError("wake waiters on shared memory", "futex", errno());
    },
  };
}

/** Locks on single bytes of an open file. */
export function linuxByteLocks({ call, errno }: Libc): ByteLocks {
  const flock = new DataView(new ArrayBuffer(FLOCK.bytes));
  const flockAddress = engine.addressOf(flock);
  const control = (fd: number, command: number, type: number, offset: number): number => {
    flock.setInt16(FLOCK.type, type, true);
    flock.setInt16(FLOCK.whence, 0, true);
    flock.setBigInt64(FLOCK.start, BigInt(offset), true);
    flock.setBigInt64(FLOCK.length, 1n, true);
    flock.setInt32(FLOCK.pid, 0, true);
    // SAFETY: the structure is this function's own and lives as long as the process.
    return call.fcntl(fd, command, flockAddress);
  };
  const tryLock = (fd: number, type: number, offset: number): boolean => {
    if (control(fd, F_OFD_SETLK, type, offset) === 0) return true;
    const code = errno();
    if (code === E.AGAIN || code === E.ACCES) return false;
    throw systemError("lock a byte of a segment", "fcntl", code);
  };
  return {
    tryLock: (fd, offset) => tryLock(fd, F_WRLCK, offset),
    tryShare: (fd, offset) => tryLock(fd, F_RDLCK, offset),
    unlock: (fd, offset) => {
      if (control(fd, F_OFD_SETLK, F_UNLCK, offset) !== 0) {
        throw systemError("unlock a participant's byte", "fcntl", errno());
      }
    },
    isLocked: (fd, offset) => {
      if (control(fd, F_OFD_GETLK, F_WRLCK, offset) !== 0) {
        throw systemError("ask who holds a participant's byte", "fcntl", errno());
      }
      return flock.getInt16(FLOCK.type, true) !== F_UNLCK;
    },
  };
}
