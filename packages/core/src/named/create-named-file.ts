/**
 * Creating names: one file per name, made aside and linked into place.
 *
 * The protocol (build aside, then `link(2)`) and its reason are Boost's and iceoryx2's lesson: a file that
 * gets its final name before it is complete hangs whoever opens it when its creator dies in between.
 *
 * @module
 */
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { SystemError } from "../errors.ts";
import { conditionError, fromNodeError } from "../native/errno.ts";
import { platform } from "../native/platform.ts";
import { announceHolder, hold, isSameFile, removeWhenUnheld, unlinkIfThere } from "./holder.ts";
import { asideName, checkName } from "./name.ts";
import { type NamedFile, OPEN_FLAGS, openDirectory, openIfThere } from "./named-file.ts";
import { takingRoom } from "./no-space.ts";
import { openNamedFile } from "./open-named-file.ts";
import { busyName, type Patience } from "./patience.ts";
import { isRemovableHead, readHead } from "./superblock.ts";
import { type CreateRequest, writeNamedFile } from "./write-named-file.ts";

const CREATE_FLAGS = OPEN_FLAGS | constants.O_CREAT | constants.O_EXCL;

/**
 * Creates a named file.
 *
 * @throws {SystemError} `EEXIST` when somebody alive holds the name or it is persistent; `ENOSPC` when there is no
 * room for all of it.
 */
export function createNamedFile(request: CreateRequest): NamedFile {
  const name = checkName(request.name);
  const directory = openDirectory();
  const path = join(directory, name);
  const patience = busyName(name);
  for (;;) {
    // Asked before anything is allocated; the link below decides.
    if (!isFree(path, patience)) throw exists(name, path);
    const created = takingRoom("create", { ...request, directory }, () =>
      build(request, directory, path, patience),
    );
    if (created !== undefined) return created;
  }
}

/** Opens a name, or creates it when nobody holds it. Exactly one of many that try at once creates it. */
export function createOrOpenNamedFile(request: CreateRequest): NamedFile & { createdNew: boolean } {
  const patience = busyName(checkName(request.name));
  for (;;) {
    try {
      return { ...openNamedFile(request.name, request.kind), createdNew: false };
    } catch (error) {
      if (!(error instanceof SystemError && error.code === "ENOENT")) throw error;
    }
    try {
      return { ...createNamedFile(request), createdNew: true };
    } catch (error) {
      if (!(error instanceof SystemError && error.code === "EEXIST")) throw error;
    }
    patience.wait();
  }
}

/** Makes the file aside and links it into place. Returns undefined when that has to be tried again. */
function build(
  request: CreateRequest,
  directory: string,
  path: string,
  patience: Patience,
): NamedFile | undefined {
  const { name } = request;
  const aside = join(directory, asideName(name));
  const fd = createAside(aside);
  let isDone = false;
  try {
    announceHolder(fd);
    // From here on the file is seen to be held, so that nobody collects it as a leftover. Who has found it
    // before is about to remove it: a file with that lock on it must not get the name.
    if (!platform().tryLockFile(fd, "shared")) return undefined;
    const superblock = writeNamedFile(request, fd, path);
    if (!publish(aside, path)) {
      if (!isFree(path, patience)) throw exists(name, path);
      return undefined;
    }
    isDone = true;
    hold({ fd, path, isPersistent: superblock.isPersistent });
    return { fd, path, name, superblock };
  } finally {
    unlinkIfThere(aside);
    if (!isDone) closeSync(fd);
  }
}

function createAside(path: string): number {
  try {
    return openSync(path, CREATE_FLAGS, 0o600);
  } catch (error) {
    throw fromNodeError(error, `create "${path}"`);
  }
}

/** Gives the finished file its name. False when the name is taken, or the file was taken for a leftover. */
function publish(aside: string, path: string): boolean {
  try {
    platform().fileNames.publish(aside, path);
    return true;
  } catch (error) {
    const typed = fromNodeError(error, `create "${path}"`);
    const isRace = typed instanceof SystemError && ["EEXIST", "ENOENT"].includes(typed.code);
    if (isRace) return false;
    throw typed;
  }
}

/** Whether a name can be created: it does not exist, or nobody held what was there, which is removed. */
function isFree(path: string, patience: Patience): boolean {
  for (;;) {
    const fd = openIfThere(path);
    if (fd === undefined) return true;
    try {
      if (!isRemovableHead(readHead(fd))) return false;
      if (removeWhenUnheld(fd, path)) return true;
      const isHeld = platform().tryLockFile(fd, "shared") && isSameFile(fd, path);
      // Its last holder may have left meanwhile and met this lock: then the file is left to us to remove.
      if (isHeld) return removeWhenUnheld(fd, path);
    } finally {
      closeSync(fd);
    }
    patience.wait();
  }
}

function exists(name: string, path: string): SystemError {
  return conditionError("EEXIST", `create "${name}"`, "link", path);
}
