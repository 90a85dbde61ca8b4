/**
 * Holding a name: the kernel's file lock that says who is alive, and what its end means.
 *
 * Every holder keeps a **shared** `flock` on the file for as long as it holds the name; the kernel drops it
 * when the process ends, however it ends. Whoever gets the **exclusive** lock has therefore proof that nobody
 * holds the name, and may remove it. After taking a lock on a file that was opened by its path, the path is
 * looked up again: if it leads to another file now, somebody replaced the file in between.
 *
 * `flock` can be asked who holds it only by trying to take it, and a lock that an observer takes for a moment
 * would meet the last holder's question and keep the file from being removed. So every holder also shares an
 * open-file lock on the file's first byte, taken before its `flock` and kept as long: nobody decides anything
 * by it, but `F_OFD_GETLK` tells an observer of it and changes nothing.
 *
 * @module
 */
import { closeSync } from "node:fs";
import { SystemError } from "../errors.ts";
import { fromNodeError } from "../native/errno.ts";
import { type FileIdentity, platform } from "../native/platform.ts";

/** A name that this process holds. */
export interface HeldFile {
  readonly fd: number;
  readonly path: string;
  /** Whether the file stays when the last holder leaves. */
  readonly isPersistent: boolean;
}

/** What a path leads to, for somebody who holds the file that was there. */
export type Lead = "held" | "gone" | "replaced";

/** Remembers which file a held name led to, and tells what it leads to now. */
export class Trail {
  readonly path: string;
  readonly #held: FileIdentity;

  /** @param fd The file, open. */
  constructor(fd: number, path: string) {
    this.path = path;
    this.#held = platform().fileNames.identify(fd);
  }

  /** What the path leads to at this moment: one system call. */
  get lead(): Lead {
    const found = lookUp(this.path);
    if (found === undefined) return "gone";
    return found.ino === this.#held.ino && found.dev === this.#held.dev ? "held" : "replaced";
  }
}

function lookUp(path: string): FileIdentity | undefined {
  try {
    return platform().fileNames.lookUp(path);
  } catch (error) {
    const typed = fromNodeError(error, `look up "${path}"`);
    if (isMissing(typed)) return undefined;
    throw typed;
  }
}

/** Whether there is nothing at a path: also where its directory has become something else. */
function isMissing(error: unknown): boolean {
  return error instanceof SystemError && ["ENOENT", "ENOTDIR"].includes(error.code);
}

/** Whether a path still leads to an open file. */
export function isSameFile(fd: number, path: string): boolean {
  return new Trail(fd, path).lead === "held";
}

/** Removes a name; nothing happens when it is gone already. */
export function unlinkIfThere(path: string): void {
  try {
    platform().fileNames.remove(path);
  } catch (error) {
    const typed = fromNodeError(error, `remove "${path}"`);
    if (!isMissing(typed)) throw typed;
  }
}

/**
 * Removes a file's name when nobody holds it. The caller's own lock on `fd` is given up for the question.
 *
 * @param fd The open file; its lock becomes exclusive when nobody else holds one, and is lost otherwise.
 * @returns Whether it was removed: false when somebody holds it, and when the path leads elsewhere by now.
 */
export function removeWhenUnheld(fd: number, path: string): boolean {
  if (!platform().tryLockFile(fd, "exclusive") || !isSameFile(fd, path)) return false;
  unlinkIfThere(path);
  return true;
}

/** The byte of the file that all its holders share, for observers. */
const HOLDERS_BYTE = 0;

/** Lets observers see a holder. Call it before the holder's lock is taken; closing `fd` takes it back. */
export function announceHolder(fd: number): void {
  try {
    platform().byteLocks?.tryShare(fd, HOLDERS_BYTE);
  } catch {
    // A file system without such locks: observers cannot see who holds the name, and everything else works.
  }
}

/**
 * Whether anybody but this open file holds a name. It takes no lock, so that holders, openers and those who
 * leave do not notice; nothing may be removed because of its answer.
 *
 * @returns Undefined where the system cannot tell.
 */
export function isSeenHeld(fd: number): boolean | undefined {
  try {
    return platform().byteLocks?.isLocked(fd, HOLDERS_BYTE);
  } catch {
    return undefined;
  }
}

/** What this process holds now, to be let go of when it ends by itself. */
const held = new Map<number, HeldFile>();

/** Notes that this process holds a name: its shared lock is on `fd`. */
export function hold(file: HeldFile): void {
  if (held.size === 0) process.on("exit", releaseAll);
  held.set(file.fd, file);
}

/**
 * Lets go of a name. The last holder removes the file, unless it is persistent: two holders that leave at
 * once both ask for the exclusive lock, and the later of the two gets it, since each gives up its shared
 * lock first.
 *
 * @param fd The descriptor that was passed to `hold`; closed afterwards.
 */
export function release(fd: number): void {
  const file = held.get(fd);
  if (file === undefined) return;
  held.delete(fd);
  if (held.size === 0) process.off("exit", releaseAll);
  try {
    if (!file.isPersistent) removeWhenUnheld(fd, file.path);
  } finally {
    closeSync(fd);
  }
}

/** The descriptors that keep names for handles which the program has forgotten, by file. */
const forgotten = new Map<string, number>();

/**
 * Takes over a name from a handle that the collector has found. To forget a handle is not to leave: a constant of a
 * module that no later line uses is collected while the program is still running. So the name stays until the process
 * ends, and one descriptor does for all the forgotten handles of a file.
 *
 * @param fd The descriptor that was passed to `hold`.
 */
export function forget(fd: number): void {
  const file = held.get(fd);
  if (file === undefined) return;
  const { dev, ino } = platform().fileNames.identify(fd);
  const key = `${dev}:${ino}`;
  if (forgotten.has(key) || !isSameFile(fd, file.path)) release(fd);
  else forgotten.set(key, fd);
}

function releaseAll(): void {
  for (const fd of held.keys()) release(fd);
}
