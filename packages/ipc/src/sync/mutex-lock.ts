/**
 * A named mutex that is held.
 *
 * @module
 */
import type { SystemError } from "@isthmus/core";
import { conditionError, showAs } from "@isthmus/core/internal";
import { type ThreadState, unlock } from "./mutex-thread-state.ts";

/**
 * A held lock. Give it back with `release()` or `dispose()`, or let `using` do it.
 *
 * @example
 * ```ts
 * import { NamedMutex } from "@isthmus/ipc";
 *
 * using mutex = NamedMutex.createOrOpen("example-lock");
 * const lock = await mutex.acquireAsync({ timeoutMs: 5000 });
 * try {
 *   if (lock.abandoned) console.log("its last owner died: repair what it guards");
 * } finally {
 *   lock.release();
 * }
 * ```
 */
export class MutexLock implements Disposable {
  /**
   * Whether the owner before died while holding the mutex, so that what it guards may be half-changed. You own
   * the mutex now and are the only one who is told.
   */
  readonly abandoned: boolean;
  /** Until it is released. No private name (decision 8). */
  private state: ThreadState | undefined;

  static {
    showAs(MutexLock.prototype, ({ abandoned, isHeld }) => ["MutexLock", { abandoned, isHeld }]);
  }

  /** For the library's own use. */
  constructor(abandoned: boolean, state: ThreadState) {
    this.abandoned = abandoned;
    this.state = state;
  }

  /** Whether the lock has not been released. */
  get isHeld(): boolean {
    return this.state !== undefined;
  }

  /**
   * Gives the lock back.
   *
   * @throws {SystemError} `EPERM` when it has been released already.
   */
  release(): void {
    const state = this.state;
    if (state === undefined) throw notHeld();
    this.state = undefined;
    if (--state.depth === 0) unlock(state);
  }

  /** Gives the lock back unless that has been done. */
  dispose(): void {
    if (this.state !== undefined) this.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function notHeld(): SystemError {
  return conditionError("EPERM", "release this lock: it has been released", "pthread_mutex_unlock");
}
