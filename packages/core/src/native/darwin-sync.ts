/**
 * Sleeping on shared memory and named pipes of macOS, on x64 and arm64. Not yet run on a Mac.
 *
 * Numbers and signatures from XNU's `bsd/sys/ulock.h`, behaviour from its `bsd/kern/sys_ulock.c`. The calls are
 * in no public header before macOS 14.4 (`os/os_sync_wait_on_address.h`, which is made from them), but libc++'s
 * `atomic::wait` and others have relied on them for years. `UL_COMPARE_AND_WAIT_SHARED` is there since 10.15: its
 * key is the memory object behind an address, not the address, so that processes meet on it.
 *
 * There are no robust mutexes. Open-file locks exist, but on this system they and `flock` are one kind of lock
 * and exclude each other, and every holder of a name keeps a `flock` on its file: so none are offered here.
 *
 * @module
 */
import { createBsdSync } from "./bsd-calls.ts";
import { darwin } from "./darwin.ts";
import { systemError } from "./errno.ts";
import { dlopen, FFIType } from "./ffi.ts";
import type { FutexOutcome, SyncPlatform } from "./sync-platform.ts";

const { i32, ptr: pointer, u32, u64 } = FFIType;

const UL_COMPARE_AND_WAIT_SHARED = 3;
const ULF_WAKE_ALL = 0x100;
/** Errors come back as negative results, not in errno. */
const ULF_NO_ERRNO = 0x0100_0000;

const CLOCK_MONOTONIC = 6; // time.h

/** Error numbers that are outcomes here (`sys/errno.h`). */
const E = { NOENT: 2, INTR: 4, FAULT: 14, TIMEDOUT: 60 } as const;

const SYMBOLS = {
  __ulock_wait: { args: [u32, pointer, u64, u32], returns: i32 },
  __ulock_wake: { args: [u32, pointer, u64], returns: i32 },
} as const;

/** The functions as TypeScript sees them. Addresses are numbers: all are below 2^53. */
interface DarwinCalls {
  __ulock_wait(operation: number, address: number, value: number, timeoutUs: number): number;
  __ulock_wake(operation: number, address: number, value: number): number;
}

/** Makes the calls of macOS. */
export function createDarwinSync(): SyncPlatform {
  const calls = dlopen(darwin().libc[0] as string, SYMBOLS).symbols as unknown as DarwinCalls;
  return {
    ...createBsdSync(darwin(), CLOCK_MONOTONIC).calls,
    futexWait: (address, expected, timeoutMs) => {
      // 0 would mean: for ever.
      const timeoutUs = Math.min(Math.max(Math.ceil(timeoutMs * 1000), 1), 0xffff_ffff);
      const operation = UL_COMPARE_AND_WAIT_SHARED | ULF_NO_ERRNO;
      // SAFETY: the caller's mapping covers the word; the kernel reads it and writes nothing.
      return outcomeOf(calls.__ulock_wait(operation, address, expected >>> 0, timeoutUs));
    },
    futexWake: (address, count) => {
      const flags = ULF_NO_ERRNO | (count > 1 ? ULF_WAKE_ALL : 0);
      // SAFETY: the kernel uses the address as a key only.
      const result = calls.__ulock_wake(UL_COMPARE_AND_WAIT_SHARED | flags, address, 0);
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
