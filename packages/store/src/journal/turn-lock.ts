/**
 * Whose turn it is to append: a lock of the kernel on a file of the journal. It holds between all processes that can reach the
 * directory, whatever else they share, and a process that dies gives it back.
 *
 * @module
 */
import { closeSync, openSync } from "node:fs";
import { platform } from "@isthmus/core/internal";
import { timedOut } from "@isthmus/ipc/internal";
import { attempt } from "./disk-storage.ts";

/** How long to wait for others, in milliseconds: somebody who begins a segment waits for the disk meanwhile. */
const TIMEOUT_MS = 30_000;
/** So many looks at once, then with pauses that grow up to this many milliseconds. */
const LOOKS = 50;
const PAUSE_MS_MAX = 2;

/** The lock as one handle uses it. */
export class TurnLock implements Disposable {
  readonly #path: string;
  readonly #bytes = platform().byteLocks;
  #fd: number | undefined;
  /** Nobody wakes who sleeps here. */
  readonly #pillow = new Int32Array(new SharedArrayBuffer(4));

  /**
   * @param path The file; it is made where it is missing.
   * @throws {SystemError} `EACCES`, `EROFS`, … where this process may only read.
   */
  constructor(path: string) {
    this.#path = path;
    this.#fd = this.#open();
  }

  /**
   * Waits for this handle's turn.
   *
   * @throws {TimeoutError} `ETIMEDOUT` when somebody has it all the time: a process that is stopped.
   */
  take(): void {
    if (this.#try()) return;
    for (let looks = 0; looks < LOOKS; looks++) if (this.#try()) return;
    const end = performance.now() + TIMEOUT_MS;
    for (
      let pauseMs = 0.05;
      performance.now() < end;
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)
    ) {
      Atomics.wait(this.#pillow, 0, 0, pauseMs);
      if (this.#try()) return;
    }
    throw timedOut(`append to the journal of "${this.#path}"`, TIMEOUT_MS, "somebody else appends");
  }

  /** Ends the turn. */
  give(): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    if (this.#bytes !== undefined) {
      this.#bytes.unlock(fd, 0);
      return;
    }
    // A lock on all of a file ends with its descriptor only.
    closeSync(fd);
    this.#fd = undefined;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #try(): boolean {
    this.#fd ??= this.#open();
    const fd = this.#fd;
    const bytes = this.#bytes;
    return bytes === undefined ? platform().tryLockFile(fd, "exclusive") : bytes.tryLock(fd, 0);
  }

  #open(): number {
    return attempt(`append to the journal of "${this.#path}"`, () => openSync(this.#path, "a+"));
  }
}
