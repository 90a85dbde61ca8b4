/**
 * Changing what is in a cache.
 *
 * @module
 */
import { invalidValue, outOfRange } from "@isthmus/core/internal";
import type { RecordCodec } from "@isthmus/ipc/internal";
import type { Ttl } from "./cache-options.ts";
import type { CacheStore } from "./cache-store.ts";
import { CacheValue } from "./cache-values.ts";
import type { KeyText } from "./key-text.ts";
import { type Key, NONE } from "./log-reading.ts";
import { type Shard, typeOf } from "./shard.ts";
import { ENTRY, HEADER_UNITS, META, TYPE, UNIT_BYTES, unitsOf } from "./shard-layout.ts";

/** What a cache's values are changed with, by one handle. */
export class CacheWriter {
  readonly #store: CacheStore;
  readonly #value: CacheValue;
  readonly #makeValue: () => CacheValue;
  /** Undefined while code of the program's may run: who compares meanwhile makes another one. */
  #expected: CacheValue | undefined;
  readonly #current: CacheValue;

  constructor(store: CacheStore, codec: RecordCodec, isJson: boolean) {
    this.#store = store;
    this.#makeValue = () => new CacheValue(codec, isJson);
    this.#value = this.#makeValue();
    this.#current = this.#makeValue();
  }

  /** The longest key and value together in bytes. */
  get entryBytesMax(): number {
    return (this.#store.shards[0]!.unitsMax - HEADER_UNITS) * UNIT_BYTES;
  }

  set(key: string, value: unknown, ttl: Ttl): void {
    const store = this.#store;
    this.#prepare(key, value, ttl);
    const { index } = store;
    const shard = store.lock(index);
    try {
      shard.put(store.key, this.#value, store.now);
    } finally {
      store.unlock(index);
    }
    store.count("sets");
    store.wakeWatchers(index);
  }

  /** The value that was set last, as `get` would give it. */
  get last(): unknown {
    return this.#value.decode();
  }

  compareAndSet(key: string, expected: unknown, value: unknown, ttl: Ttl): boolean {
    const store = this.#store;
    const limit = this.entryBytesMax;
    const own = this.#expected ?? this.#makeValue();
    this.#expected = undefined;
    if (expected !== undefined) own.encode(expected, limit, () => this.#refuse(limit + 1));
    this.#prepare(key, value, ttl);
    this.#expected = own;
    const { index } = store;
    const shard = store.lock(index);
    try {
      const at = this.#findFresh(shard, store.key);
      const isAsExpected =
        expected === undefined ? at === NONE : at !== NONE && this.#isExpected(shard, at, own);
      if (!isAsExpected) return false;
      shard.put(store.key, this.#value, store.now);
    } finally {
      store.unlock(index);
    }
    store.count("sets");
    store.wakeWatchers(index);
    return true;
  }

  delete(key: string): boolean {
    const store = this.#store;
    store.key.set(key);
    const { index } = store;
    const shard = store.lock(index);
    let isDeleted = false;
    try {
      const wasFresh = this.#findFresh(shard, store.key) !== NONE;
      isDeleted = shard.remove(store.key) && wasFresh;
      if (isDeleted) shard.note(TYPE.deleted, store.key, store.now);
    } finally {
      store.unlock(index);
    }
    if (isDeleted) {
      store.count("deletes");
      store.wakeWatchers(index);
    }
    return isDeleted;
  }

  increment(key: string, by: number, { ttlMs, staleMs }: Ttl): number {
    const store = this.#store;
    store.key.set(key);
    const { index } = store;
    const shard = store.lock(index);
    let sum = by;
    try {
      const at = this.#findFresh(shard, store.key);
      if (at !== NONE) {
        if (typeOf(store.words.get(shard.wordOf(at) + ENTRY.meta)) !== TYPE.number) {
          throw invalidValue("key", "that of a number", key);
        }
        sum = shard.addTo(at, by);
        if (!Number.isFinite(sum)) throw outOfRange("by", "so much that the sum is finite", by);
        shard.visit(store.key.hash);
        shard.note(TYPE.incremented, store.key, store.now);
      } else {
        const value = this.#value;
        value.setNumber(by);
        value.freshUntil = this.#endOf(ttlMs);
        value.staleMs = staleMs;
        shard.put(store.key, value, store.now);
      }
    } finally {
      store.unlock(index);
    }
    store.count("sets");
    store.wakeWatchers(index);
    return sum;
  }

  clear(): void {
    const store = this.#store;
    for (const index of store.shards.keys()) {
      store.key.set("");
      const shard = store.lock(index);
      try {
        shard.clear();
        shard.note(TYPE.cleared, store.key, store.now);
      } finally {
        store.unlock(index);
      }
      store.wakeWatchers(index);
    }
  }

  /** Puts bytes under a key among the errors. The caller has the lock. */
  putError(shard: Shard, key: KeyText, bytes: Uint8Array, freshMs: number): void {
    const value = this.#value;
    value.setBytes(bytes);
    value.freshUntil = this.#endOf(freshMs);
    value.staleMs = 0;
    shard.put(key.ofErrors, value, this.#store.now);
  }

  /**
   * Encodes a value and takes its key on, in this order: encoding may run the program's getters. They, and those of the options
   * before, may also have disposed the cache.
   */
  #prepare(key: string, value: unknown, { ttlMs, staleMs }: Ttl): void {
    const store = this.#store;
    const own = this.#value;
    own.encode(value, this.entryBytesMax, this.#refuse);
    store.segment.checkOpen("SharedCache");
    store.key.set(key);
    const keyUnits = unitsOf(store.key.meta & META.keyBytesMask);
    const bytes = (keyUnits + unitsOf(own.lengthBytes)) * UNIT_BYTES;
    if (bytes > this.entryBytesMax) this.#refuse(bytes);
    own.freshUntil = this.#endOf(ttlMs);
    own.staleMs = staleMs;
  }

  /** When so much time is over; what is good for ever needs no clock. */
  #endOf(ttlMs: number): number {
    return ttlMs === Infinity ? Infinity : this.#store.now() + ttlMs;
  }

  readonly #refuse = (lengthBytes: number): never => {
    const limit = `<= ${this.entryBytesMax} bytes with its key (a quarter of a shard; a larger capacityBytes allows more)`;
    throw outOfRange("value", limit, lengthBytes);
  };

  #findFresh(shard: Shard, key: Key): number {
    const at = shard.find(key);
    return at === NONE || this.#store.isOver(shard.wordOf(at), false) ? NONE : at;
  }

  #isExpected(shard: Shard, at: number, expected: CacheValue): boolean {
    const { words, bodies } = this.#store;
    const word = shard.wordOf(at);
    const meta = words.get(word + ENTRY.meta);
    const lengthBytes = words.get(word + ENTRY.valueBytes) >>> 0;
    const current = this.#current;
    if (lengthBytes !== expected.lengthBytes || typeOf(meta) !== expected.type) return false;
    current.copy(bodies, shard.valueWordOf(word, meta), lengthBytes, expected.type);
    return current.equals(expected);
  }
}
