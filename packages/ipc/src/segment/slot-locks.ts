/**
 * The kernel's locks on slots, by which it tells who is alive.
 *
 * Where a byte of a file can be locked for one open file alone, the slot's first byte is. Elsewhere every slot that
 * is taken has an empty file of its own beside the segment, `.slot-<epoch>-<slot>`, and its owner an exclusive
 * `flock` on it. Such a file is removed only by somebody who has its lock, while the path still leads to it; and
 * who has locked a file that was removed in between begins again. So the lock at a path is always the one that counts.
 *
 * @module
 */
import { closeSync, constants, openSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type ByteLocks,
  fromNodeError,
  HIDDEN_PREFIX,
  host,
  isSameFile,
  platform,
  unlinkIfThere,
} from "@isthmus/core/internal";
import { endThread } from "../wait/before-sleep.ts";
import { SLOT_BYTES } from "./participant-layout.ts";
import type { SlotLocks } from "./participants.ts";

const OPEN_FLAGS = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** How often somebody else may remove the file of a slot between its opening and its locking. */
const TRIES_MAX = 100;

/** The segment that the slots are in. */
export interface SlotPlace {
  readonly fd: number;
  readonly path: string;
  readonly epoch: bigint;
  /** Where the section of participants begins, in bytes. */
  readonly sectionOffset: number;
}

/** The locks of one handle. */
export interface OwnSlotLocks extends SlotLocks {
  /** Gives all of them back, as a death would. */
  close(): void;
}

/** The locks of a segment's slots, as one handle takes them. */
export function slotLocks(place: SlotPlace): OwnSlotLocks {
  const { byteLocks } = platform();
  return byteLocks === undefined ? new SlotFiles(place) : new SlotBytes(place, byteLocks);
}

/**
 * Handles whose locks this thread gives back when it ends by itself. The kernel does that when a process ends, but a
 * Worker's descriptors and mappings, and so its locks, are those of its process.
 */
const open = new Set<OwnSlotLocks>();

function closeAll(): void {
  // Who gets a place of this thread goes on behind what it has sent.
  endThread();
  for (const locks of open) locks.close();
}

function closeAtEnd(locks: OwnSlotLocks): void {
  // Before the segments' descriptors are closed, whose numbers may mean other files then.
  if (open.size === 0) process.prependListener("exit", closeAll);
  open.add(locks);
}

function closed(locks: OwnSlotLocks): void {
  open.delete(locks);
  if (open.size === 0) process.off("exit", closeAll);
}

/** One byte of the segment per slot. They are unlocked, too, when the segment is closed and unmapped. */
class SlotBytes implements OwnSlotLocks {
  readonly #calls: ByteLocks;
  readonly #fd: number;
  readonly #offset: number;
  readonly #held = new Set<number>();

  constructor({ fd, sectionOffset }: SlotPlace, calls: ByteLocks) {
    this.#calls = calls;
    this.#fd = fd;
    this.#offset = sectionOffset;
  }

  tryLock(slot: number): boolean {
    if (this.#held.has(slot)) return true;
    if (!this.#calls.tryLock(this.#fd, this.#byteOf(slot))) return false;
    this.#held.add(slot);
    if (!host.isMainThread) closeAtEnd(this);
    return true;
  }

  unlock(slot: number): void {
    if (!this.#held.delete(slot)) return;
    if (this.#held.size === 0) closed(this);
    this.#calls.unlock(this.#fd, this.#byteOf(slot));
  }

  isLockedByOther(slot: number): boolean {
    return !this.#held.has(slot) && this.#calls.isLocked(this.#fd, this.#byteOf(slot));
  }

  close(): void {
    for (const slot of this.#held) this.unlock(slot);
  }

  #byteOf(slot: number): number {
    return this.#offset + slot * SLOT_BYTES;
  }
}

/** One file per slot. */
class SlotFiles implements OwnSlotLocks {
  readonly #prefix: string;
  readonly #held = new Map<number, number>();

  constructor({ path, epoch }: SlotPlace) {
    const tag = epoch.toString(16).padStart(16, "0");
    this.#prefix = join(dirname(path), `${HIDDEN_PREFIX}slot-${tag}-`);
  }

  tryLock(slot: number): boolean {
    if (this.#held.has(slot)) return true;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const path = this.#pathOf(slot);
      const fd = openFile(path, OPEN_FLAGS | constants.O_CREAT);
      if (fd === undefined) continue;
      const isLocked = platform().tryLockFile(fd, "exclusive");
      if (isLocked && isSameFile(fd, path)) {
        this.#held.set(slot, fd);
        // Also on the main thread: what the kernel unlocks at its end is still there to be removed.
        closeAtEnd(this);
        return true;
      }
      closeSync(fd);
      if (!isLocked) return false;
    }
    return false;
  }

  unlock(slot: number): void {
    const fd = this.#held.get(slot);
    if (fd === undefined) return;
    this.#held.delete(slot);
    if (this.#held.size === 0) closed(this);
    try {
      unlinkIfThere(this.#pathOf(slot));
    } finally {
      closeSync(fd);
    }
  }

  /**
   * Locks the file for a moment, together with others who ask, and so can make a live participant's claim, or
   * another's look, fail: those are errors on the safe side, and all who look do it again.
   */
  isLockedByOther(slot: number): boolean {
    if (this.#held.has(slot)) return false;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const path = this.#pathOf(slot);
      const fd = openFile(path, OPEN_FLAGS);
      if (fd === undefined) return false;
      try {
        if (!platform().tryLockFile(fd, "shared")) return true;
        if (isSameFile(fd, path)) return false;
      } finally {
        closeSync(fd);
      }
    }
    return true;
  }

  close(): void {
    for (const slot of this.#held.keys()) this.unlock(slot);
  }

  #pathOf(slot: number): string {
    return `${this.#prefix}${slot}`;
  }
}

/** Opens a file; undefined when there is none. */
function openFile(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw fromNodeError(error, `open "${path}"`);
  }
}
