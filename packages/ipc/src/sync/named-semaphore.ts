/**
 * A semaphore with a name, for any number of processes.
 *
 * @module
 */
import { DisposedError } from "@isthmus/core";
import { checkInteger, outOfRange, SECTION } from "@isthmus/core/internal";
import { touch } from "../segment/handles.ts";
import { type OpenVerb, Segment } from "../segment/segment.ts";
import { WatchedHandle } from "../segment/watched-handle.ts";
import type { WaitCell } from "../wait/wait-cell.ts";
import {
  type AsyncWaitOptions,
  type Condition,
  checkTimeout,
  checkTry,
  checkWait,
  timedOut,
  type WaitOptions,
  type Watch,
  waitAsync,
  waitSync,
} from "../wait/wait-for.ts";
import { giveBackFor, ReturningPermits } from "./returning-permits.ts";
import { MUTEX_SECTION } from "./segment-mutex.ts";
import { SemaphoreCount } from "./semaphore-count.ts";
import { RETURN_ON_DEATH, SEMAPHORE, semaphoreBytes } from "./semaphore-layout.ts";
import {
  checkLength,
  checkSemaphore,
  corruptMax,
  initSemaphore,
  type SemaphoreOptions,
} from "./semaphore-segment.ts";

const SEMAPHORE_CELL = 0;

/**
 * A named semaphore: a number of permits that processes take and release.
 *
 * Anybody may release, also who has taken nothing. A permit that is taken by a process which then dies is gone,
 * unless the semaphore was created with `returnOnDeath: true`: then every object is the holder of what was
 * taken through it, and what it has not released comes back exactly once when its process ends, however it
 * ends, or when it is disposed. Release through the object that took, or the permit counts as a new one.
 *
 * Waiters are not served in any order. A wait has acquire and a release release order: what was written before
 * a permit was released is seen by whoever takes it.
 *
 * @example
 * ```ts
 * import { NamedSemaphore } from "@isthmus/ipc";
 *
 * using places = NamedSemaphore.createOrOpen("example-places", { initial: 2, max: 2 });
 * places.wait({ timeoutMs: 1000 });
 * try {
 *   console.log(places.count); // 1
 * } finally {
 *   places.release();
 * }
 * ```
 */
export class NamedSemaphore extends WatchedHandle {
  readonly #cell: WaitCell;
  readonly #permits: SemaphoreCount | ReturningPermits;
  readonly #base: number;
  readonly #max: number;

  private constructor(verb: OpenVerb, name: string, options?: SemaphoreOptions) {
    const { initial, max, returnOnDeath, places } = checkSemaphore(options);
    const segment = new Segment(verb, {
      name,
      kind: "semaphore",
      cellCount: 1,
      sections: [
        MUTEX_SECTION,
        {
          id: SECTION.state,
          length: semaphoreBytes(places.count),
          isSizedByCreator: true,
          check: checkLength,
        },
      ],
      init: (memory) => initSemaphore(memory, initial, max, returnOnDeath),
      role: "user",
      places,
      reap: giveBackFor,
    });
    super(segment, "NamedSemaphore", "semaphore");
    const { memory } = segment;
    this.#base = memory.wordOf(SECTION.state);
    this.#max = memory.words.get(this.#base + SEMAPHORE.max);
    try {
      if (this.#max < 1) throw corruptMax(name, this.#max);
      // What it takes is written down beside its place.
      if (this.returnOnDeath) this.segment.needPlace();
    } catch (error) {
      this.segment.dispose();
      throw error;
    }
    this.#cell = this.segment.cell(SEMAPHORE_CELL);
    this.#permits = this.returnOnDeath
      ? new ReturningPermits(this.segment, SEMAPHORE_CELL)
      : new SemaphoreCount(memory.words, this.#base);
    // Joining may have given back what a dead holder had.
    this.#cell.wake();
    this.segment.whenForgotten(this, leavingLater(this.segment, this.#permits));
  }

  /**
   * Creates a semaphore.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options How many permits it has.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` unless 0 <= `initial` <= `max` and 1 <= `max`.
   */
  static createNew(name: string, options?: SemaphoreOptions): NamedSemaphore {
    return new NamedSemaphore("createNew", name, options);
  }

  /**
   * Opens a semaphore.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @throws {SystemError} `ENOENT` when nobody holds the name.
   * @throws {CorruptSegmentError} When the name is something else.
   */
  static openExisting(name: string): NamedSemaphore {
    return new NamedSemaphore("openExisting", name);
  }

  /**
   * Opens a semaphore, or creates it; see `createdNew`. Permits and `max` of one that exists stay as they are.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options How many permits it has; ignored when it exists.
   * @throws {SystemError} `ENOSPC` when there is no room for a new one; of what exists, as `openExisting`.
   */
  static createOrOpen(name: string, options?: SemaphoreOptions): NamedSemaphore {
    return new NamedSemaphore("createOrOpen", name, options);
  }

  /** The most permits there can be, as the creator said. */
  get max(): number {
    return this.#max;
  }

  /** Whether the permits of a holder that dies come back, as the creator said. */
  get returnOnDeath(): boolean {
    this.checkOpen();
    return (this.#word(SEMAPHORE.flags) & RETURN_ON_DEATH) !== 0;
  }

  /** How many permits can be taken at this moment; those of the dead count once somebody has looked for them. */
  get count(): number {
    this.checkOpen();
    return permitsIn(this.#word(SEMAPHORE.count));
  }

  /**
   * Takes a permit, sleeping on this thread while there is none.
   *
   * @param options `timeoutMs`: 5000 unless given, in milliseconds; `Infinity` waits for ever.
   * @throws {TimeoutError} `ETIMEDOUT` when the time is over.
   * @throws {SystemError} `EINTR` when a signal arrived that this program handles.
   * @throws {SystemError} `ESTALE` when the name leads elsewhere by now, so that others may take permits of another semaphore of this name.
   */
  wait(options?: WaitOptions): void {
    const timeoutMs = checkTimeout(options);
    // The common case first, which needs no condition; a semaphore that was disposed has no uses left.
    if (--this.left < 0) this.#look();
    if (this.#permits.take()) return;
    if (waitSync(this.#condition(), timeoutMs) === undefined) throw this.#timedOut(timeoutMs);
  }

  /**
   * As `wait`, but that there is no permit all the time is no error.
   *
   * @param options `timeoutMs`: 0 unless given, which never waits.
   * @returns Whether it took a permit.
   * @throws {SystemError} `EINTR` when a signal arrived, while it waited, that this program handles; `ESTALE` as `wait`.
   */
  tryWait(options?: WaitOptions): boolean {
    const timeoutMs = checkTry(options);
    if (--this.left < 0) this.#look();
    if (this.#permits.take()) return true;
    if (timeoutMs > 0 && waitSync(this.#condition(), timeoutMs) !== undefined) return true;
    this.segment.checkWhole();
    return false;
  }

  /**
   * Takes a permit without blocking the event loop.
   *
   * @param options `timeoutMs` in milliseconds (default: none) and a `signal` that ends the wait.
   * @returns Rejects with `TimeoutError`, the signal's reason, `DisposedError` when disposed meanwhile, or `SystemError`
   * `ESTALE` as `wait`.
   */
  async waitAsync(options?: AsyncWaitOptions): Promise<void> {
    const checked = checkWait(options);
    this.checkOpen();
    const { doorbell } = this.segment;
    const found = await waitAsync(this.#condition(), doorbell, checked, this.#holders());
    touch(this);
    if (found === undefined) throw this.#timedOut(checked.timeoutMs);
  }

  /**
   * Releases permits: those of this very semaphore, also when the name leads elsewhere by now.
   *
   * @param permits How many. Default 1.
   * @returns How many permits could be taken before.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when there would be more than `max`; nothing is released then.
   */
  release(permits = 1): number {
    if (this.segment.isDisposed) throw new DisposedError("NamedSemaphore");
    checkInteger("permits", permits, 1);
    const before = this.#permits.give(permits);
    if (before === undefined) {
      throw outOfRange("permits", `<= ${this.#max - this.count} (of ${this.#max} in all)`, permits);
    }
    this.#cell.wake();
    this.segment.checkWhole();
    return permitsIn(before);
  }

  /**
   * Lets go of the semaphore. Waits that are under way on this object in the event loop reject. Permits that were
   * taken through it stay taken, unless the semaphore was created with `returnOnDeath`.
   */
  dispose(): void {
    this.watch.close();
    leave(this.segment, this.#permits);
  }

  #condition(): Condition<true> {
    const permits = this.#permits;
    return {
      attempt: () => {
        this.watch.look("take a permit of");
        return permits.take() || undefined;
      },
      description: this.#description(),
      owner: "NamedSemaphore",
      cell: this.#cell,
    };
  }

  #look(): void {
    this.look("take a permit of");
  }

  #holders(): Watch | undefined {
    const permits = this.#permits;
    return permits instanceof ReturningPermits ? permits.watch : undefined;
  }

  #word(field: number): number {
    return this.segment.memory.words.load(this.#base + field);
  }

  #description(): string {
    return `take a permit of the semaphore "${this.name}"`;
  }

  #timedOut(timeoutMs: number): Error {
    const permits = this.#permits;
    const why =
      permits instanceof ReturningPermits
        ? permits.describeHolders()
        : "none is free; who has them is noted with returnOnDeath only";
    return timedOut(this.#description(), timeoutMs, why);
  }
}

function leavingLater(segment: Segment, permits: SemaphoreCount | ReturningPermits): () => void {
  return () => leave(segment, permits);
}

function leave(segment: Segment, permits: SemaphoreCount | ReturningPermits): void {
  if (segment.isDisposed) return;
  const isSlotClear = !(permits instanceof ReturningPermits) || permits.leave();
  segment.dispose(!isSlotClear);
}

/** A count below 0 is corrupt: nothing can be taken then. */
function permitsIn(count: number): number {
  return Math.max(0, count);
}
