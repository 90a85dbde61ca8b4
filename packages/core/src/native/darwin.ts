/**
 * macOS, on x64 and arm64. Not yet run on a Mac.
 *
 * Values from the public SDK headers; sleeping on shared memory from XNU's `bsd/sys/ulock.h` and `bsd/kern/sys_ulock.c`.
 * Those calls are in no public header before macOS 14.4 (`os/os_sync_wait_on_address.h`, which is made from them), but
 * libc++'s `atomic::wait` and others have relied on them for years. `UL_COMPARE_AND_WAIT_SHARED` is there since 10.15: its
 * key is the memory object behind an address, not the address, so that processes meet on it.
 *
 * There are no robust mutexes. Open-file locks exist, but on this system they and `flock` are one kind of lock
 * and exclude each other, and every holder of a name keeps a `flock` on its file: so none are offered here.
 *
 * @module
 */
import { systemError } from "./errno.ts";
import { int, type Libc } from "./libc.ts";
import type { FutexCalls, FutexOutcome, Platform } from "./platform-interface.ts";
import { createPosixPlatform } from "./posix.ts";

const MAP_ANON = 0x1000;

const UL_COMPARE_AND_WAIT_SHARED = 3;
const ULF_WAKE_ALL = 0x100;
/** Errors come back as negative results, not in errno. */
const ULF_NO_ERRNO = 0x0100_0000;

/** Error numbers that are outcomes here (`sys/errno.h`). */
const E = { NOENT: 2, INTR: 4, FAULT: 14, TIMEDOUT: 60 } as const;

/** Makes the platform of macOS. */
export function darwin(): Platform {
  return createPosixPlatform({
    libc: ["libSystem.B.dylib"],
    library: "macOS",
    calls: [],
    ownCalls: {
      __ulock_wait: int("u32", "pointer", "u64", "u32"),
      __ulock_wake: int("u32", "pointer", "u64"),
    },
    errnoCall: "__error",
    mapAnonymous: MAP_ANON,
    mapNoReserve: 0x40,
    msync: { sync: 0x10, async: 1 },
    advice: { random: 1, sequential: 2, willNeed: 3, dontNeed: 4 },
    wouldBlock: 35,
    interrupted: 4,
    // Preallocation is a variadic fcntl here, which FFI passes wrongly on arm64 (arguments belong on the stack).
    cannotAllocate: [],
    monotonicClock: 6, // time.h
    // What is locked is left to the file system.
    canLockPipes: false,
    futex,
    busGuard: {
      SIGNAL_BUS: "10",
      SIGINFO_ADDRESS_OFFSET: "24",
      FLAG_SIGINFO: "0x40",
      FLAG_ONSTACK: "1",
      MAP_ANONYMOUS: String(MAP_ANON),
      ACTION_FIELDS: "unsigned int mask; int flags;",
    },
  });
}

/** Addresses are numbers: all are below 2^53. */
interface OwnCalls {
  __ulock_wait(operation: number, address: number, value: number, timeoutUs: number): number;
  __ulock_wake(operation: number, address: number, value: number): number;
}

function futex(libc: Libc): FutexCalls {
  const call = libc.call as unknown as OwnCalls;
  return {
    futexWait: (address, expected, timeoutMs) => {
      // 0 would mean: for ever.
      const timeoutUs = Math.min(Math.max(Math.ceil(timeoutMs * 1000), 1), 0xffff_ffff);
      const operation = UL_COMPARE_AND_WAIT_SHARED | ULF_NO_ERRNO;
      // SAFETY: the caller's mapping covers the word; the kernel reads it and writes nothing.
      return outcomeOf(call.__ulock_wait(operation, address, expected >>> 0, timeoutUs));
    },
    futexWake: (address, count) => {
      const flags = ULF_NO_ERRNO | (count > 1 ? ULF_WAKE_ALL : 0);
      // SAFETY: the kernel uses the address as a key only.
      const result = call.__ulock_wake(UL_COMPARE_AND_WAIT_SHARED | flags, address, 0);
      if (result < 0 && result !== -E.NOENT) {
        throw systemError("wake waiters on shared memory", "__ulock_wake", -result);
      }
    },
  };
}

/** What a wait's result means. A word that was not as expected gives 0, as a wake-up does. */
function outcomeOf(result: number): FutexOutcome {
  if (result >= 0) return "woken";
  if (result === -E.TIMEDOUT) return "timeout";
  if (result === -E.INTR) return "interrupted";
  // The page was not in memory at this moment: the caller looks at the word, which brings it back.
  if (result === -E.FAULT) return "changed";
  throw systemError("wait on shared memory", "__ulock_wait", -result);
}
