/**
 * System calls with nothing around them: what benchmarks compare the library with. Nothing else uses this.
 *
 * @module
 */
import { loadLibc } from "./libc.ts";
import { describeLinux } from "./linux.ts";
import { type Address, platform } from "./platform.ts";
import { engine } from "./runtime.ts";

/** Enough for the mutex of any C library. */
const MUTEX_BYTES = 64;

/**
 * Locks and unlocks a mutex of the kind that processes share here (robust, error-checking), nobody else wanting it.
 *
 * @returns A function that does it a number of times.
 */
export function bareMutexPairs(): (count: number) => void {
  const { call } = loadLibc(describeLinux());
  // SAFETY: the closure keeps the memory where it is.
  const memory = new Uint8Array(new ArrayBuffer(MUTEX_BYTES));
  const address = engine.addressOf(memory) as Address;
  const owner = { isDisposed: false, keepMapped: () => {} };
  platform().robustMutexes?.mutex(owner, { bytes: memory, address, stampAddress: address }).init();
  return (count) => {
    for (let i = 0; i < count; i++) {
      call.pthread_mutex_lock(address);
      call.pthread_mutex_unlock(address);
    }
    if (memory.length !== MUTEX_BYTES) throw new Error("the mutex has gone");
  };
}
