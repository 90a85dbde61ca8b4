/**
 * Removing what crashes left behind: files whose name nobody holds.
 *
 * @module
 */
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { entriesOf } from "./directory.ts";
import { removeWhenUnheld } from "./holder.ts";
import { requireLocks } from "./lock-trial.ts";
import { HIDDEN_PREFIX } from "./name.ts";
import { removePipeWhenUnheld } from "./pipe.ts";
import { isRemovableHead, readHead } from "./superblock.ts";

/**
 * Looks at every file of a directory and removes those that nobody holds and that are not persistent:
 * names and pipes of dead processes, and files of creations that never came to their end. Files that are not
 * segments stay.
 *
 * @param directory The directory of named memory.
 * @returns The names of the removed files.
 * @throws {SystemError} `ENOTSUP` when locks do not hold in the directory: everything would look unheld;
 * `EACCES`, `EMFILE`, … when the directory cannot be read.
 */
export function collectAbandoned(directory: string): string[] {
  requireLocks(directory);
  const removed: string[] = [];
  for (const entry of entriesOf(directory)) {
    if (!entry.isFile() && !entry.isFIFO()) continue;
    const path = join(directory, entry.name);
    const isHidden = entry.name.startsWith(HIDDEN_PREFIX);
    if (collectFile(path, isHidden, entry.isFIFO())) removed.push(entry.name);
  }
  return removed;
}

function collectFile(path: string, isAside: boolean, isPipe: boolean): boolean {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return false; // gone in the meantime, or not ours to open
  }
  try {
    // A file without its final name never gets one: its creator died, or is alive and holds it.
    if (!isAside && !isRemovableHead(readHead(fd))) return false;
    return isPipe ? removePipeWhenUnheld(fd, path) : removeWhenUnheld(fd, path);
  } finally {
    closeSync(fd);
  }
}
