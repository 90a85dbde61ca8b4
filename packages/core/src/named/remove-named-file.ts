/**
 * Removing names.
 *
 * @module
 */
import { closeSync } from "node:fs";
import { join } from "node:path";
import { conditionError, fromNodeError } from "../native/errno.ts";
import { platform } from "../native/platform.ts";
import { directoryPath, findDirectory } from "./directory.ts";
import { isSameFile, isSeenHeld, removeWhenUnheld } from "./holder.ts";
import { requireLocks } from "./lock-trial.ts";
import { checkName } from "./name.ts";
import { openDirectory, openIfThere } from "./named-file.ts";
import { busyName } from "./patience.ts";

/**
 * Removes a name at once. Those who hold it go on; nobody can open it any more.
 *
 * It is done under a lock on the file: whoever has found a file unheld is about to remove its name, and
 * would remove the name of a new file when that one had taken its place in between.
 *
 * @throws {SystemError} `ENOENT` when there is no such name.
 */
export function unlinkNamedFile(givenName: string): void {
  const name = checkName(givenName);
  const path = join(openDirectory(), name);
  const patience = busyName(name);
  for (;;) {
    const fd = openToUnlink(path);
    if (fd === undefined) break;
    try {
      if (removeWhenUnheld(fd, path)) return;
      if (platform().tryLockFile(fd, "shared") && isSameFile(fd, path)) {
        unlink(name, path);
        return;
      }
    } finally {
      closeSync(fd);
    }
    patience.wait();
  }
  unlink(name, path);
}

/**
 * Removes a name if nobody holds it, whatever the file is, persistent or not a segment at all. It collects
 * nothing else.
 *
 * @returns False when somebody holds it.
 * @throws {SystemError} `ENOENT` when there is no such name; `ELOOP`, `EISDIR`, … for what no name can be.
 */
export function removeUnheldFile(givenName: string): boolean {
  const name = checkName(givenName);
  const directory = findDirectory();
  const path = join(directoryPath(), name);
  if (directory !== undefined) requireLocks(directory);
  const patience = busyName(name);
  for (;;) {
    const fd = directory === undefined ? undefined : openIfThere(path);
    if (fd === undefined) throw conditionError("ENOENT", `remove "${name}"`, "unlink", path);
    try {
      if (removeWhenUnheld(fd, path)) return true;
      // Otherwise somebody looked at it or replaced it in this moment.
      if (isSeenHeld(fd) !== false) return false;
    } finally {
      closeSync(fd);
    }
    patience.wait();
  }
}

/** Opens what a name leads to, or returns undefined for what cannot be a segment: that has no holders. */
function openToUnlink(path: string): number | undefined {
  try {
    return openIfThere(path);
  } catch {
    return undefined;
  }
}

function unlink(name: string, path: string): void {
  try {
    platform().fileNames.remove(path);
  } catch (error) {
    throw fromNodeError(error, `unlink "${name}"`);
  }
}
