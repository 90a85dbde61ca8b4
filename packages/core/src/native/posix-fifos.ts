/**
 * Named pipes on every POSIX system.
 *
 * @module
 */
import { constants, openSync, readSync, writeSync } from "node:fs";
import { fromNodeError, systemError } from "./errno.ts";
import type { Libc } from "./libc.ts";
import type { FifoCalls, FifoEnd } from "./platform-interface.ts";
import type { PosixSystem } from "./posix-system.ts";

const FLAGS: Readonly<Record<FifoEnd, number>> = {
  both: constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW,
  read: constants.O_RDONLY | constants.O_NONBLOCK,
  write: constants.O_WRONLY | constants.O_NONBLOCK,
};

const ONE_BYTE = new Uint8Array(1);
const SCRATCH = new Uint8Array(1024);

/** Makes the calls on named pipes. */
export function fifoCalls(libc: Libc, { canLockPipes }: PosixSystem): FifoCalls {
  return {
    canLockPipes,
    makeFifo: (path) => {
      if (libc.call.mkfifo(path, 0o600) === 0) return;
      throw systemError(`create the pipe "${path}"`, "mkfifo", libc.errno(), path);
    },
    openFifo: (path, end) => {
      try {
        return openSync(path, FLAGS[end]);
      } catch (error) {
        if (hasCode(error, "ENOENT", "ENXIO")) return undefined;
        throw fromNodeError(error, `open "${path}"`);
      }
    },
    ringFifo: (fd) => {
      try {
        writeSync(fd, ONE_BYTE);
        return true;
      } catch (error) {
        // A full pipe has woken its owner already. Anything else means that nobody reads it any more.
        return hasCode(error, "EAGAIN");
      }
    },
    emptyFifo: (fd) => {
      try {
        while (readSync(fd, SCRATCH) > 0);
        return false;
      } catch {
        return true; // EAGAIN: it is empty, and somebody may write to it
      }
    },
  };
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? "");
}
