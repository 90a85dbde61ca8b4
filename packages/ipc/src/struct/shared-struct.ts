/**
 * A typed record in named shared memory, changed under a mutex and read without one.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import {
  checkInteger,
  checkOneOf,
  checkOptions,
  invalidType,
  SECTION,
} from "@isthmus/core/internal";
import { type OpenVerb, Segment, type SegmentMemory } from "../segment/segment.ts";
import { initMutex, MUTEX_SECTION, SegmentMutex } from "../sync/segment-mutex.ts";
import type { WaitCell } from "../wait/wait-cell.ts";
import { checkWait, timedOut, type WaitOptions, waitAsync } from "../wait/wait-for.ts";
import {
  COPIES_OFFSET,
  COPY_COUNT,
  COPY_HEADER_BYTES,
  cellsBytes,
  copyBytes,
} from "./cells-layout.ts";
import { schemaSections } from "./schema-section.ts";
import {
  type Fields,
  type StructCursor,
  type StructInput,
  StructSchema,
  type StructValue,
} from "./struct-schema.ts";
import { VersionedCells } from "./versioned-cells.ts";

/** How long `update` waits for the mutex unless told otherwise, in milliseconds. */
const DEFAULT_TIMEOUT_MS = 5000;

const MUTEX_CELL = 0;
const CHANGE_CELL = 1;
const CELL_COUNT = 2;

const TWO_POW_32 = 2 ** 32;

const LIFETIMES = ["held", "persistent"] as const;

/** How a shared struct is made. */
export interface SharedStructOptions<F extends Fields> {
  /** The first value, version 0. By default everything is zero. Ignored when the struct exists. */
  readonly initial?: StructInput<F> | undefined;
  /** `"persistent"` keeps it when nobody holds it. Default `"held"`. */
  readonly lifetime?: "held" | "persistent" | undefined;
}

/** How changes are followed. */
export interface ChangesOptions {
  /** Ends the loop: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Changes after this version count. Default: the version at the time of the call. */
  readonly since?: number | undefined;
}

/** A value and its version. */
export interface Versioned<V> {
  readonly version: number;
  readonly value: V;
}

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
export class SharedStruct<F extends Fields> implements Disposable {
  readonly schema: StructSchema<F>;
  readonly #segment: Segment;
  readonly #mutex: SegmentMutex;
  readonly #changes: WaitCell;
  readonly #cells: VersionedCells;
  /** This handle's own copy: what a reader has copied out, what a writer is about to publish. */
  readonly #own: DataView<ArrayBuffer>;
  readonly #cursor: StructCursor<F>;
  readonly #disposal = new AbortController();
  #isUpdating = false;
  #isDisposed = false;

  private constructor(
    verb: OpenVerb,
    name: string,
    schema: StructSchema<F>,
    options: SharedStructOptions<F>,
  ) {
    if (!(schema instanceof StructSchema)) throw invalidType("schema", "a struct(…)", schema);
    const { initial, lifetime = "held" } = checkOptions<SharedStructOptions<F>>("options", options);
    checkOneOf("lifetime", lifetime, LIFETIMES);
    this.schema = schema;
    const { high, low } = schema.fingerprint;
    this.#segment = new Segment(verb, {
      name,
      kind: "struct",
      cellCount: CELL_COUNT,
      sections: [
        MUTEX_SECTION,
        { id: SECTION.state, length: cellsBytes(schema.size) },
        ...schemaSections(schema.canonical),
      ],
      fingerprint: (BigInt(high) << 32n) | BigInt(low),
      isPersistent: lifetime === "persistent",
      init: (memory) => initialise(memory, schema, initial),
      role: "user",
    });
    this.#mutex = new SegmentMutex(this.#segment, MUTEX_CELL);
    this.#changes = this.#segment.cell(CHANGE_CELL);
    this.#own = new DataView(new ArrayBuffer(copyBytes(schema.size)));
    this.#cursor = schema.cursor(this.#own, COPY_HEADER_BYTES);
    this.#cells = cellsOf(this.#segment.memory, this.#own);
  }

  /**
   * Creates a shared struct.
   *
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
   * @throws {SystemError} `ENOENT` when nobody holds the name.
   * @throws {CorruptSegmentError} When it was made with another schema; the message names both fingerprints.
   */
  static openExisting<F extends Fields>(name: string, schema: StructSchema<F>): SharedStruct<F> {
    return new SharedStruct("openExisting", name, schema, {});
  }

  /** Opens a shared struct, or creates it; see `createdNew`. */
  static createOrOpen<F extends Fields>(
    name: string,
    schema: StructSchema<F>,
    options: SharedStructOptions<F> = {},
  ): SharedStruct<F> {
    return new SharedStruct("createOrOpen", name, schema, options);
  }

  /** The name. */
  get name(): string {
    return this.#segment.name;
  }

  /** Whether this call created the struct. */
  get createdNew(): boolean {
    return this.#segment.createdNew;
  }

  /** The version of the current value: 0 at first, 1 more with every update. */
  get version(): number {
    this.#copyOut();
    return this.#ownVersion();
  }

  /** The current value, whole, without waiting for anybody. */
  read(): StructValue<F> {
    this.#copyOut();
    return this.schema.decode(this.#own, COPY_HEADER_BYTES);
  }

  /** The current value together with its version. */
  readVersioned(): Versioned<StructValue<F>> {
    this.#copyOut();
    return {
      version: this.#ownVersion(),
      value: this.schema.decode(this.#own, COPY_HEADER_BYTES),
    };
  }

  /**
   * Changes the value under the mutex.
   *
   * @param change Gets a cursor over a copy of the current value and changes it. When it throws, nothing is
   * published. It must not be asynchronous and must not keep the cursor.
   * @param options `timeoutMs`: how long to wait for the mutex, 5000 unless given.
   * @returns The version that was published.
   * @throws {TimeoutError} `ETIMEDOUT` when others hold the mutex all the time.
   */
  update(change: (current: StructCursor<F>) => void, options?: WaitOptions): number {
    this.#lock(options);
    try {
      return this.#change(change);
    } finally {
      this.#unlock();
    }
  }

  /**
   * Changes the value if it still has a certain version.
   *
   * @param version The version that the change is based on.
   * @param change The new value, or a function as for `update`.
   * @returns Whether it had that version and was changed.
   */
  compareAndSet(
    version: number,
    change: StructInput<F> | ((current: StructCursor<F>) => void),
    options?: WaitOptions,
  ): boolean {
    checkInteger("version", version);
    this.#lock(options);
    try {
      this.#cells.read();
      if (this.#ownVersion() !== version) return false;
      if (typeof change === "function") this.#change(change);
      else this.#change(() => this.schema.encode(this.#own, COPY_HEADER_BYTES, change));
      return true;
    } finally {
      this.#unlock();
    }
  }

  /**
   * Follows the value: yields it after each change, woken by the writer. When several changes happen while the
   * loop's body runs, the newest is yielded. Ends when the struct is disposed.
   *
   * @param options A `signal` that ends the loop, and since which version changes count.
   */
  changes(options: ChangesOptions = {}): AsyncGenerator<StructValue<F>, void> {
    const { signal, since = this.version } = checkOptions<ChangesOptions>("options", options);
    checkWait({ signal });
    return this.#follow(checkInteger("since", since), signal);
  }

  /** Lets go of the struct; inside an update, when that ends. Loops over `changes()` end. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#disposal.abort();
    // The mutex lies in this memory: unmapped while it is held, it would never be free again.
    if (!this.#isUpdating) this.#segment.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async *#follow(
    since: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<StructValue<F>, void> {
    const disposed = this.#disposal.signal;
    const either = signal === undefined ? disposed : AbortSignal.any([signal, disposed]);
    let last = since;
    const condition = {
      attempt: () => {
        const found = this.readVersioned();
        return found.version === last ? undefined : found;
      },
      description: `wait for a change of "${this.name}"`,
      cell: this.#changes,
    };
    const options = { timeoutMs: Infinity, signal: either };
    while (!disposed.aborted) {
      let found: Versioned<StructValue<F>> | undefined;
      try {
        found = await waitAsync(condition, this.#segment.doorbell, options);
      } catch (error) {
        if (disposed.aborted && !signal?.aborted) return;
        throw error;
      }
      if (found === undefined) return;
      last = found.version;
      yield found.value;
    }
  }

  #lock(options: WaitOptions | undefined): void {
    this.#segment.checkOpen("SharedStruct");
    if (this.#isUpdating) {
      throw new NotSupportedError(`Cannot update "${this.name}" inside an update of it`);
    }
    // Tried before the options are looked at: the common case costs no more than the lock.
    if (options === undefined && this.#mutex.tryLock() !== undefined) {
      this.#isUpdating = true;
      return;
    }
    const wanted = { ...options, timeoutMs: options?.timeoutMs ?? DEFAULT_TIMEOUT_MS };
    const { timeoutMs } = checkWait(wanted);
    // An abandoned lock needs no repair: its owner had published all of its last update or nothing.
    if (this.#mutex.lock(timeoutMs) === undefined) {
      throw timedOut(`acquire the mutex of "${this.name}"`, timeoutMs);
    }
    this.#isUpdating = true;
  }

  #unlock(): void {
    this.#isUpdating = false;
    this.#mutex.unlock();
    this.#changes.wake();
    if (this.#isDisposed) this.#segment.dispose();
  }

  #change(change: (current: StructCursor<F>) => void): number {
    if (typeof change !== "function") throw invalidType("change", "a function", change);
    this.#cells.read();
    const version = this.#ownVersion() + 1;
    const result: unknown = change(this.#cursor);
    if (result instanceof Promise) {
      throw invalidType("change", "a function that is not asynchronous", change);
    }
    this.#own.setUint32(0, version % TWO_POW_32, true);
    this.#own.setUint32(4, Math.floor(version / TWO_POW_32), true);
    this.#cells.publish();
    return version;
  }

  #copyOut(): void {
    this.#segment.checkOpen("SharedStruct");
    if (this.#isUpdating) {
      throw new NotSupportedError(`Cannot read "${this.name}" inside an update: use the cursor`);
    }
    this.#cells.read();
  }

  #ownVersion(): number {
    return this.#own.getUint32(0, true) + (this.#own.getUint32(4, true) & 0x1f_ffff) * TWO_POW_32;
  }
}

/** The copies of a record in a segment, moved in and out of a handle's own. */
function cellsOf(memory: SegmentMemory, own: DataView<ArrayBuffer>): VersionedCells {
  const { offset } = memory.section(SECTION.state);
  const bytes = new Uint8Array(own.buffer);
  const shared = Array.from({ length: COPY_COUNT }, (_, cell) =>
    memory.mapping.bytes(offset + COPIES_OFFSET + cell * bytes.length, bytes.length),
  );
  return new VersionedCells(memory.words, offset / 4, {
    copyOut: (cell) => bytes.set(shared[cell] as Uint8Array),
    copyIn: (cell) => (shared[cell] as Uint8Array).set(bytes),
  });
}

function initialise<F extends Fields>(
  memory: SegmentMemory,
  schema: StructSchema<F>,
  initial: StructInput<F> | undefined,
): void {
  initMutex(memory);
  if (initial === undefined) return;
  const { offset } = memory.section(SECTION.state);
  const copy = memory.mapping.bytes(offset + COPIES_OFFSET, copyBytes(schema.size));
  schema.encode(new DataView(copy.buffer, copy.byteOffset), COPY_HEADER_BYTES, initial);
}
