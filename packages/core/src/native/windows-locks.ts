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
import {
  Scratch,
  STATUS,
  status,
  statusError,
  succeeded,
  systemLibrary,
} from "./windows-system.ts";

interface LockFunctions {
  NtLockFile(
    file: number,
    event: number,
    routine: number,
    context: number,
    result: number,
    offset: number,
    length: number,
    key: number,
    failsAtOnce: number,
    isExclusive: number,
  ): number;
  NtUnlockFile(file: number, result: number, offset: number, length: number, key: number): number;
}

const native = systemLibrary<LockFunctions>("ntdll.dll", {
  NtLockFile: status(
    "i64",
    "i64",
    "pointer",
    "pointer",
    "pointer",
    "pointer",
    "pointer",
    "u32",
    "u32",
    "u32",
  ),
  NtUnlockFile: status("i64", "pointer", "pointer", "pointer", "u32"),
});

/** Where the byte is that stands for the whole file; those for its bytes come behind it. */
const FILE_BYTE = 2 ** 61;
const FIRST_BYTE = 2 ** 62;

/** How often somebody shares a byte that others look at: each look locks it for a moment. */
const SHARE_TRIES = 1000;

/** Makes the calls on locks. */
export function lockCalls(): LockCalls {
  const { call } = native();
  const scratch = new Scratch();
  const length = scratch.put(24, 1);
  const lock = (file: Handle, offset: bigint, isExclusive: boolean): boolean => {
    scratch.view.setBigUint64(16, offset, true);
    // SAFETY: the addresses are those of this closure's own memory, which is not used across calls: nothing waits.
    const result = call.NtLockFile(
      file,
      0,
      0,
      0,
      scratch.address,
      scratch.address + 16,
      length,
      0,
      1,
      isExclusive ? 1 : 0,
    );
    if (succeeded(result)) return true;
    const code = result >>> 0;
    if (code === STATUS.lockNotGranted || code === STATUS.fileLockConflict) return false;
    throw statusError("lock a file", "NtLockFile", result);
  };
  /** Returns whether there was a lock. */
  const unlock = (file: Handle, offset: bigint): boolean => {
    scratch.view.setBigUint64(16, offset, true);
    // SAFETY: as above.
    const result = call.NtUnlockFile(file, scratch.address, scratch.address + 16, length, 0);
    if (succeeded(result)) return true;
    if (result >>> 0 === STATUS.rangeNotLocked) return false;
    throw statusError("unlock a file", "NtUnlockFile", result);
  };
  const byteOf = (offset: number): bigint => BigInt(FIRST_BYTE) + BigInt(offset);
  const byteLocks: ByteLocks = {
    tryLock: (fd, offset) => lock(handleOf(fd), byteOf(offset), true),
    tryShare: (fd, offset) => {
      const file = handleOf(fd);
      for (let left = SHARE_TRIES; ; left--) {
        if (lock(file, byteOf(offset), false)) return true;
        if (left === 0) return false;
      }
    },
    unlock: (fd, offset) => void unlock(handleOf(fd), byteOf(offset)),
    // Nobody can be asked who holds a lock. A byte that can be locked alone is nobody's.
    isLocked: (fd, offset) => {
      const file = handleOf(fd);
      const byte = byteOf(offset);
      if (!lock(file, byte, true)) return true;
      unlock(file, byte);
      return false;
    },
  };
  return {
    // An open file has at most one of these locks, as with flock(2): another one replaces it, and is none if it fails.
    tryLockFile: (fd, kind) => {
      const file = handleOf(fd);
      unlock(file, BigInt(FILE_BYTE));
      return lock(file, BigInt(FILE_BYTE), kind === "exclusive");
    },
    byteLocks,
    // A mutex of Windows is an object of the kernel with a name, not memory: owner words do without.
    robustMutexes: undefined,
  };
}
