/**
 * Sleeping on shared memory and named pipes of FreeBSD 13 and later, on x64 and arm64. Not yet run on FreeBSD.
 *
 * Numbers from `sys/umtx.h`, behaviour from `_umtx_op(2)`: without `_PRIVATE` in its name an operation's key is the
 * memory object behind an address, so that processes meet on it.
 *
 * FreeBSD has robust process-shared mutexes, but a `pthread_mutex_t` is a pointer there and the mutex lies in
 * memory of the kernel that belongs to the mapped object: it is not in the file, so that it does not last as
 * long as a persistent segment does, nor can it be checked before it is used. There are no open-file locks, and
 * `flock` refuses pipes before FreeBSD 14.
 *
 * @module
 */
import { createBsdSync } from "./bsd-calls.ts";
import { systemError } from "./errno.ts";
import { dlopen, FFIType, type Pointer, ptr } from "./ffi.ts";
import { freebsd } from "./freebsd.ts";
import type { SyncPlatform } from "./sync-platform.ts";

const { i32, ptr: pointer, u64 } = FFIType;

const UMTX_OP_WAKE = 3;
const UMTX_OP_WAIT_UINT = 11;

const CLOCK_MONOTONIC = 4; // sys/_clock_id.h

/** Error numbers that are outcomes here (`sys/errno.h`). */
const E = { INTR: 4, TIMEDOUT: 60 } as const;

/** struct timespec: seconds i64, nanoseconds i64. */
const TIMESPEC_BYTES = 16;

const SYMBOLS = {
  _umtx_op: { args: [pointer, i32, u64, u64, pointer], returns: i32 },
} as const;

/** The functions as TypeScript sees them. Addresses are numbers: all are below 2^53. */
interface FreebsdCalls {
  _umtx_op(
    address: number,
    operation: number,
    value: number,
    timeoutBytes: number,
    timeout: Pointer | null,
  ): number;
}

/** Makes the calls of FreeBSD. */
export function createFreebsdSync(): SyncPlatform {
  const calls = dlopen(freebsd().libc[0] as string, SYMBOLS).symbols as unknown as FreebsdCalls;
  const { errno, calls: common } = createBsdSync(freebsd(), CLOCK_MONOTONIC);
  // Allocated with its buffer, so that its address holds.
  const timespec = new DataView(new ArrayBuffer(TIMESPEC_BYTES));
  const timeout = ptr(timespec);
  return {
    ...common,
    futexWait: (address, expected, timeoutMs) => {
      const seconds = Math.floor(timeoutMs / 1000);
      timespec.setUint32(0, seconds, true);
      timespec.setUint32(8, Math.floor((timeoutMs - seconds * 1000) * 1e6), true);
      // SAFETY: the caller's mapping covers the word; the kernel reads it and the timeout, and writes neither.
      const value = expected >>> 0;
      const result = calls._umtx_op(address, UMTX_OP_WAIT_UINT, value, TIMESPEC_BYTES, timeout);
      // A word that was not as expected gives 0, as a wake-up does.
      if (result === 0) return "woken";
      const code = errno();
      if (code === E.TIMEDOUT) return "timeout";
      if (code === E.INTR) return "interrupted";
      throw systemError("wait on shared memory", "_umtx_op", code);
    },
    futexWake: (address, count) => {
      // SAFETY: the kernel uses the address as a key only.
      if (calls._umtx_op(address, UMTX_OP_WAKE, count, 0, null) === 0) return;
      throw systemError("wake waiters on shared memory", "_umtx_op", errno());
    },
  };
}
