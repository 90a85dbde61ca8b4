/**
 * A shared cache in the shape of an asynchronous `Map`, in which `keyv` and `cacheable` want their stores.
 *
 * @module
 */
import { invalidType, invalidValue } from "@isthmus/core/internal";
import { SharedCache } from "../cache/shared-cache.ts";

/** An entry for {@link KeyvStore.setMany}. */
export interface KeyvStoreEntry {
  readonly key: string;
  readonly value: unknown;
  /** How long it is good in milliseconds, more than 0. */
  readonly ttl?: number | undefined;
}

/**
 * Makes a store for `keyv` (5 and 6) and `cacheable` of a cache of JSON, so that all processes of a server have one. As the
 * second tier of `cacheable`: `new Cacheable({ secondary: new Keyv({ store: keyvStore(cache) }) })`.
 *
 * What comes back is what was set, or it is refused: a `Map`, a `Set`, a typed array, a bigint, a `Date`, `NaN`, or an object of a
 * class rejects with `TypeError` `ERR_INVALID_ARG_VALUE`. Keyv hands over text that it has made itself, so that what it makes of
 * such values is its own: by default a `Date` comes back as text, and a `Map` as `{}`. With `serialization: false` (Keyv 6)
 * this store refuses them.
 *
 * @param cache A cache of JSON; whoever made it disposes it.
 *
 * @example
 * ```ts
 * import { keyvStore, SharedCache } from "@isthmus/store";
 *
 * using cache = SharedCache.createOrOpen("example-keyv");
 * const store = keyvStore(cache);
 * // const keyv = new Keyv({ store });
 * await store.set("user:1", { name: "Ada" }, 60_000);
 * console.log(await store.get("user:1")); // { name: "Ada" }
 * ```
 */
export function keyvStore(cache: SharedCache): KeyvStore {
  return new KeyvStore(cache);
}

/** The store of {@link keyvStore}. */
export class KeyvStore {
  /** Set by Keyv 5, whose keys begin with it and a colon: `clear` forgets those only. Keyv 6 must find none. */
  declare namespace?: string | undefined;
  readonly #cache: SharedCache;

  constructor(cache: SharedCache) {
    if (!(cache instanceof SharedCache)) throw invalidType("cache", "a SharedCache", cache);
    this.#cache = cache;
  }

  /** The value of a key; undefined when there is none. */
  async get<T = unknown>(key: string): Promise<T | undefined> {
    return this.#cache.get(key) as T | undefined;
  }

  /** The values of several keys. */
  async getMany<T = unknown>(keys: readonly string[]): Promise<(T | undefined)[]> {
    return keys.map((key) => this.#cache.get(key) as T | undefined);
  }

  /**
   * Sets the value of a key.
   *
   * @param ttl How long it is good in milliseconds; as long as the cache's values are unless given.
   * @returns True. Rejects with `RangeError` when `ttl` is not more than 0, or the value too large; with `TypeError` when
   * it would come back differently. The value before stays then.
   */
  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    checkFaithful(value);
    this.#cache.set(key, value, ttl === undefined ? undefined : { ttlMs: ttl });
    return true;
  }

  /** Sets several, one after the other; rejects with the first error, and leaves out the rest. */
  async setMany(entries: readonly KeyvStoreEntry[]): Promise<boolean[]> {
    for (const { key, value, ttl } of entries) await this.set(key, value, ttl);
    return entries.map(() => true);
  }

  /** Whether there is a value. */
  async has(key: string): Promise<boolean> {
    return this.#cache.has(key);
  }

  /** Whether there are values. */
  async hasMany(keys: readonly string[]): Promise<boolean[]> {
    return keys.map((key) => this.#cache.has(key));
  }

  /** Forgets a key; whether it had a value. */
  async delete(key: string): Promise<boolean> {
    return this.#cache.delete(key);
  }

  /** Forgets several keys; whether each had a value. */
  async deleteMany(keys: readonly string[]): Promise<boolean[]> {
    return keys.map((key) => this.#cache.delete(key));
  }

  /** Forgets everything; in a namespace of Keyv 5, what is in that. */
  async clear(): Promise<void> {
    if (!this.namespace) {
      this.#cache.clear();
      return;
    }
    for (const key of this.#cache.keys()) {
      if (key.startsWith(`${this.namespace}:`)) this.#cache.delete(key);
    }
  }

  /** All keys and values; see `SharedCache.entries`. */
  async *iterator(): AsyncGenerator<[key: string, value: unknown], void> {
    yield* this.#cache.entries();
  }
}

/**
 * Refuses what JSON would give back as something else. A property that is undefined is as good as none.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_VALUE`.
 */
function checkFaithful(value: unknown): void {
  if (typeof value === "string") return;
  if (value === undefined) throw refused("undefined", value);
  JSON.stringify({ value }, function check(this: Record<string, unknown>, key) {
    // What the second argument is has been through toJSON.
    const found = this[key];
    const reason = whyNot(found, Array.isArray(this));
    if (reason !== undefined) throw refused(reason, found);
    return found;
  });
}

function whyNot(value: unknown, isInArray: boolean): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : `${value}`;
  if (typeof value === "undefined") return isInArray ? "undefined in an array" : undefined;
  if (typeof value === "string" || typeof value === "boolean" || value === null) return undefined;
  if (typeof value !== "object") return `a ${typeof value}`;
  if (Array.isArray(value)) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return `an instance of ${(prototype as object).constructor?.name ?? "a class"}`;
  }
  return typeof (value as { toJSON?: unknown }).toJSON === "function" ? "toJSON()" : undefined;
}

function refused(what: string, value: unknown): TypeError {
  return invalidValue("value", `JSON that comes back as it was, without ${what}`, value);
}
