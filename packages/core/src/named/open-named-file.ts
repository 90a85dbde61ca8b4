/**
 * Opening names that somebody holds.
 *
 * @module
 */
import { closeSync, fstatSync } from "node:fs";
import { join } from "node:path";
import { CorruptSegmentError, NotSupportedError, type SystemError } from "../errors.ts";
import { readAbi } from "../native/abi.ts";
import { conditionError } from "../native/errno.ts";
import { platform } from "../native/platform.ts";
import { announceHolder, hold, isSameFile, removeWhenUnheld } from "./holder.ts";
import { checkName } from "./name.ts";
import { type NamedFile, openDirectory, openIfThere } from "./named-file.ts";
import { busyName } from "./patience.ts";
import {
  decodeSuperblock,
  readHead,
  SEGMENT_KINDS,
  type SegmentKind,
  type Superblock,
} from "./superblock.ts";

/**
 * Opens a named file that somebody holds, or a persistent one.
 *
 * @throws {SystemError} `ENOENT` when there is no such name or its last holder is gone; `ELOOP` for a symbolic link.
 * @throws {CorruptSegmentError} When it is not a file of this kind and version.
 * @throws {NotSupportedError} When it was made on another CPU or operating system.
 */
export function openNamedFile(givenName: string, kind: SegmentKind): NamedFile {
  const name = checkName(givenName);
  const path = join(openDirectory(), name);
  const patience = busyName(name);
  for (;;) {
    const fd = openIfThere(path);
    if (fd === undefined) throw missing(name, path);
    try {
      const superblock = decodeSuperblock(readHead(fd), fstatSync(fd).size, name);
      checkAbi(superblock, name);
      checkKind(superblock, name, kind);
      const claim = claimShared(fd, path, superblock);
      if (claim === "gone") throw missing(name, path);
      if (claim === "held") {
        hold({ fd, path, isPersistent: superblock.isPersistent });
        return { fd, path, name, superblock };
      }
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
    patience.wait();
  }
}

/**
 * Takes a holder's lock on a file.
 *
 * @returns `"held"`: this process holds the name now. `"gone"`: nobody held it, so it has been removed.
 * `"busy"`: somebody is creating, removing or replacing it this moment.
 */
function claimShared(
  fd: number,
  path: string,
  { isPersistent }: Superblock,
): "held" | "gone" | "busy" {
  if (!isPersistent && removeWhenUnheld(fd, path)) return "gone";
  announceHolder(fd);
  if (!platform().tryLockFile(fd, "shared")) return "busy";
  return isSameFile(fd, path) ? "held" : "busy";
}

/**
 * Refuses what others have made whom this process cannot work with: another CPU may order memory in another way, and
 * another system knows by other locks who is alive. The C library concerns its own mutexes only.
 */
function checkAbi({ abi }: Superblock, name: string): void {
  const [theirs, own] = [readAbi(abi), readAbi(platform().abiTag)];
  if (theirs?.cpu === own?.cpu && theirs?.system === own?.system) return;
  const [maker, user] = [theirs, own].map((one) => `${one?.system} on ${one?.cpu}`);
  throw new NotSupportedError(
    `Cannot open "${name}": it was made by a process on ${maker}; this one is on ${user}`,
  );
}

function checkKind(superblock: Superblock, name: string, kind: SegmentKind): void {
  if (superblock.kind === SEGMENT_KINDS[kind]) return;
  const found = Object.entries(SEGMENT_KINDS).find(([, code]) => code === superblock.kind)?.[0];
  throw new CorruptSegmentError(
    `Cannot open "${name}" as ${kind}: it is ${found ?? `of unknown kind ${superblock.kind}`}`,
  );
}

function missing(name: string, path: string): SystemError {
  return conditionError("ENOENT", `open "${name}" (nobody holds this name)`, "open", path);
}
