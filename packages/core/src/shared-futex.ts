/**
 * A word inside a mapping to sleep on.
 *
 * @module
 */
import { DisposedError } from "./errors.ts";
import type { Address, FutexCalls, FutexOutcome, MemoryOwner } from "./native/platform.ts";

/** A word in shared memory to sleep on; see `Mapping.futex`. */
export class SharedFutex {
  readonly #owner: MemoryOwner;
  readonly #address: Address;
  readonly #calls: FutexCalls;

  constructor(owner: MemoryOwner, address: Address, calls: FutexCalls) {
    this.#owner = owner;
    this.#address = address;
    this.#calls = calls;
  }

  /** Sleeps while the word has the expected value, a bounded time. */
  wait(expected: number, timeoutMs: number): FutexOutcome {
    checkAlive(this.#owner);
    return this.#calls.futexWait(this.#address, expected, timeoutMs);
  }

  /** Wakes up to `count` sleepers, or all of them. */
  wake(count: number): void {
    checkAlive(this.#owner);
    this.#calls.futexWake(this.#address, count);
  }
}

function checkAlive(owner: MemoryOwner): void {
  if (owner.isDisposed) throw new DisposedError("mapping");
}
