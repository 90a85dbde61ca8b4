/**
 * Whose turn it is to append. It holds between all processes that can reach the directory, whatever else they share, and a process
 * that dies gives it back.
 *
 * @module
 */
import { closeSync, openSync } from "node:fs";
import { platform } from "@isthmus/core/internal";
import { timedOut } from "@isthmus/ipc/internal";
import { attempt } from "./disk-files.ts";
import { LockFile } from "./lock-file.ts";

/** How long to wait for others, in milliseconds: somebody who begins a segment waits for the disk meanwhile. */
const TIMEOUT_MS = 30_000;
/** So many looks at once, then with pauses that grow up to this many milliseconds. */
const LOOKS = 50;
const PAUSE_MS_MAX = 2;
/** So long are the pauses of who waits for somebody else's sync, in milliseconds, and so many at most. */
const SYNC_PAUSE_MS = 0.05;
const SYNC_LOOKS = 20_000;

/** Locks that a dead process has not. */
interface Turns extends Disposable {
  tryTake(): boolean;
  give(): void;
  tryTakeSync(): boolean;
  giveSync(): void;
}

/** The lock as one handle uses it. */
export class TurnLock implements Disposable {
  readonly #path: string;
  readonly #turns: Turns;
  /** Nobody wakes who sleeps here. */
  readonly #pillow = new Int32Array(new SharedArrayBuffer(4));
  #isSyncing = false;

  /**
   * @param path The file; it is made where it is missing.
   * @throws {SystemError} `EACCES`, `EROFS`, … where this process may only read.
   */
  constructor(path: string) {
    this.#path = path;
    const { byteLocks } = platform();
    this.#turns = byteLocks === undefined ? new WholeFile(path) : new LockFile(path, byteLocks);
  }

  /**
   * Waits for this handle's turn.
   *
   * @throws {TimeoutError} `ETIMEDOUT` when somebody has it all the time: a process that is stopped.
   */
  take(): void {
    if (!this.#turns.tryTake()) this.#wait();
  }

  /** Ends the turn. */
  give(): void {
    this.#turns.give();
  }

  /**
   * Waits until this handle is the one who brings records to the disk, or no one needs to any more.
   *
   * @param isDone Whether somebody else has done it.
   * @returns Whether it is this handle's to do; then end it with `giveSync`.
   */
  takeSync(isDone: () => boolean): boolean {
    // Who is stopped while it syncs keeps nobody waiting for long: all can do it.
    for (let looks = 0; looks < SYNC_LOOKS && !isDone(); looks++) {
      this.#isSyncing = this.#turns.tryTakeSync();
      if (this.#isSyncing) break;
      if (looks >= LOOKS) Atomics.wait(this.#pillow, 0, 0, SYNC_PAUSE_MS);
    }
    if (!isDone()) return true;
    this.giveSync();
    return false;
  }

  giveSync(): void {
    if (!this.#isSyncing) return;
    this.#isSyncing = false;
    this.#turns.giveSync();
  }

  [Symbol.dispose](): void {
    this.#turns[Symbol.dispose]();
  }

  #wait(): void {
    const turns = this.#turns;
    for (let looks = 0; looks < LOOKS; looks++) if (turns.tryTake()) return;
    const end = performance.now() + TIMEOUT_MS;
    for (
      let pauseMs = 0.05;
      performance.now() < end;
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)
    ) {
      Atomics.wait(this.#pillow, 0, 0, pauseMs);
      if (turns.tryTake()) return;
    }
    throw timedOut(`append to the journal of "${this.#path}"`, TIMEOUT_MS, "somebody else appends");
  }
}

/** All of the file, where the kernel cannot lock a part for one open file alone: such a lock ends with its descriptor only. */
class WholeFile implements Turns {
  readonly #path: string;
  #fd: number | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#fd = this.#open();
  }

  tryTake(): boolean {
    this.#fd ??= this.#open();
    return platform().tryLockFile(this.#fd, "exclusive");
  }

  give(): void {
    this[Symbol.dispose]();
  }

  /** There is no second lock: everybody syncs. */
  tryTakeSync(): boolean {
    return true;
  }

  giveSync(): void {}

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #open(): number {
    return attempt(`append to the journal of "${this.#path}"`, () => openSync(this.#path, "a+"));
  }
}
