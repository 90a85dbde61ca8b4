/**
 * A mutex with a name, for any number of processes.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import { checkOptions, type OptionNames } from "@isthmus/core/internal";
import { type ParticipantsOptions, sharedPlaces } from "../segment/participants-option.ts";
import { type OpenVerb, Segment } from "../segment/segment.ts";
import { WatchedHandle } from "../segment/watched-handle.ts";
import {
  type AsyncWaitOptions,
  checkTimeout,
  checkTry,
  checkWait,
  timedOut,
  type WaitOptions,
} from "../wait/wait-for.ts";
import { MutexLock } from "./mutex-lock.ts";
import { releaseThreadState, type ThreadState, threadStateOf } from "./mutex-thread-state.ts";
import {
  type Acquisition,
  initMutex,
  MUTEX_SECTION,
  type MutexOwner,
  SegmentMutex,
} from "./segment-mutex.ts";

const MUTEX_CELL = 0;

/** What a new mutex is like. Whoever opens one that exists gets it as it is; these are checked and ignored. */
export interface MutexOptions extends ParticipantsOptions {}

const MUTEX_OPTIONS: OptionNames<MutexOptions> = { maxParticipants: true };

/**
 * A named mutex. One holder at a time among all processes; when a holder dies, the kernel tells the next one,
 * which gets the mutex with `lock.abandoned` set. A Worker that ends while it holds the mutex counts as a holder that
 * died; but where there are no robust mutexes (macOS, FreeBSD, qemu's user mode), one that is *terminated* holds it until
 * its process ends. The same is true of a mutex that was created with `ISTHMUS_MUTEX=portable` in the environment, which
 * processes on any C library can share, such as containers of Alpine and Debian; another is refused in them.
 *
 * On the synchronous path it is recursive, as .NET's is: the thread that holds it may acquire it again and must
 * release it as often. `acquireAsync` is not: every call is a task of its own, tasks exclude each other and
 * take turns in the order in which they came, and while a task holds the mutex `acquire` on the same thread
 * fails at once, because waiting would keep the task from ever releasing it.
 *
 * Acquiring and releasing have acquire and release order: what the last holder wrote before it released is seen.
 *
 * @example
 * ```ts
 * import { NamedMutex } from "@isthmus/ipc";
 *
 * using mutex = NamedMutex.createOrOpen("example-mutex");
 * {
 *   using lock = mutex.acquire({ timeoutMs: 5000 });
 *   if (lock.abandoned) console.log("repair what the last owner left half-done");
 * }
 * ```
 */
export class NamedMutex extends WatchedHandle {
  // No private names on the way of every lock (decision 8).
  private readonly mutex: SegmentMutex;
  private readonly state: ThreadState;
  /** Leaves the segment once: now, or when the lock that is held through it has been released. */
  readonly #leave: () => void;
  #isDisposed = false;

  private constructor(verb: OpenVerb, name: string, options?: MutexOptions) {
    const places = sharedPlaces(checkOptions("options", options, MUTEX_OPTIONS));
    const segment = new Segment(verb, {
      name,
      kind: "mutex",
      cellCount: 1,
      sections: [MUTEX_SECTION],
      init: initMutex,
      role: "user",
      places,
    });
    super(segment, "NamedMutex", "mutex");
    this.mutex = new SegmentMutex(segment, MUTEX_CELL, "NamedMutex");
    this.state = threadStateOf(segment.superblock.epoch);
    this.#leave = leavingOnce(segment, this.mutex, this.state);
    segment.whenForgotten(this, this.#leave);
  }

  /**
   * Creates a mutex.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options How many can share it.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name.
   */
  static createNew(name: string, options?: MutexOptions): NamedMutex {
    return new NamedMutex("createNew", name, options);
  }

  /**
   * Opens a mutex.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @throws {SystemError} `ENOENT` when nobody holds the name.
   * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` when it was made on another C library, CPU or system.
   */
  static openExisting(name: string): NamedMutex {
    return new NamedMutex("openExisting", name);
  }

  /**
   * Opens a mutex, or creates it; see `createdNew`.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options How many can share it; ignored when it exists.
   * @throws {SystemError} `ENOSPC` when there is no room for a new one; of what exists, as `openExisting`.
   */
  static createOrOpen(name: string, options?: MutexOptions): NamedMutex {
    return new NamedMutex("createOrOpen", name, options);
  }

  /** Who holds the mutex now; undefined when nobody does, or somebody for whom there was no place. */
  get owner(): MutexOwner | undefined {
    this.checkOpen();
    return this.mutex.owner();
  }

  /**
   * Acquires the mutex, sleeping on this thread while others hold it.
   *
   * @param options `timeoutMs`: 5000 unless given, in milliseconds; `Infinity` waits for ever.
   * @returns The lock.
   * @throws {TimeoutError} `ETIMEDOUT` when the time is over; at once when a task of this thread holds it.
   * @throws {SystemError} `EINTR` when a signal arrived that this program handles.
   * @throws {SystemError} `ESTALE` when the name leads elsewhere by now, so that others may hold another mutex of this name.
   */
  acquire(options?: WaitOptions): MutexLock {
    // A free mutex first, in little code (decision 8): all of it is compiled into the caller's loop.
    const state = this.state;
    if (options === undefined && state.depth === 0 && --this.left >= 0) {
      const lock = this.take(state);
      if (lock !== undefined) return lock;
    }
    return this.acquireLater(options);
  }

  /**
   * As `acquire`, but a mutex that others hold all the time is no error.
   *
   * @param options `timeoutMs`: 0 unless given, which never waits.
   * @returns The lock, or undefined.
   * @throws {SystemError} `EINTR` when a signal arrived, while it waited, that this program handles; `ESTALE` as `acquire`.
   */
  tryAcquire(options?: WaitOptions): MutexLock | undefined {
    // As in `acquire`.
    const state = this.state;
    if (options === undefined && state.depth === 0 && --this.left >= 0) return this.take(state);
    return this.#acquire(checkTry(options));
  }

  /**
   * Acquires the mutex without blocking the event loop.
   *
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @returns The lock; rejects with `TimeoutError`, the signal's reason, `DisposedError` when disposed meanwhile, or
   * `SystemError` `ESTALE` as `acquire`.
   */
  async acquireAsync(options?: AsyncWaitOptions): Promise<MutexLock> {
    this.checkOpen();
    const { timeoutMs, signal } = checkWait(options);
    const state = this.state;
    const deadline = performance.now() + timeoutMs;
    const pass = await state.queue.enter(signal, timeoutMs, this);
    if (pass === undefined) return this.#fail(timeoutMs);
    try {
      this.checkOpen();
      const remaining = Math.max(0, deadline - performance.now());
      // Noted in the very step that locks: other tasks of this thread run before this one goes on.
      const note = (outcome: Acquisition): Acquisition => {
        state.pass = pass;
        this.#note();
        return outcome;
      };
      const options = { timeoutMs: remaining, signal };
      const isTried = (): boolean => {
        this.#look();
        return state.depth === 0;
      };
      const outcome = await this.mutex.lockAsync(options, note, isTried);
      if (outcome === undefined) return this.#fail(timeoutMs);
      return new MutexLock(outcome === "abandoned", state);
    } catch (error) {
      pass();
      throw error;
    }
  }

  /**
   * Lets go of the mutex. A lock that is held stays held until it is released; only then is the name given up. Waits that
   * are under way on this object in the event loop reject.
   */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.watch.close();
    this.state.queue.dismiss(this, new DisposedError("NamedMutex"));
    this.#leave();
  }

  /** Acquires the mutex, which this thread does not hold, if it is free. */
  private take(state: ThreadState): MutexLock | undefined {
    const mutex = this.mutex;
    const outcome = mutex.tryLock();
    if (outcome === undefined) return undefined;
    state.depth = 1;
    state.mutex = mutex;
    return new MutexLock(outcome === "abandoned", state);
  }

  /** Acquires what is not simply free, or by a limit of the caller's. */
  private acquireLater(options: WaitOptions | undefined): MutexLock {
    const timeoutMs = checkTimeout(options);
    return this.#acquire(timeoutMs) ?? this.#fail(timeoutMs);
  }

  #acquire(timeoutMs: number): MutexLock | undefined {
    this.checkOpen();
    const state = this.state;
    if (state.depth > 0) {
      if (state.pass !== undefined) return undefined;
      return this.#lock("acquired");
    }
    if (--this.left < 0) this.#look();
    const outcome = this.mutex.lock(timeoutMs, this.#look);
    return outcome === undefined ? undefined : this.#lock(outcome);
  }

  readonly #look = (): void => this.watch.look("acquire");

  /** Notes that this thread holds the mutex (once more) and makes the lock. */
  #lock(outcome: Acquisition): MutexLock {
    this.#note();
    return new MutexLock(outcome === "abandoned", this.state);
  }

  #note(): void {
    if (this.state.depth++ === 0) this.state.mutex = this.mutex;
  }

  #fail(timeoutMs: number): never {
    const isHeldHere = this.state.pass !== undefined;
    const why = isHeldHere
      ? "a task of this thread holds it: use acquireAsync()"
      : this.mutex.describeOwner();
    throw timedOut(`acquire the mutex "${this.name}"`, timeoutMs, why);
  }

  protected override checkOpen(): void {
    if (this.#isDisposed) throw new DisposedError("NamedMutex");
  }
}

function leavingOnce(segment: Segment, mutex: SegmentMutex, state: ThreadState): () => void {
  let isLeft = false;
  const close = (): void => {
    releaseThreadState(segment.superblock.epoch);
    segment.dispose();
  };
  return () => {
    if (isLeft) return;
    isLeft = true;
    if (state.mutex === mutex) state.close = close;
    else close();
  };
}
