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
import type { FifoCalls, Platform } from "./platform-interface.ts";
import { monotonicClock } from "./windows-clock.ts";
import { fileCalls } from "./windows-files.ts";
import { lockCalls } from "./windows-locks.ts";
import { memoryCalls } from "./windows-memory.ts";
import { nameCalls } from "./windows-names.ts";
import { threadPipes } from "./windows-pipes.ts";
import { processCalls } from "./windows-processes.ts";

/** Makes the platform of Windows. */
export function windows(): Platform {
  return {
    abiTag: abiTag("Windows"),
    ...memoryCalls(),
    ...fileCalls(),
    ...lockCalls(),
    // Its words to sleep on wake threads of one process only.
    futexes: undefined,
    monotonicNs: monotonicClock(),
    ...NO_FIFOS,
    threadPipes: threadPipes(),
    ...nameCalls(),
    nameLog: undefined,
    ...processCalls(),
  };
}

function refuse(): never {
  throw new NotSupportedError("Cannot make a pipe that has a path: Windows has none");
}

/** Pipes have a name space of their own here. */
const NO_FIFOS: FifoCalls = {
  canLockPipes: false,
  makeFifo: refuse,
  openFifo: refuse,
  ringFifo: refuse,
  emptyFifo: refuse,
};
