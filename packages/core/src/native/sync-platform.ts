/**
 * What processes need from the operating system to wait for each other and to know who is alive.
 *
 * @module
 */
import { NotSupportedError } from "../errors.ts";
import { createDarwinSync } from "./darwin-sync.ts";
import { createFreebsdSync } from "./freebsd-sync.ts";
import { createLinuxSync } from "./linux-sync.ts";
import type { Address } from "./platform.ts";
import { checkRuntime } from "./runtime.ts";

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
   * Tries to lock for this thread, and notes when. An abandoned mutex is marked consistent at once; one that this
   * thread itself has locked is busy.
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

/** Robust mutexes that processes share. */
export interface RobustMutexes {
  /** Size of a mutex in bytes. */
  readonly mutexBytes: number;

  /** The mutex that is, or will be, at a place in a mapping. */
  mutex(owner: MemoryOwner, place: MutexPlace): SharedMutex;
}

/** Locks on single bytes that belong to an open file, and disturb no other lock on it. */
export interface ByteLocks {
  /**
   * Locks one byte of an open file for this open file alone, without waiting. The kernel unlocks it when the
   * last copy of the descriptor closes, so that it tells who is alive.
   */
  tryLock(fd: number, offset: number): boolean;

  /** Locks one byte as `tryLock` does, but together with others who share it. */
  tryShare(fd: number, offset: number): boolean;

  /** Unlocks a byte. */
  unlock(fd: number, offset: number): void;

  /** Whether anybody but this open file has a byte locked. Changes nothing. */
  isLocked(fd: number, offset: number): boolean;
}

/** The calls that `@isthmus/ipc` is made of. What not every system has may be absent. */
export interface SyncPlatform {
  /**
   * Sleeps while a 32-bit word in shared memory has the expected value, in any process.
   *
   * @param timeoutMs How long at most, in milliseconds. This thread runs nothing else meanwhile.
   */
  futexWait(address: Address, expected: number, timeoutMs: number): FutexOutcome;

  /** Wakes up to `count` threads that sleep on a word, or all of them. */
  futexWake(address: Address, count: number): void;

  /** Creates a named pipe with mode 0600. */
  makeFifo(path: string): void;

  /** Nanoseconds of a clock that never goes back and is the same for every process of the machine. */
  monotonicNs(): number;

  /** Whether named pipes can be locked as files can (`flock`). */
  readonly canLockPipes: boolean;

  /** Absent where an owner's death would leave such a mutex locked for ever. */
  readonly robustMutexes: RobustMutexes | undefined;

  /** Absent where there are none, or where they and `flock` exclude each other. */
  readonly byteLocks: ByteLocks | undefined;
}

/** What some systems lack. */
export type Lack = "robust mutexes" | "byte locks" | "pipe locks";

const MAKERS: Readonly<Record<string, () => SyncPlatform>> = {
  linux: createLinuxSync,
  darwin: createDarwinSync,
  freebsd: createFreebsdSync,
};

/** Names what a process is to do without: only `doWithout` sets it. */
const LACKS_VARIABLE = "ISTHMUS_TEST_LACKS";

let current: SyncPlatform | undefined;

/** Whether this operating system has an implementation of these calls. */
export function hasSyncPlatform(): boolean {
  return MAKERS[process.platform] !== undefined;
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

/**
 * Makes this process, and those that it starts from now on, do without some of what the system has: so what
 * is done on other systems can be tested on this one. Call it while nothing is open.
 */
export function doWithout(lacks: readonly Lack[]): void {
  if (lacks.length === 0) delete process.env[LACKS_VARIABLE];
  else process.env[LACKS_VARIABLE] = lacks.join(",");
  current = undefined;
}

function createSyncPlatform(): SyncPlatform {
  checkRuntime();
  const make = MAKERS[process.platform];
  if (make === undefined) {
    const known = Object.keys(MAKERS).join(", ");
    throw new NotSupportedError(
      `Cannot synchronise processes on "${process.platform}": @isthmus/ipc supports ${known} so far`,
    );
  }
  const lacks = process.env[LACKS_VARIABLE];
  return lacks === undefined ? make() : without(make(), lacks.split(","));
}

function without(calls: SyncPlatform, lacks: readonly string[]): SyncPlatform {
  const has = (lack: Lack): boolean => !lacks.includes(lack);
  return {
    ...calls,
    robustMutexes: has("robust mutexes") ? calls.robustMutexes : undefined,
    byteLocks: has("byte locks") ? calls.byteLocks : undefined,
    canLockPipes: has("pipe locks") && calls.canLockPipes,
  };
}
