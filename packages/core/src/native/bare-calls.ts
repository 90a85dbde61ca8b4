/**
 * System calls with nothing around them: what benchmarks compare the library with. Nothing else uses this.
 *
 * @module
 */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { linux } from "./linux.ts";

/** Enough for the mutex of any C library. */
const MUTEX_BYTES = 64;

/**
 * Locks and unlocks a private mutex of the C library, nobody else wanting it.
 *
 * @returns A function that does it a number of times.
 */
export function bareMutexPairs(): (count: number) => void {
  const { symbols } = dlopen(linux().libc[0] as string, {
    pthread_mutex_lock: { args: [FFIType.ptr], returns: FFIType.i32 },
    pthread_mutex_unlock: { args: [FFIType.ptr], returns: FFIType.i32 },
  });
  // SAFETY: zero bytes are an unlocked mutex on Linux; the closure keeps them where they are.
  const memory = new Uint8Array(new ArrayBuffer(MUTEX_BYTES));
  const mutex = ptr(memory);
  return (count) => {
    for (let i = 0; i < count; i++) {
      symbols.pthread_mutex_lock(mutex);
      symbols.pthread_mutex_unlock(mutex);
    }
    if (memory.length !== MUTEX_BYTES) throw new Error("the mutex has gone");
  };
}
