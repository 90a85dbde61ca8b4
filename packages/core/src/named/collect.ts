/**
 * Removing what crashes left behind: files whose name nobody holds.
 *
 * @module
 */
import type { Dirent } from "node:fs";
import { closeSync, constants, lstatSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { removeWhenUnheld, unlinkIfThere } from "./holder.ts";
import { requireLocks } from "./lock-trial.ts";
import { HIDDEN_PREFIX } from "./name.ts";
import { removePipeWhenUnheld } from "./pipe.ts";
import { isRemovableHead, readHead } from "./superblock.ts";

/**
 * Looks at every file of a directory and removes those that nobody holds and that are not persistent:
 * names, pipes and sockets of dead processes, and files of creations that never came to their end. Files that are not
 * segments stay.
 *
 * @param directory The directory of named memory.
 * @returns The names of the removed files.
 * @throws {SystemError} `ENOTSUP` when locks do not hold in the directory: everything would look unheld.
 */
export function collectAbandoned(directory: string): string[] {
  requireLocks(directory);
  const removed: string[] = [];
  const entries = readdirSync(directory, { withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() && !entry.isFIFO()) continue;
    const path = join(directory, entry.name);
    const isHidden = entry.name.startsWith(HIDDEN_PREFIX);
    if (collectFile(path, isHidden, entry.isFIFO())) removed.push(entry.name);
  }
  for (const entry of entries) {
    const bell = bellOfSocket(entry);
    if (bell === undefined || isThere(join(directory, bell))) continue;
    unlinkIfThere(join(directory, entry.name));
    removed.push(entry.name);
  }
  return removed;
}

/** How the names of sockets beside bells begin, and those of the bells, which are there as long as their sockets are. */
const SOCKET_PREFIX = ".wake-";
const BELL_PREFIX = ".bell-";

/** The name of the bell without which a socket is one of somebody dead; undefined when it is no such socket. */
export function bellOfSocket(entry: Dirent): string | undefined {
  if (!entry.isSocket() || !entry.name.startsWith(SOCKET_PREFIX)) return undefined;
  return BELL_PREFIX + entry.name.slice(SOCKET_PREFIX.length);
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
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
