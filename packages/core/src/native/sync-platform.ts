/**
 * What processes need from the operating system to wait for each other and to know who is alive.
 *
 * @module
 */
import { NotSupportedError } from "../errors.ts";
import { createLinuxSync } from "./linux-sync.ts";
import type { Address } from "./platform.ts";

/** How a wait on a futex ended. */
export type FutexOutcome = "woken" | "changed" | "timeout" | "interrupted";

/** How an attempt to lock a robust mutex ended; `"abandoned"`: locked, and its last owner died holding it. */
export type MutexOutcome = "acquired" | "abandoned" | "busy";

/** As much of a mapping as what lives in it needs to know. */
export interface MemoryOwner {
  readonly isDisposed: boolean;
  /** Leaves the memory mapped when the mapping is disposed, because native code still refers to it. */
  keepMapped(): void;
}

/** Where a mutex is. */
export interface MutexPlace {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly address: Address;
  /** Where to write the time of locking, as a `struct timespec`. */
  readonly stampAddress: Address;
}

/** A robust mutex in shared memory. It ends with its mapping: `DisposedError` from then on. */
export interface SharedMutex {
  /** Makes a mutex out of zero bytes, before anybody else can see them. */
  init(): void;
  /**
   * Tries to lock for this thread, and notes when. An abandoned mutex is marked consistent at once.
   *
   * @throws {CorruptSegmentError} When somebody has made something else of it.
   */
  tryLock(): MutexOutcome;
  /**
   * Unlocks what this thread has locked.
   *
   * @throws {SystemError} When it has not, or somebody has overwritten it since.
   */
  unlock(): void;
}

/** The calls that `@isthmus/ipc` is made of. */
export interface SyncPlatform {
  /**
   * Sleeps while a 32-bit word in shared memory has the expected value, in any process.
   *
   * @param timeoutMs How long at most, in milliseconds. This thread runs nothing else meanwhile.
   */
  futexWait(address: Address, expected: number, timeoutMs: number): FutexOutcome;

  /** Wakes up to `count` threads that sleep on a word; returns how many. */
  futexWake(address: Address, count: number): number;

  /**
   * Locks one byte of an open file for this open file alone, without waiting. The kernel unlocks it when the
   * last copy of the descriptor closes, so that it tells who is alive.
   */
  tryLockByte(fd: number, offset: number): boolean;

  /** Locks one byte as `tryLockByte` does, but together with others who share it. */
  tryShareByte(fd: number, offset: number): boolean;

  /** Unlocks a byte. */
  unlockByte(fd: number, offset: number): void;

  /** Whether anybody but this open file has a byte locked. Changes nothing. */
  isByteLocked(fd: number, offset: number): boolean;

  /** Size of a mutex in bytes. */
  readonly mutexBytes: number;

  /** The mutex that is, or will be, at a place in a mapping. */
  mutex(owner: MemoryOwner, place: MutexPlace): SharedMutex;

  /** Creates a named pipe with mode 0600. */
  makeFifo(path: string): void;
}

let current: SyncPlatform | undefined;

/** Whether this operating system has an implementation of these calls. */
export function hasSyncPlatform(): boolean {
  return process.platform === "linux";
}

/**
 * The calls of this process, made on first use.
 *
 * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` on operating systems without an implementation yet.
 */
export function syncPlatform(): SyncPlatform {
  current ??= createSyncPlatform();
  return current;
}

function createSyncPlatform(): SyncPlatform {
  if (hasSyncPlatform()) return createLinuxSync();
  throw new NotSupportedError(
    `Cannot synchronise processes on "${process.platform}": @isthmus/ipc runs on Linux so far`,
  );
}
