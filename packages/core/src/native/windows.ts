/**
 * Windows 10 and later, on x64.
 *
 * Names are files in a directory, as everywhere: the system's own named sections have no listing, no length that can be asked
 * for, and no way to be built before they are seen.
 *
 * @module
 */
import { NotSupportedError } from "../errors.ts";
import { abiTag } from "./abi.ts";
import type { FifoCalls, LockCalls, NameCalls, Platform, WaitCalls } from "./platform-interface.ts";
import { fileCalls } from "./windows-files.ts";
import { memoryCalls } from "./windows-memory.ts";

/** Makes the platform of Windows. */
export function windows(): Platform {
  return {
    abiTag: abiTag("Windows"),
    ...memoryCalls(),
    ...fileCalls(),
    ...UNFINISHED,
    nameLog: undefined,
    processState: () => undefined,
    openFilesIn: () => [],
  };
}

function refuse(): never {
  throw new NotSupportedError("Cannot share memory by name on Windows yet");
}

/** What is being built. */
const UNFINISHED: LockCalls & WaitCalls & FifoCalls & NameCalls = {
  tryLockFile: refuse,
  byteLocks: undefined,
  robustMutexes: undefined,
  futexWait: refuse,
  futexWake: refuse,
  monotonicNs: refuse,
  canLockPipes: false,
  makeFifo: refuse,
  openFifo: refuse,
  ringFifo: refuse,
  emptyFifo: refuse,
  defaultDirectory: refuse,
  objectionTo: refuse,
};
