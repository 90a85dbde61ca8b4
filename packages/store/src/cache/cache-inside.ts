/**
 * What a mirror of a cache takes from one that somebody has opened.
 *
 * @module
 */
import type { SchemaShape } from "@isthmus/ipc/internal";
import type { CacheChange } from "./cache-watch.ts";

/** A value and its times, as they are in the cache. */
export interface CacheEntry {
  /** As `getInto` copies them: those of a struct, of JSON, or as they were set. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Until when it is fresh, in milliseconds of the clock that all processes of the machine share; `Infinity` for ever. */
  readonly freshUntil: number;
  /** For how long it is good after that, in milliseconds. */
  readonly staleMs: number;
}

/** The inside of one cache's handle. */
export interface CacheInside {
  /** What the values are. */
  readonly shape: SchemaShape;
  /** The random number of the cache's creation. */
  readonly epoch: bigint;
  /** The clock of `freshUntil`, in milliseconds. */
  readonly now: () => number;
  /** The value of a key that is fresh or may be used while somebody computes a new one. Counts as no hit. */
  peek(key: string): CacheEntry | undefined;
  /**
   * Follows the changes of all keys.
   *
   * @param from Positions that a following has had before, also one in another process; from now on without any.
   */
  follow(from: Int32Array | undefined): Following;
}

/** A following of changes. */
export interface Following {
  /** Where the logs have been read to, with all that was handed out. */
  readonly positions: Int32Array<ArrayBuffer>;
  /** Some of the changes since the last look; undefined when there are none. */
  poll(): CacheChange[] | undefined;
  /**
   * Waits for changes, and yields what was found by one look at a time, until the signal ends that with its reason, or in silence when the
   * cache is disposed.
   */
  batches(signal: AbortSignal | undefined): AsyncIterable<CacheChange[]>;
}

const INSIDES = new WeakMap<object, CacheInside>();

/** Makes the inside of a cache known. */
export function setInsideOfCache(cache: object, inside: CacheInside): void {
  INSIDES.set(cache, inside);
}

/** The inside of a cache; undefined for whatever else. */
export function insideOfCache(cache: object): CacheInside | undefined {
  return INSIDES.get(cache);
}
