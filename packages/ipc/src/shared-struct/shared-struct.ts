/**
 * A typed record in named shared memory, changed under a mutex and read without one.
 *
 * @module
 */
import { DisposedError, NotSupportedError } from "@isthmus/core";
import { checkInteger, checkOptions, invalidType, refuseAsync } from "@isthmus/core/internal";
import type { OpenVerb } from "../segment/segment.ts";
import { WatchedHandle } from "../segment/watched-handle.ts";
import type {
  Fields,
  StructCursor,
  StructInput,
  StructSchema,
  StructValue,
} from "../struct/struct-schema.ts";
import { releaseThreadState, type ThreadState, threadStateOf } from "../sync/mutex-thread-state.ts";
import { SegmentMutex } from "../sync/segment-mutex.ts";
import type { WaitCell } from "../wait/wait-cell.ts";
import {
  type AsyncWaitOptions,
  checkSignal,
  checkTimeout,
  checkWait,
  timedOut,
  type WaitOptions,
} from "../wait/wait-for.ts";
import {
  CHANGES_OPTIONS,
  type ChangesOptions,
  followChanges,
  type Versioned,
} from "./struct-changes.ts";
import { StructCopy } from "./struct-copy.ts";
import { CHANGE_CELL, MUTEX_CELL, openStruct, type SharedStructOptions } from "./struct-segment.ts";

/**
 * A shared record with the mutex-protected struct protocol: `update` holds the named mutex while it makes a new
 * value from the last one, and publishes it as one version, or nothing when it throws or its process dies.
 * `read` takes no lock, never waits for a writer, and never sees half of an update.
 *
 * **Memory order.** A reader of version n sees everything that its writer wrote to memory before publishing it.
 *
 * @example
 * ```ts
 * import { f64, SharedStruct, struct, u32 } from "@isthmus/ipc";
 *
 * using shared = SharedStruct.createOrOpen("example-struct", struct({ count: u32, mean: f64 }));
 * shared.update((t) => {
 *   t.count += 1;
 *   t.mean = 0.5;
 * });
 * console.log(shared.read().count >= 1, shared.version >= 1); // true true
 * ```
 */
export class SharedStruct<F extends Fields> extends WatchedHandle {
  readonly schema: StructSchema<F>;
  readonly #mutex: SegmentMutex;
  readonly #changes: WaitCell;
  readonly #value: StructCopy<F>;
  /** What this thread's tasks that change the struct share, whichever handle they use. */
  readonly #tasks: ThreadState;
  readonly #disposal = new AbortController();
  #isUpdating = false;
  #isDisposed = false;

  private constructor(
    verb: OpenVerb,
    name: string,
    schema: StructSchema<F>,
    options: SharedStructOptions<F>,
  ) {
    const segment = openStruct(verb, name, schema, options);
    super(segment, "SharedStruct", "struct");
    this.schema = schema;
    this.#mutex = new SegmentMutex(this.segment, MUTEX_CELL, "SharedStruct");
    this.#tasks = threadStateOf(this.segment.superblock.epoch);
    this.#changes = this.segment.cell(CHANGE_CELL);
    this.#value = new StructCopy(this.segment.memory, schema);
    this.segment.whenForgotten(this);
  }

  /**
   * Creates a shared struct.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param schema What it is: `struct({ … })`.
   * @param options `initial` value, `lifetime`, and how many can share it.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name.
   */
  static createNew<F extends Fields>(
    name: string,
    schema: StructSchema<F>,
    options: SharedStructOptions<F> = {},
  ): SharedStruct<F> {
    return new SharedStruct("createNew", name, schema, options);
  }

  /**
   * Opens a shared struct.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param schema What it is: `struct({ … })`.
   * @throws {SystemError} `ENOENT` when nobody holds the name.
   * @throws {CorruptSegmentError} When it was made with another schema; the message names both
   *   fingerprints and the first field that differs.
   * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` when its mutex is of another C library; see `NamedMutex`.
   */
  static openExisting<F extends Fields>(name: string, schema: StructSchema<F>): SharedStruct<F> {
    return new SharedStruct("openExisting", name, schema, {});
  }

  /**
   * Opens a shared struct, or creates it; see `createdNew`.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param schema What it is: `struct({ … })`.
   * @param options As of `createNew`; ignored when it exists.
   * @throws {SystemError} `ENOSPC` when there is no room for a new one; of what exists, as `openExisting`.
   */
  static createOrOpen<F extends Fields>(
    name: string,
    schema: StructSchema<F>,
    options: SharedStructOptions<F> = {},
  ): SharedStruct<F> {
    return new SharedStruct("createOrOpen", name, schema, options);
  }

  /** The version of the current value: 0 at first, 1 more with every update. */
  get version(): number {
    this.#copyOut();
    return this.#value.version;
  }

  /**
   * The current value, whole, without waiting for anybody.
   *
   * @param look Gets a cursor over a copy of the value instead, so that only the fields that it asks for are decoded. The
   * next call of this handle overwrites the copy: keep nothing of the cursor, and let it not be asynchronous.
   * @returns The value, or what `look` returned.
   * @throws {CorruptSegmentError} When memory holds what the type of a field that is asked for does not allow.
   *
   * @example One entry of many
   * ```ts
   * import { array, f64, SharedStruct, struct } from "@isthmus/ipc";
   *
   * using prices = SharedStruct.createOrOpen("example-prices", struct({ last: array(f64, 1000) }));
   * console.log(prices.read(({ last }) => last.get(7))); // 0
   * ```
   */
  read(): StructValue<F>;
  read<T>(look: (current: StructCursor<F>) => T): T;
  read<T>(look?: (current: StructCursor<F>) => T): StructValue<F> | T {
    if (look !== undefined && typeof look !== "function") {
      throw invalidType("look", "a function", look);
    }
    this.#copyOut();
    return look === undefined
      ? this.#value.decode()
      : refuseAsync(look(this.#value.reading), "look");
  }

  /** The current value together with its version. */
  readVersioned(): Versioned<StructValue<F>> {
    this.#copyOut();
    return { version: this.#value.version, value: this.#value.decode() };
  }

  /**
   * Changes the value under the mutex.
   *
   * @param change Gets a cursor over a copy of the current value and changes it. When it throws, nothing is
   * published. It must not be asynchronous and must not keep the cursor.
   * @param options `timeoutMs`: how long to wait for the mutex, 5000 unless given.
   * @returns The version that was published.
   * @throws {TimeoutError} `ETIMEDOUT` when others hold the mutex all the time.
   * @throws {SystemError} `ESTALE` when the name leads elsewhere by now, so that others may update another struct of this name.
   */
  update(change: (current: StructCursor<F>) => void, options?: WaitOptions): number {
    this.#lock(options);
    try {
      return this.#value.change(change);
    } finally {
      this.#unlock();
    }
  }

  /**
   * Changes the value under the mutex, without blocking the event loop while others hold it. Tasks of this thread take
   * turns in the order in which they came.
   *
   * @param change As for `update`: it runs in one go as soon as the mutex is free, and must not be asynchronous.
   * @param options `timeoutMs`: how long to wait for the mutex, in milliseconds (default: without end); `signal`: ends
   * the wait.
   * @returns The version that was published; rejects with what `update` throws, with the signal's reason, or with
   * `DisposedError` when the struct is disposed meanwhile.
   *
   * @example
   * ```ts
   * import { SharedStruct, struct, u32 } from "@isthmus/ipc";
   *
   * using visits = SharedStruct.createOrOpen("example-visits", struct({ count: u32 }));
   * await visits.updateAsync((t) => {
   *   t.count += 1;
   * });
   * ```
   */
  async updateAsync(
    change: (current: StructCursor<F>) => void,
    options?: AsyncWaitOptions,
  ): Promise<number> {
    return await this.#lockAsync(options, () => this.#value.change(change));
  }

  /**
   * Changes the value if it still has a certain version.
   *
   * @param version The version that the change is based on.
   * @param change The new value, or a function as for `update`.
   * @param options `timeoutMs`: how long to wait for the mutex, in milliseconds; 5000 unless given.
   * @returns Whether it had that version and was changed.
   * @throws {TimeoutError | SystemError} As `update`.
   */
  compareAndSet(
    version: number,
    change: StructInput<F> | ((current: StructCursor<F>) => void),
    options?: WaitOptions,
  ): boolean {
    checkInteger("version", version);
    this.#lock(options);
    try {
      return this.#value.changeIf(version, change);
    } finally {
      this.#unlock();
    }
  }

  /**
   * As `compareAndSet`, without blocking the event loop while others hold the mutex; see `updateAsync`.
   *
   * @param version The version that the change is based on.
   * @param change The new value, or a function as for `update`.
   * @param options As for `updateAsync`.
   * @returns Whether it had that version and was changed.
   * @throws {TimeoutError | SystemError} Rejects as `updateAsync`.
   */
  async compareAndSetAsync(
    version: number,
    change: StructInput<F> | ((current: StructCursor<F>) => void),
    options?: AsyncWaitOptions,
  ): Promise<boolean> {
    checkInteger("version", version);
    return await this.#lockAsync(options, () => this.#value.changeIf(version, change));
  }

  /**
   * Follows the value: yields it after each change, woken by the writer. When several changes happen while the
   * loop's body runs, the newest is yielded. Ends when the struct is disposed.
   *
   * @param options A `signal` that ends the loop, and since which version changes count.
   * @throws {Error} The signal's reason, when it ends the loop.
   */
  changes(options: ChangesOptions = {}): AsyncGenerator<StructValue<F>, void> {
    const { signal, since = this.version } = checkOptions("options", options, CHANGES_OPTIONS);
    checkSignal(signal);
    return followChanges({
      read: () => this.readVersioned(),
      since: checkInteger("since", since),
      segment: this.segment,
      cell: this.#changes,
      disposed: this.#disposal.signal,
      signal,
    });
  }

  /** Lets go of the struct; inside an update, when that ends. Loops over `changes()` end, updates that wait reject. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.watch.close();
    this.#disposal.abort();
    this.#tasks.queue.dismiss(this, new DisposedError("SharedStruct"));
    // The mutex lies in this memory: unmapped while it is held, it would never be free again.
    if (!this.#isUpdating) this.#close();
  }

  #lock(options: WaitOptions | undefined): void {
    if (--this.left < 0) this.#look();
    this.#checkFree();
    // Tried before the options are looked at: the common case costs no more than the lock.
    if (options === undefined && this.#mutex.tryLock() !== undefined) {
      this.#isUpdating = true;
      return;
    }
    const timeoutMs = checkTimeout(options);
    // An abandoned lock needs no repair: its owner had published all of its last update or nothing.
    if (this.#mutex.lock(timeoutMs, this.#look) === undefined) throw this.#timedOut(timeoutMs);
    this.#isUpdating = true;
  }

  readonly #look = (): void => this.look("update");

  #unlock(): void {
    this.#release();
    if (this.#isDisposed) this.#close();
  }

  #release(): void {
    this.#isUpdating = false;
    this.#mutex.unlock();
    this.#changes.wake();
  }

  /** Runs something with the mutex held, in the very step that has locked it. */
  async #lockAsync<T>(options: AsyncWaitOptions | undefined, action: () => T): Promise<T> {
    this.#checkFree();
    this.#mutex.refuseNested();
    const { timeoutMs, signal } = checkWait(options);
    const use = (): T => {
      this.#isUpdating = true;
      try {
        return action();
      } finally {
        this.#release();
      }
    };
    try {
      const turn = { timeoutMs, signal, owner: this };
      const found = await this.#tasks.queue.run(turn, async (remainingMs) => {
        this.checkOpen();
        const isTried = (): boolean => {
          this.#look();
          return true;
        };
        return await this.#mutex.lockAsync({ timeoutMs: remainingMs, signal }, use, isTried);
      });
      if (found === undefined) throw this.#timedOut(timeoutMs);
      return found;
    } finally {
      // Disposed by the change: only now, so that the wait ends with what has become of the change.
      if (this.#isDisposed) this.#close();
    }
  }

  #timedOut(timeoutMs: number): Error {
    const why = this.#mutex.describeOwner();
    return timedOut(`acquire the mutex of "${this.name}"`, timeoutMs, why);
  }

  #checkFree(): void {
    this.checkOpen();
    if (!this.#isUpdating) return;
    throw new NotSupportedError(`Cannot update "${this.name}" inside an update of it`);
  }

  #close(): void {
    if (this.segment.isDisposed) return;
    releaseThreadState(this.segment.superblock.epoch);
    this.segment.dispose();
  }

  #copyOut(): void {
    this.checkOpen();
    if (this.#isUpdating) {
      throw new NotSupportedError(`Cannot read "${this.name}" inside an update: use the cursor`);
    }
    this.#value.copyOut();
    this.segment.checkWhole();
  }
}
