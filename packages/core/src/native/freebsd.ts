/**
 * FreeBSD 13 and later, on x64 and arm64. Not yet run on FreeBSD.
 *
 * Values from the public headers; sleeping on shared memory from `sys/umtx.h` and `_umtx_op(2)`: without `_PRIVATE` in its
 * name an operation's key is the memory object behind an address, so that processes meet on it.
 *
 * FreeBSD has robust process-shared mutexes, but a `pthread_mutex_t` is a pointer there and the mutex lies in
 * memory of the kernel that belongs to the mapped object: it is not in the file, so that it does not last as
 * long as a persistent segment does, nor can it be checked before it is used. There are no open-file locks.
 *
 * @module
 */
import { systemError } from "./errno.ts";
import { int, type Libc } from "./libc.ts";
import type { FutexCalls, Platform } from "./platform-interface.ts";
import { createPosixPlatform } from "./posix.ts";
import { TIMESPEC_BYTES, Timespec } from "./timespec.ts";

const MAP_ANON = 0x1000;

const UMTX_OP_WAKE = 3;
const UMTX_OP_WAIT_UINT = 11;

/** Error numbers that are outcomes here (`sys/errno.h`). */
const E = { INTR: 4, TIMEDOUT: 60 } as const;

/** Makes the platform of FreeBSD. */
export function freebsd(): Platform {
  return createPosixPlatform({
    libc: ["libc.so.7"],
    library: "FreeBSD",
    calls: ["posix_fallocate", "memfd_create", "fcntl"],
    ownCalls: { _umtx_op: int("pointer", "i32", "u64", "u64", "pointer") },
    errnoCall: "__error",
    mapAnonymous: MAP_ANON,
    mapNoReserve: 0,
    msync: { sync: 0, async: 1 },
    advice: { random: 1, sequential: 2, willNeed: 3, dontNeed: 4 },
    wouldBlock: 35,
    interrupted: 4,
    cannotAllocate: [22, 45], // EINVAL (ZFS), EOPNOTSUPP
    duplicateCloexec: 17,
    memfdCloexec: 1,
    monotonicClock: 4, // sys/_clock_id.h
    // Before FreeBSD 14 `flock` refuses them.
    canLockPipes: false,
    futex,
    busGuard: {
      SIGNAL_BUS: "10",
      SIGINFO_ADDRESS_OFFSET: "24",
      FLAG_SIGINFO: "0x40",
      FLAG_ONSTACK: "1",
      MAP_ANONYMOUS: String(MAP_ANON),
      ACTION_FIELDS: "int flags; unsigned int mask[4];",
    },
  });
}

/** Addresses are numbers: all are below 2^53. */
interface OwnCalls {
  _umtx_op(
    address: number,
    operation: number,
    value: number,
    timeoutBytes: number,
    timeout: number,
  ): number;
}

function futex(libc: Libc): FutexCalls {
  const call = libc.call as unknown as OwnCalls;
  const { errno } = libc;
  const timeout = new Timespec();
  return {
    futexWait: (address, expected, timeoutMs) => {
      timeout.set(timeoutMs);
      // SAFETY: the caller's mapping covers the word; the kernel reads it and the timeout, and writes neither.
      const value = expected >>> 0;
      const { address: time } = timeout;
      const result = call._umtx_op(address, UMTX_OP_WAIT_UINT, value, TIMESPEC_BYTES, time);
      // A word that was not as expected gives 0, as a wake-up does.
      if (result === 0) return "woken";
      const code = errno();
      if (code === E.TIMEDOUT) return "timeout";
      if (code === E.INTR) return "interrupted";
      throw systemError("wait on shared memory", "_umtx_op", code);
    },
    futexWake: (address, count) => {
      // SAFETY: the kernel uses the address as a key only.
      if (call._umtx_op(address, UMTX_OP_WAKE, count, 0, 0) === 0) return;
      throw systemError("wake waiters on shared memory", "_umtx_op", errno());
    },
  };
}
