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
import type { GroupCommit } from "./group-commit.ts";
import { LockFile } from "./lock-file.ts";
import { rest } from "./rest.ts";

/** How long to wait for others, in milliseconds: somebody who begins a segment waits for the disk meanwhile. */
const TIMEOUT_MS = 30_000;
/** So many looks at once, of which one that asks the kernel counts for ten, then with pauses that grow up to this many milliseconds. */
const LOOKS = 500;
const ASKING_LOOKS = 10;
const PAUSE_MS_MAX = 2;
/** So long are the pauses of who waits for others before a sync, in milliseconds. */
const GROUP_PAUSE_MS = 0.02;

/** Locks that a dead process has not. */
interface Turns extends Disposable {
  /** Whether somebody has it, alive or dead. Absent where that takes as long as to try. */
  readonly isTaken?: boolean;
  tryTake(): boolean;
  /** Whether nobody else has had it since this handle had it before. */
  readonly isContinued: boolean;
  /** See `TurnLock.checkShared`. Absent where the file is opened for each turn. */
  checkShared?(): void;
  give(): void;
  /** Absent where there is no second lock: everybody syncs. */
  readonly group?: GroupCommit;
}

/** The lock as one handle uses it. */
export class TurnLock implements Disposable {
  readonly #path: string;
  readonly #turns: Turns;
  /** How long the last sync took, in milliseconds. */
  #syncMs = 0;
  /** Until when it is worth while to wait for others before the next one. */
  #gatherEnd = 0;

  /**
   * @param path The file; it is made where it is missing.
   * @throws {SystemError} `EACCES`, `EROFS`, … where this process may only read.
   */
  constructor(path: string) {
    this.#path = path;
    const { byteLocks } = platform();
    this.#turns =
      byteLocks === undefined
        ? new WholeFile(path)
        : new LockFile(path, byteLocks, () => this.#pause());
  }

  /**
   * Waits for this handle's turn.
   *
   * @returns Whether nobody else has had one since this handle's last.
   * @throws {TimeoutError} `ETIMEDOUT` when somebody has it all the time: a process that is stopped.
   */
  take(): boolean {
    if (!this.#turns.tryTake()) this.#wait();
    return this.#turns.isContinued;
  }

  /**
   * Checks that whoever opens the journal now waits for this handle's turns, and this handle for theirs.
   *
   * @throws {SystemError} `ESTALE` when the file has been removed or replaced.
   */
  checkShared(): void {
    this.#turns.checkShared?.();
  }

  /** Ends the turn. */
  give(): void {
    this.#turns.give();
  }

  /**
   * Has records brought to the disk, those of all who wait for it at once.
   *
   * @param isDone Whether this handle's are there.
   * @param sync See `GroupCommit.flush`.
   */
  flush(isDone: () => boolean, sync: () => void): void {
    const { group } = this.#turns;
    if (group === undefined) sync();
    else group.flush(isDone, () => this.#time(sync));
  }

  [Symbol.dispose](): void {
    this.#turns[Symbol.dispose]();
  }

  #time(sync: () => void): void {
    const beganAt = performance.now();
    sync();
    this.#syncMs = performance.now() - beganAt;
    this.#gatherEnd = 0;
  }

  /** @returns False when waiting for others has taken a good part of what a sync takes. */
  #pause(): boolean {
    const now = performance.now();
    if (this.#gatherEnd === 0) this.#gatherEnd = now + this.#syncMs / 2;
    if (now >= this.#gatherEnd) return false;
    rest(GROUP_PAUSE_MS);
    return true;
  }

  #wait(): void {
    const turns = this.#turns;
    for (let looks = 0; looks < LOOKS; looks += turns.isTaken === undefined ? ASKING_LOOKS : 1) {
      if (turns.isTaken !== true && turns.tryTake()) return;
    }
    const end = performance.now() + TIMEOUT_MS;
    for (
      let pauseMs = 0.05;
      performance.now() < end;
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)
    ) {
      rest(pauseMs);
      if (turns.tryTake()) return;
    }
    throw timedOut(`append to the journal of "${this.#path}"`, TIMEOUT_MS, "somebody else appends");
  }
}

/** All of the file, where the kernel cannot lock a part for one open file alone: such a lock ends with its descriptor only. */
class WholeFile implements Turns {
  /** Nothing is noted in a file that is locked as a whole. */
  readonly isContinued = false;
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

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #open(): number {
    return attempt(`append to the journal of "${this.#path}"`, () => openSync(this.#path, "a+"));
  }
}
