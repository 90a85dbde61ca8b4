/**
 * Getting values out of a cache.
 *
 * @module
 */
import { refuseAsync } from "@isthmus/core/internal";
import type { PlaceReader, RecordCodec, SchemaShape } from "@isthmus/ipc/internal";
import type { CacheEntry } from "./cache-inside.ts";
import type { CacheStore } from "./cache-store.ts";
import { CacheValue } from "./cache-values.ts";
import { type Key, NONE } from "./log-reading.ts";
import { type Shard, typeOf } from "./shard.ts";
import { ENTRY, META, SPACE, TYPE } from "./shard-layout.ts";

/** How often a value is looked for that is overwritten while it is copied: each time, a whole log was written. */
const TRIES_MAX = 100;
/** How often one is read in place. */
const PLACE_TRIES_MAX = 3;

/** A value as it was found. */
export type Found = "fresh" | "stale" | undefined;

/** What is done with a value that was found: it is copied, or not looked at. */
type Taking = "copy" | "look";

/** The values of a cache as one handle reads them. */
export class CacheReader {
  readonly #store: CacheStore;
  readonly #codec: RecordCodec;
  /** Where values are copied. */
  readonly #value: CacheValue;
  /** Whether values are given out as they are. */
  readonly #isBytes: boolean;
  #places: PlaceReader | undefined;

  constructor(store: CacheStore, codec: RecordCodec, mode: SchemaShape["mode"]) {
    this.#store = store;
    this.#codec = codec;
    this.#value = new CacheValue(codec, mode === "json");
    this.#isBytes = mode === "bytes";
  }

  get(key: string, allowStale: boolean): unknown {
    if (this.#isBytes) return this.#slice(key, allowStale);
    return this.#hit(key, allowStale) ? this.#value.decode() : undefined;
  }

  /**
   * The bytes of a value, copied once: `find` in one piece, without what it keeps of a value (75 ns instead of 84). What is torn is
   * copied in vain.
   */
  #slice(key: string, allowStale: boolean): Uint8Array<ArrayBuffer> | undefined {
    const store = this.#store;
    const { key: own, words, bodies } = store;
    own.set(key);
    const shard = store.shards[store.indexOf(own.hash)]!;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const at = shard.lookUp(own);
      if (at === NONE) break;
      const word = shard.wordOf(at);
      const lengthBytes = words.get(word + ENTRY.valueBytes) >>> 0;
      const value = shard.valueWordOf(word, words.get(word + ENTRY.meta));
      const isSound = shard.holds(value, lengthBytes);
      const bytes = bodies.slice(value, isSound ? lengthBytes : 0);
      const staleMs = words.get(word + ENTRY.staleMs) >>> 0;
      const freshUntil = bodies.number(word + ENTRY.freshUntil);
      if (!shard.isWhole(at)) continue;
      if (!isSound) break;
      shard.visit(own.hash);
      const age = freshUntil === Infinity ? "fresh" : this.#ageOf(freshUntil, staleMs);
      if (age === undefined || (age === "stale" && !allowStale)) break;
      store.count(age === "fresh" ? "hits" : "staleHits");
      return bytes;
    }
    store.count("misses");
    return undefined;
  }

  getInto(key: string, target: Uint8Array, allowStale: boolean): number | undefined {
    return this.#hit(key, allowStale) ? this.#value.copyInto(target) : undefined;
  }

  has(key: string): boolean {
    this.#store.key.set(key);
    return this.find(this.#store.key, "look") === "fresh";
  }

  read<T>(key: string, read: (view: unknown) => T): T | undefined {
    const store = this.#store;
    store.key.set(key);
    const { words, index } = store;
    const shard = store.shards[index]!;
    this.#places ??= this.#codec.places(store.segmentMemory(), "read");
    for (let tries = 0; tries < PLACE_TRIES_MAX; tries++) {
      const { hash } = store.key;
      const at = shard.lookUp(store.key);
      if (at === NONE) break;
      const word = shard.wordOf(at);
      const meta = words.get(word + ENTRY.meta);
      const lengthBytes = words.get(word + ENTRY.valueBytes) >>> 0;
      const value = shard.valueWordOf(word, meta);
      const isSound = shard.holds(value, lengthBytes) && typeOf(meta) === TYPE.record;
      const isOver = store.isOver(word, false);
      if (!shard.isWhole(at)) continue;
      if (!isSound || isOver) break;
      try {
        const result = refuseAsync(read(this.#places.at(value * 4, lengthBytes)), "read");
        // Nobody can tell any more whether it was whole.
        store.segment.checkOpen("SharedCache");
        if (shard.isWhole(at)) {
          shard.visit(hash);
          store.count("hits");
          return result;
        }
      } catch (error) {
        // Of what was overwritten meanwhile, nothing counts.
        if (store.segment.isDisposed || shard.isWhole(at)) throw error;
      }
      // The program may have used the cache in between.
      store.key.set(key);
    }
    return this.#hit(key, false) ? refuseAsync(read(this.#value.place()), "read") : undefined;
  }

  /**
   * Finds what a key has, and what this handle's own value takes on of it.
   *
   * @returns Undefined when there is nothing that may be used.
   */
  find(key: Key, taking: Taking = "copy"): Found {
    const store = this.#store;
    const shard = store.shards[store.indexOf(key.hash)]!;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const at = shard.lookUp(key);
      if (at === NONE) return undefined;
      const word = shard.wordOf(at);
      const isSound = taking === "look" || this.#take(shard, word);
      const staleMs = store.words.get(word + ENTRY.staleMs) >>> 0;
      const freshUntil = store.bodies.number(word + ENTRY.freshUntil);
      if (!shard.isWhole(at)) continue;
      if (!isSound) return undefined;
      this.#value.freshUntil = freshUntil;
      this.#value.staleMs = staleMs;
      shard.visit(key.hash);
      return freshUntil === Infinity ? "fresh" : this.#ageOf(freshUntil, staleMs);
    }
    return undefined;
  }

  /** Takes the value of an entry on; false when it cannot be one. All that counts once the entry is known to be whole. */
  #take(shard: Shard, word: number): boolean {
    const { words, bodies } = this.#store;
    const meta = words.get(word + ENTRY.meta);
    const lengthBytes = words.get(word + ENTRY.valueBytes) >>> 0;
    const value = shard.valueWordOf(word, meta);
    if (!shard.holds(value, lengthBytes)) return false;
    this.#value.copy(bodies, value, lengthBytes, typeOf(meta));
    return true;
  }

  #ageOf(freshUntil: number, staleMs: number): Found {
    const now = this.#store.now();
    if (now < freshUntil) return "fresh";
    return now < freshUntil + staleMs ? "stale" : undefined;
  }

  /** The value of a key and its times, also one that is stale; counted nowhere. */
  peek(key: string): CacheEntry | undefined {
    const store = this.#store;
    store.key.set(key);
    if (this.find(store.key) === undefined) return undefined;
    const { plainBytes, freshUntil, staleMs } = this.#value;
    return { bytes: plainBytes.slice(), freshUntil, staleMs };
  }

  /** What {@link find} has copied. */
  get found(): unknown {
    return this.#value.decode();
  }

  /** The bytes that {@link find} has copied. */
  get foundBytes(): Uint8Array<ArrayBuffer> {
    return this.#value.bytes;
  }

  /** The fresh entries of one of all buckets; undefined behind the last one. */
  bucket(number: number): [key: string, value: unknown][] | undefined {
    const { shape, shards } = this.#store;
    const index = Math.floor(number / shape.bucketCount);
    if (index >= shape.shardCount) return undefined;
    const shard = shards[index]!;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const chain = shard.chainOf(number % shape.bucketCount);
      if (chain === undefined) continue;
      const found = new Map<string, unknown>();
      if (chain.every((at) => this.#collect(index, at, found))) return [...found];
    }
    return [];
  }

  /** Adds an entry to what was found, unless a newer one of its key is there; false when it was overwritten meanwhile. */
  #collect(index: number, at: number, found: Map<string, unknown>): boolean {
    const store = this.#store;
    const shard = store.shards[index]!;
    const word = shard.wordOf(at);
    const meta = store.words.get(word + ENTRY.meta);
    const keyBytes = meta & META.keyBytesMask;
    if (!shard.holds(word + ENTRY.key, keyBytes)) return shard.isWhole(at);
    const own = this.#value;
    own.copy(store.bodies, word + ENTRY.key, keyBytes, TYPE.record);
    const key = new TextDecoder().decode(own.bytes.slice());
    const lengthBytes = store.words.get(word + ENTRY.valueBytes) >>> 0;
    const value = shard.valueWordOf(word, meta);
    const isOver = store.isOver(word, false);
    const isSound = shard.holds(value, lengthBytes);
    if (isSound) own.copy(store.bodies, value, lengthBytes, typeOf(meta));
    if (!shard.isWhole(at)) return false;
    const space = (meta & META.sameKeyMask) >>> META.spaceShift;
    if (!isSound || isOver || space !== SPACE.values || found.has(key)) return true;
    found.set(key, own.decode());
    return true;
  }

  /** Finds a value that may be used, and counts whether there was one. */
  #hit(key: string, allowStale: boolean): boolean {
    const store = this.#store;
    store.key.set(key);
    const found = this.find(store.key);
    const isHit = found === "fresh" || (found === "stale" && allowStale);
    if (!isHit) store.count("misses");
    else store.count(found === "fresh" ? "hits" : "staleHits");
    return isHit;
  }
}
