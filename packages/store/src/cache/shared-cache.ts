/**
 * A cache that processes share.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import {
  checkBytes,
  checkNumber,
  checkOptions,
  checkString,
  invalidType,
  type OptionNames,
} from "@isthmus/core/internal";
import { json, type RecordCursor, type RecordInput, type RecordValue } from "@isthmus/ipc";
import { checkSignal, codecOf, NamedHandle, type OpenVerb, shapeOf } from "@isthmus/ipc/internal";
import { setInsideOfCache } from "./cache-inside.ts";
import { type CacheMetrics, metricsOf } from "./cache-metrics.ts";
import {
  allowsStale,
  CACHE_OPTIONS,
  type CacheSchema,
  checkTtl,
  FOR_EVER,
  type GetOptions,
  type SharedCacheOptions,
  type Ttl,
  type TtlOptions,
  ttlOf,
} from "./cache-options.ts";
import { CacheReader } from "./cache-reader.ts";
import { openCache } from "./cache-segment.ts";
import { CacheStore } from "./cache-store.ts";
import { type CacheChange, CacheWatch, type WatchOptions } from "./cache-watch.ts";
import { CacheWriter } from "./cache-writer.ts";
import { Computations, type ComputeOptions } from "./computations.ts";

const WATCH_OPTIONS: OptionNames<WatchOptions> = { prefix: true, signal: true };

/**
 * A cache in named shared memory: what one process sets, all others get. It takes as much memory as its creator said and
 * never more: when it is full, what was not asked for lately makes room.
 *
 * Reading takes no lock and no place among the participants, and waits for nobody. A process that is killed at any moment
 * loses at most the entry that it was writing (nearly full, perhaps one more); one that is stopped in the middle of a change
 * holds up changes of the keys of one shard: a 16th of all or less, in a cache of less than 2 MiB up to a quarter.
 *
 * **Memory order.** Who gets a value sees everything that its writer wrote to memory before setting it.
 *
 * @example
 * ```ts
 * import { json } from "@isthmus/ipc";
 * import { SharedCache } from "@isthmus/store";
 *
 * interface Page {
 *   html: string;
 * }
 * using cache = SharedCache.createOrOpen("example-pages", { value: json<Page>(), ttlMs: 60_000 });
 * cache.set("/", { html: "<h1>Hello</h1>" });
 * console.log(cache.get("/")?.html, cache.get("/other")); // <h1>Hello</h1> undefined
 * console.log(await cache.getOrCompute("/about", () => ({ html: "computed once" }))); // { html: "computed once" }
 * ```
 */
export class SharedCache<S extends CacheSchema = typeof json> extends NamedHandle {
  readonly #store: CacheStore;
  readonly #reader: CacheReader;
  readonly #writer: CacheWriter;
  readonly #ttl: Ttl;
  readonly #isJson: boolean;
  readonly #computations: Computations;
  readonly #disposal = new AbortController();

  private constructor(verb: OpenVerb, name: string, options: SharedCacheOptions<S>) {
    const checked = checkOptions("options", options, CACHE_OPTIONS as OptionNames<typeof options>);
    const { value = json } = checked;
    const shape = shapeOf(value, "options.value");
    const ttl = ttlOf(checked, FOR_EVER);
    const segment = openCache(verb, name, shape, checked);
    super(segment, "SharedCache");
    this.#ttl = ttl;
    this.#isJson = shape.mode === "json";
    this.#store = new CacheStore(this.segment, "the cache");
    const codec = codecOf(shape, "value");
    this.#reader = new CacheReader(this.#store, codec, shape.mode);
    this.#writer = new CacheWriter(this.#store, codec, this.#isJson);
    this.#computations = new Computations(this.#store, this.#reader, this.#writer);
    this.segment.whenForgotten(this);
    setInsideOfCache(this, {
      shape,
      epoch: this.segment.superblock.epoch,
      now: this.#store.now,
      peek: (key) => {
        this.checkOpen();
        return this.#reader.peek(key);
      },
      follow: (from) => new CacheWatch(this.#store, this.#disposal.signal, "", from),
    });
  }

  /**
   * Creates a cache.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options What the values are, memory in bytes, times in milliseconds.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name; `ENOSPC` when there is no memory for it.
   */
  static createNew<S extends CacheSchema = typeof json>(
    name: string,
    options: SharedCacheOptions<S> = {},
  ): SharedCache<S> {
    return new SharedCache<S>("createNew", name, options);
  }

  /**
   * Opens a cache.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options What the values are, and the times of those that this handle sets, in milliseconds.
   * @throws {SystemError} `ENOENT` when nobody holds the name.
   * @throws {CorruptSegmentError} When it was made for other values.
   */
  static openExisting<S extends CacheSchema = typeof json>(
    name: string,
    options: SharedCacheOptions<S> = {},
  ): SharedCache<S> {
    return new SharedCache<S>("openExisting", name, options);
  }

  /**
   * Opens a cache, or creates it; see `createdNew`.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options What the values are, memory in bytes, times in milliseconds.
   * @throws {SystemError} `ENOSPC` when there is no memory for it; of what exists, as `openExisting`.
   */
  static createOrOpen<S extends CacheSchema = typeof json>(
    name: string,
    options: SharedCacheOptions<S> = {},
  ): SharedCache<S> {
    return new SharedCache<S>("createOrOpen", name, options);
  }

  /** The longest key and value together in bytes, each rounded up to a multiple of 8: about a quarter of a shard. */
  get entryBytesMax(): number {
    return this.#writer.entryBytesMax;
  }

  /** What all users of the cache together have counted, and what is in it. */
  get metrics(): CacheMetrics {
    this.checkOpen();
    return metricsOf(this.#store);
  }

  /**
   * The value of a key; undefined when there is none, or none that is fresh.
   *
   * @param key 0 to 4096 bytes of UTF-8.
   * @param options `allowStale`: also one that may be used while somebody computes a new one.
   * @throws {CorruptSegmentError} When its bytes cannot be a value.
   */
  get(key: string, options?: GetOptions): RecordValue<S> | undefined {
    // Options first: their getters are the program's, and may dispose the cache.
    const isStaleToo = allowsStale(options);
    this.checkOpen();
    return this.#reader.get(key, isStaleToo) as RecordValue<S> | undefined;
  }

  /**
   * Copies the bytes of a value: those of a struct, of JSON, or as they were set.
   *
   * @param key 0 to 4096 bytes of UTF-8.
   * @param target Filled from its start.
   * @param options `allowStale`: also a value that is fresh no more.
   * @returns How many there are; undefined when there is no fresh value. Nothing is copied when they do not fit.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the target is too short; the message says how long it must be.
   */
  getInto(key: string, target: Uint8Array, options?: GetOptions): number | undefined {
    checkBytes("target", target);
    const isStaleToo = allowsStale(options);
    this.checkOpen();
    return this.#reader.getInto(key, target, isStaleToo);
  }

  /**
   * Reads a value where it lies, without copying it: a cursor of a struct, a view of bytes, a value of JSON.
   *
   * **Safety.** Others may overwrite it meanwhile. Then what `read` has returned or thrown is dropped and it is called
   * again, at last with a copy: let it have no effects, and keep nothing of the view.
   *
   * @param key 0 to 4096 bytes of UTF-8.
   * @param read Gets the view. Must not be asynchronous.
   * @returns What `read` made of a value that was whole; undefined when there is no fresh one.
   * @throws {CorruptSegmentError} When its bytes cannot be a value.
   */
  read<T>(key: string, read: (view: RecordCursor<S>) => T): T | undefined {
    this.checkOpen();
    if (typeof read !== "function") throw invalidType("read", "a function", read);
    return this.#reader.read(key, read as (view: unknown) => T);
  }

  /**
   * Whether there is a fresh value. Counts neither as a hit nor as a miss.
   *
   * @param key 0 to 4096 bytes of UTF-8.
   * @throws {DisposedError} After disposal.
   */
  has(key: string): boolean {
    this.checkOpen();
    return this.#reader.has(key);
  }

  /**
   * Sets the value of a key. Never fails for want of room.
   *
   * @param key 0 to 4096 bytes of UTF-8.
   * @param value What the schema allows; of JSON everything but `undefined`.
   * @param options How long it is good; as long as the cache's values are unless given.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when key and value are longer than `entryBytesMax`, or `ttlMs` is not more
   *   than 0: the value before stays.
   * @throws {TimeoutError} `ETIMEDOUT` when a process is stopped in the middle of a change of the same shard.
   */
  set(key: string, value: RecordInput<S>, options?: TtlOptions): void {
    this.checkOpen();
    this.#writer.set(key, value, checkTtl(options, this.#ttl));
  }

  /**
   * Sets the value of a key that has none that is fresh; returns whether it had none. Throws as `set`.
   *
   * @param key 0 to 4096 bytes of UTF-8.
   * @param value What the schema allows.
   * @param options How long it is good, in milliseconds; as long as the cache's values are unless given.
   */
  setIfAbsent(key: string, value: RecordInput<S>, options?: TtlOptions): boolean {
    return this.compareAndSet(key, undefined, value, options);
  }

  /**
   * Sets the value of a key that has a certain one.
   *
   * @param key 0 to 4096 bytes of UTF-8.
   * @param expected The value that it must have: the same bytes, so that the properties of an object in JSON must be in
   *   the same order. `undefined`: none that is fresh.
   * @param value The new value.
   * @param options How long it is good, in milliseconds; as long as the cache's values are unless given.
   * @returns Whether it was set. Of several who expect the same, exactly one succeeds. Throws as `set`.
   */
  compareAndSet(
    key: string,
    expected: RecordInput<S> | undefined,
    value: RecordInput<S>,
    options?: TtlOptions,
  ): boolean {
    this.checkOpen();
    return this.#writer.compareAndSet(key, expected, value, checkTtl(options, this.#ttl));
  }

  /**
   * Forgets a key; returns whether it had a value.
   *
   * @param key 0 to 4096 bytes of UTF-8.
   * @throws {TimeoutError} `ETIMEDOUT` as `set`.
   */
  delete(key: string): boolean {
    this.checkOpen();
    return this.#writer.delete(key);
  }

  /**
   * Adds to a number; a key without a fresh value has 0. Only for caches of JSON.
   *
   * @param key 0 to 4096 bytes of UTF-8.
   * @param by How much, finite; default 1.
   * @param options How long a number that was not there is good. The times of one that was stay as they are.
   * @returns The sum.
   * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` for a cache of structs or bytes.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when the sum would not be finite: the number stays as it is.
   * @throws {TypeError} `ERR_INVALID_ARG_VALUE` when the value is something else.
   */
  increment(key: string, by = 1, options?: TtlOptions): number {
    this.checkOpen();
    checkNumber("by", by, -Number.MAX_VALUE, Number.MAX_VALUE);
    if (!this.#isJson) {
      throw new NotSupportedError(`Cannot increment in "${this.name}": its values must be json`);
    }
    const ttl = checkTtl(options, this.#ttl);
    this.checkOpen();
    return this.#writer.increment(key, by, ttl);
  }

  /** Forgets everything, shard by shard. */
  clear(): void {
    this.checkOpen();
    this.#writer.clear();
  }

  /**
   * All keys with fresh values, in no order. What is set, deleted or evicted meanwhile may be in it or not; nothing else
   * is missing or in it twice.
   */
  *entries(): Generator<[key: string, value: RecordValue<S>], void> {
    for (let bucket = 0; ; bucket++) {
      this.checkOpen();
      const found = this.#reader.bucket(bucket);
      if (found === undefined) return;
      yield* found as [string, RecordValue<S>][];
    }
  }

  /** The keys of `entries`. */
  *keys(): Generator<string, void> {
    for (const [key] of this.entries()) yield key;
  }

  [Symbol.iterator](): Generator<[key: string, value: RecordValue<S>], void> {
    return this.entries();
  }

  /**
   * The value of a key, computed when there is none that is fresh: by one process, while all others wait for it. When
   * that process dies, one of those who wait computes at once. A stale value is given out meanwhile, without waiting. While 32
   * keys of a shard are being computed, further ones of it are computed by each process that asks.
   *
   * @param key 0 to 4096 bytes of UTF-8.
   * @param compute Makes the value. What it throws rejects all who wait, in every process: with the error itself here,
   *   with a `RemoteError` elsewhere.
   * @param options `ttlMs`, `staleMs`: how long it is good; `timeoutMs`, `signal`: end this wait, and not the computation.
   * @throws {Error} Rejects with what `compute` throws, with `TimeoutError` `ETIMEDOUT`, with the signal's reason, or with
   *   `DisposedError` when disposed meanwhile.
   * @throws {NotSupportedError} Rejects with `ERR_NOT_SUPPORTED` when it is asked for in a computation on which the value's
   *   own depends: the same one, or one for which that waits, also by way of others, in any caches, of this thread. Computations
   *   of several threads or processes that wait for each other do so until `timeoutMs` or `signal` ends it.
   */
  async getOrCompute(
    key: string,
    compute: () => RecordInput<S> | Promise<RecordInput<S>>,
    options: ComputeOptions = {},
  ): Promise<RecordValue<S>> {
    this.checkOpen();
    if (typeof compute !== "function") throw invalidType("compute", "a function", compute);
    return (await this.#computations.get(key, compute, options, this.#ttl)) as RecordValue<S>;
  }

  /**
   * Follows what happens to keys from now on, woken by whoever changes one. Evictions and ends of times are not told. Who
   * follows too slowly, or loses a whole log, is told `{ operation: "lapped" }`: read again what matters.
   *
   * @param options `prefix`: only keys that begin so; `signal`: ends the loop with its reason.
   * @throws {Error} The signal's reason, when it ends the loop.
   *
   * @example
   * ```ts
   * import { SharedCache } from "@isthmus/store";
   *
   * using cache = SharedCache.createOrOpen("example-watch");
   * const changes = cache.watch({ prefix: "user:" });
   * cache.set("user:1", { name: "Ada" });
   * for await (const change of changes) {
   *   console.log(change); // { operation: "set", key: "user:1" }
   *   break;
   * }
   * ```
   */
  watch(options: WatchOptions = {}): AsyncGenerator<CacheChange, void> {
    this.checkOpen();
    const { prefix = "", signal } = checkOptions("options", options, WATCH_OPTIONS);
    checkString("options.prefix", prefix);
    checkSignal(signal)?.throwIfAborted();
    this.checkOpen();
    return new CacheWatch(this.#store, this.#disposal.signal, prefix).changes(signal);
  }

  /** Lets go of the cache. Waits and loops over `watch()` end. */
  dispose(): void {
    if (this.segment.isDisposed) return;
    this.#computations.close();
    this.#disposal.abort();
    this.segment.dispose();
  }
}
