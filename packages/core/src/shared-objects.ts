/**
 * Objects of the C library and the kernel that live inside a mapping. They end with it: after its disposal
 * their methods throw instead of touching memory that is no longer there.
 *
 * @module
 */
import { CorruptSegmentError, DisposedError } from "./errors.ts";
import type { Address } from "./native/platform.ts";
import { type FutexOutcome, type MutexOutcome, syncPlatform } from "./native/sync-platform.ts";

/** As much of a mapping as its objects need to know. */
interface Owner {
  readonly isDisposed: boolean;
  /** Leaves the memory mapped when the mapping is disposed. */
  keepMapped(): void;
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
  /** The word that says what kind of mutex it is, and what it must be. */
  readonly #type: Int32Array;
  readonly #expectedType: number;
  readonly #calls = syncPlatform();

  /**
   * @param owner The mapping.
   * @param bytes The mutex in it.
   * @param address The mutex, too.
   * @param stampAddress Where to write the time of locking.
   */
  constructor(owner: Owner, bytes: Uint8Array, address: Address, stampAddress: Address) {
    const { offset, value } = this.#calls.mutexType;
    this.#owner = owner;
    this.#address = address;
    this.#stampAddress = stampAddress;
    this.#type = new Int32Array(bytes.buffer, bytes.byteOffset + offset, 1);
    this.#expectedType = value;
  }

  /** Makes a mutex out of zero bytes, before anybody else can see them. */
  init(): void {
    checkAlive(this.#owner);
    this.#calls.initMutex(this.#address);
  }

  /**
   * Tries to lock for this thread, and notes when.
   *
   * @throws {CorruptSegmentError} When somebody has made something else of it.
   */
  tryLock(): MutexOutcome {
    checkAlive(this.#owner);
    if (this.#type[0] !== this.#expectedType) throw this.#damaged();
    const outcome = this.#calls.tryLockMutex(this.#address);
    if (outcome !== "busy") this.#calls.stampTime(this.#stampAddress);
    return outcome;
  }

  /**
   * Unlocks what this thread has locked.
   *
   * @throws {SystemError} When somebody has overwritten the mutex. It stays in the C library's list of mutexes that
   * this thread holds then, and the list leads through the mapping: so that is never unmapped.
   */
  unlock(): void {
    checkAlive(this.#owner);
    try {
      this.#calls.unlockMutex(this.#address);
    } catch (error) {
      this.#owner.keepMapped();
      throw error;
    }
  }

  #damaged(): CorruptSegmentError {
    const hex = (type: number | undefined): string => `0x${((type ?? 0) >>> 0).toString(16)}`;
    return new CorruptSegmentError(
      `Cannot lock a shared mutex: its type must be ${hex(this.#expectedType)}: found ${hex(this.#type[0])}`,
    );
  }
}

function checkAlive(owner: Owner): void {
  if (owner.isDisposed) throw new DisposedError("mapping");
}
