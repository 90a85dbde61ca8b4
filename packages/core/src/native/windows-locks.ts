/**
 * Locks on open files of Windows, by which the system tells who is alive: it gives them back with the last handle of the open
 * file, and so when a process ends, however it ends.
 *
 * A lock covers bytes, and nobody else may read or write what is locked. So what is locked lies far behind the end of every
 * file: a byte for the whole file, and one for each byte of it.
 *
 * @module
 */
import type { ByteLocks, LockCalls } from "./platform-interface.ts";
import { type Handle, handleOf } from "./windows-handles.ts";
import { Scratch, STATUS, status, statusError, systemLibrary } from "./windows-system.ts";

/** Those of `ntdll.dll`, which return their status, want a result on Windows and refuse it in Wine. All return 0 when refused. */
interface LockFunctions {
  LockFileEx(
    file: number,
    flags: number,
    reserved: number,
    length: number,
    lengthHigh: number,
    overlapped: number,
  ): number;
  UnlockFileEx(
    file: number,
    reserved: number,
    length: number,
    lengthHigh: number,
    overlapped: number,
  ): number;
  GetLastError(): number;
}

const kernel = systemLibrary<LockFunctions>("kernel32.dll", {
  LockFileEx: status("i64", "u32", "u32", "u32", "u32", "pointer"),
  UnlockFileEx: status("i64", "u32", "u32", "u32", "pointer"),
  GetLastError: { args: [], returns: "u32" },
});

const FAIL_IMMEDIATELY = 1;
const EXCLUSIVE = 2;

/** OVERLAPPED, 32 bytes: an offset u64 at 16. */
const OVERLAPPED_OFFSET = 16;

/**
 * What says that there are no locks here (`winerror.h`): on a directory, and in some file systems. Any other code may be
 * that of a call which the runtime has made meanwhile.
 */
const LOCKLESS: ReadonlySet<number> = new Set([
  1, // ERROR_INVALID_FUNCTION
  6, // ERROR_INVALID_HANDLE
  50, // ERROR_NOT_SUPPORTED
  87, // ERROR_INVALID_PARAMETER
]);

/** Where the byte is that stands for the whole file; those for its bytes come behind it. */
const FILE_BYTE: bigint = 2n ** 61n;
const FIRST_BYTE: bigint = 2n ** 62n;

/** How often somebody tries to share a byte that others look at: each look locks it for a moment. */
const SHARE_TRIES = 1000;

/** Makes the calls on locks. */
export function lockCalls(): LockCalls {
  const { call } = kernel();
  const { view, address } = new Scratch();
  const lock = (file: Handle, offset: bigint, isExclusive: boolean): boolean => {
    view.setBigUint64(OVERLAPPED_OFFSET, offset, true);
    const flags = FAIL_IMMEDIATELY | (isExclusive ? EXCLUSIVE : 0);
    // SAFETY: the structure is this closure's own, and not used across calls: nothing waits.
    if (call.LockFileEx(file, flags, 0, 1, 0, address) !== 0) return true;
    if (!LOCKLESS.has(call.GetLastError())) return false;
    throw statusError("lock a file", "LockFileEx", STATUS.notSupported);
  };
  /** Undoes it; nothing happens where there is no lock. */
  const unlock = (file: Handle, offset: bigint): void => {
    view.setBigUint64(OVERLAPPED_OFFSET, offset, true);
    // SAFETY: as above.
    call.UnlockFileEx(file, 0, 1, 0, address);
  };
  const byteOf = (offset: number): bigint => FIRST_BYTE + BigInt(offset);
  const byteLocks: ByteLocks = {
    tryLock: (fd, offset) => lock(handleOf(fd), byteOf(offset), true),
    tryShare: (fd, offset) => {
      const file = handleOf(fd);
      for (let left = SHARE_TRIES; ; left--) {
        if (lock(file, byteOf(offset), false)) return true;
        if (left === 0) return false;
      }
    },
    unlock: (fd, offset) => unlock(handleOf(fd), byteOf(offset)),
    // Nobody can be asked who holds a lock. A byte that can be locked alone is nobody's.
    isLocked: (fd, offset) => {
      const file = handleOf(fd);
      if (!lock(file, byteOf(offset), true)) return true;
      unlock(file, byteOf(offset));
      return false;
    },
  };
  return {
    // An open file has at most one of these locks, as with flock(2): another one replaces it, and is none if it fails.
    tryLockFile: (fd, kind) => {
      const file = handleOf(fd);
      unlock(file, FILE_BYTE);
      return lock(file, FILE_BYTE, kind === "exclusive");
    },
    byteLocks,
    // A mutex of Windows is an object of the kernel with a name, not memory: owner words do without.
    robustMutexes: undefined,
  };
}
