/**
 * System calls with nothing around them: what benchmarks compare the library with. Nothing else uses this.
 *
 * @module
 */
import { dlopen, FFIType, ptr } from "./ffi.ts";
import { linux } from "./linux.ts";
import type { Address } from "./platform.ts";
import { syncPlatform } from "./sync-platform.ts";

/** Enough for the mutex of any C library. */
const MUTEX_BYTES = 64;

/**
 * Locks and unlocks a mutex of the kind that processes share here (robust, error-checking), nobody else wanting it.
 *
 * @returns A function that does it a number of times.
 */
export function bareMutexPairs(): (count: number) => void {
  const { symbols } = dlopen(linux().libc[0] as string, {
    pthread_mutex_lock: { args: [FFIType.ptr], returns: FFIType.i32 },
    pthread_mutex_unlock: { args: [FFIType.ptr], returns: FFIType.i32 },
  });
  // SAFETY: the closure keeps the memory where it is.
  const memory = new Uint8Array(new ArrayBuffer(MUTEX_BYTES));
  const mutex = ptr(memory);
  const address = mutex as number as Address;
  const owner = { isDisposed: false, keepMapped: () => {} };
  const { robustMutexes } = syncPlatform();
  robustMutexes?.mutex(owner, { bytes: memory, address, stampAddress: address }).init();
  return (count) => {
    for (let i = 0; i < count; i++) {
      symbols.pthread_mutex_lock(mutex);
      symbols.pthread_mutex_unlock(mutex);
    }
    if (memory.length !== MUTEX_BYTES) throw new Error("the mutex has gone");
  };
}
