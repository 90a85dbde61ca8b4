/**
 * Objects of the C library and the kernel that live inside a mapping. They end with it: after its disposal
 * their methods throw instead of touching memory that is no longer there.
 *
 * @module
 */
import { DisposedError } from "./errors.ts";
import type { Address } from "./native/platform.ts";
import { type FutexOutcome, type MutexOutcome, syncPlatform } from "./native/sync-platform.ts";

/** As much of a mapping as its objects need to know. */
interface Owner {
  readonly isDisposed: boolean;
}

/** A word in shared memory to sleep on; see `Mapping.futex`. */
export class SharedFutex {
  readonly #owner: Owner;
  readonly #address: Address;
  readonly #calls = syncPlatform();

  constructor(owner: Owner, address: Address) {
    this.#owner = owner;
    this.#address = address;
  }

  /** Sleeps while the word has the expected value, a bounded time. */
  wait(expected: number, timeoutMs: number): FutexOutcome {
    checkAlive(this.#owner);
    return this.#calls.futexWait(this.#address, expected, timeoutMs);
  }

  /** Wakes up to `count` sleepers; returns how many. */
  wake(count: number): number {
    checkAlive(this.#owner);
    return this.#calls.futexWake(this.#address, count);
  }
}

/** A mutex in shared memory; see `Mapping.robustMutex`. */
export class SharedMutex {
  readonly #owner: Owner;
  readonly #address: Address;
  readonly #stampAddress: Address;
  readonly #calls = syncPlatform();

  constructor(owner: Owner, address: Address, stampAddress: Address) {
    this.#owner = owner;
    this.#address = address;
    this.#stampAddress = stampAddress;
  }

  /** Makes a mutex out of zero bytes, before anybody else can see them. */
  init(): void {
    checkAlive(this.#owner);
    this.#calls.initMutex(this.#address);
  }

  /** Tries to lock for this thread, and notes when. */
  tryLock(): MutexOutcome {
    checkAlive(this.#owner);
    const outcome = this.#calls.tryLockMutex(this.#address);
    if (outcome !== "busy") this.#calls.stampTime(this.#stampAddress);
    return outcome;
  }

  /** Unlocks what this thread has locked. */
  unlock(): void {
    checkAlive(this.#owner);
    this.#calls.unlockMutex(this.#address);
  }
}

function checkAlive(owner: Owner): void {
  if (owner.isDisposed) throw new DisposedError("mapping");
}
