/**
 * Named pipes that belong to one process each: making them, and telling that their maker has ended.
 *
 * A maker keeps a shared `flock` on its pipe, as a holder does on a name. Where pipes cannot be locked, it keeps
 * one on an empty file beside the pipe instead, `<pipe>.lock`, which is there before the pipe is.
 *
 * @module
 */
import { closeSync, constants, openSync } from "node:fs";
import { SystemError } from "../errors.ts";
import { fromNodeError } from "../native/errno.ts";
import { platform } from "../native/platform.ts";
import { isSameFile, removeWhenUnheld, unlinkIfThere } from "./holder.ts";

const LOCK_FLAGS = constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** A pipe that this process has made. */
export interface HeldPipe {
  readonly path: string;
  /** Open until the pipe is removed: the pipe in both directions, and the file that is locked for it. */
  readonly fds: readonly number[];
}

/**
 * Makes a pipe and keeps it open in both directions, so that it has no end while this process lives.
 *
 * @returns Undefined when somebody has taken it for what a dead process has left, before it was locked.
 */
export function makePipe(path: string): HeldPipe | undefined {
  if (platform().canLockPipes) {
    makePipeFile(path);
    const fd = locked(platform().openFifo(path, "both"), path);
    return fd === undefined ? undefined : { path, fds: [fd] };
  }
  const lockPath = lockOf(path);
  const lock = locked(openIfThere(lockPath, LOCK_FLAGS | constants.O_CREAT), lockPath);
  if (lock === undefined) return undefined;
  try {
    makePipeFile(path);
    const fd = platform().openFifo(path, "both");
    if (fd !== undefined) return { path, fds: [fd, lock] };
    closeSync(lock);
    return undefined;
  } catch (error) {
    closeSync(lock);
    throw error;
  }
}

/** Whether a pipe that this process has made is still there for others to find. */
export function isPipeThere({ path, fds }: HeldPipe): boolean {
  return isSameFile(fds[0] as number, path);
}

/** Removes a pipe that this process has made. */
export function removePipe({ path, fds }: HeldPipe): void {
  unlinkIfThere(path);
  if (fds.length > 1) unlinkIfThere(lockOf(path));
  for (const fd of fds) closeSync(fd);
}

/**
 * Removes a pipe whose maker has ended.
 *
 * @param fd The open pipe.
 * @returns Whether it was removed.
 */
export function removePipeWhenUnheld(fd: number, path: string): boolean {
  if (platform().canLockPipes) return removeWhenUnheld(fd, path);
  const lockPath = lockOf(path);
  const lock = openIfThere(lockPath, LOCK_FLAGS);
  try {
    if (lock !== undefined && !removeWhenUnheld(lock, lockPath)) return false;
    unlinkIfThere(path);
    return true;
  } finally {
    if (lock !== undefined) closeSync(lock);
  }
}

function lockOf(path: string): string {
  return `${path}.lock`;
}

function makePipeFile(path: string): void {
  try {
    platform().makeFifo(path);
  } catch (error) {
    // One of ours that somebody is about to remove: nobody else makes a pipe of this name.
    if (!(error instanceof SystemError && error.code === "EEXIST")) throw error;
  }
}

/** Takes the lock of a holder on what was opened; undefined, and closed, when somebody removes it at this moment. */
function locked(fd: number | undefined, path: string): number | undefined {
  if (fd === undefined) return undefined;
  if (platform().tryLockFile(fd, "shared") && isSameFile(fd, path)) return fd;
  closeSync(fd);
  return undefined;
}

function openIfThere(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    const typed = fromNodeError(error, `open "${path}"`);
    if (typed instanceof SystemError && typed.code === "ENOENT") return undefined;
    throw typed;
  }
}
