/**
 * Trying whether locks hold in a directory, before anything is believed by them.
 *
 * A file gets its name by a link. Its locks are the same through both names, since they belong to the file: except on
 * file systems where every path is a file of its own for the kernel, as FUSE makes it (bindfs, mergerfs, folders that
 * a machine shares with its guests). There a name that is held looks unheld, and would be removed or made twice.
 *
 * @module
 */
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { conditionError } from "../native/errno.ts";
import { platform } from "../native/platform.ts";
import { unlinkIfThere } from "./holder.ts";
import { asideName } from "./name.ts";

const CREATE_FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Directories in which this process has seen that locks hold. */
const trusted = new Set<string>();

/**
 * Refuses a directory in which locks do not hold.
 *
 * @throws {SystemError} `ENOTSUP`.
 */
export function requireLocks(directory: string): void {
  if (trusted.has(directory)) return;
  const isLocked = doLocksHold(directory);
  if (isLocked === true) trusted.add(directory);
  if (isLocked === false) throw unfit(directory);
}

/**
 * Whether a file that is locked through one name is locked through the other.
 *
 * @returns Undefined when that could not be tried: the directory is full, or may only be read.
 */
export function doLocksHold(directory: string): boolean | undefined {
  const first = join(directory, asideName("trial"));
  const second = join(directory, asideName("trial"));
  const fds: number[] = [];
  const made: string[] = [];
  try {
    fds.push(openSync(first, CREATE_FLAGS, 0o600));
    made.push(first);
    // Held from here on, so that nobody collects it for what a crash has left.
    if (!platform().tryLockFile(fds[0] as number, "exclusive")) return undefined;
    platform().fileNames.publish(first, second);
    made.push(second);
    fds.push(openSync(second, constants.O_RDWR | constants.O_NOFOLLOW));
    return !platform().tryLockFile(fds[1] as number, "exclusive");
  } catch {
    return undefined; // whatever is the matter, the next call that needs it says so
  } finally {
    // Closed first: what is removed while it is open, FUSE renames and keeps.
    for (const fd of fds) closeSync(fd);
    for (const path of made) unlinkIfThere(path);
  }
}

function unfit(directory: string): Error {
  const why = "locks do not hold on its file system: it looks like FUSE or a shared folder";
  const attempt = `use "${directory}" for named memory (${why}; set ISTHMUS_DIR to a directory on tmpfs or a disk, in a container to a volume or /dev/shm)`;
  return conditionError("ENOTSUP", attempt, "flock", directory);
}
