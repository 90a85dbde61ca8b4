/**
 * A limit that all processes of a server keep together.
 *
 * @module
 */
import {
  checkInteger,
  checkNumber,
  checkOptions,
  invalidType,
  type OptionNames,
  outOfRange,
} from "@isthmus/core/internal";
import type { LimiterInfo, ParticipantsOptions } from "@isthmus/ipc";
import { limiterSchema, NamedHandle, type OpenVerb, shapeOf } from "@isthmus/ipc/internal";
import { openCache } from "../cache/cache-segment.ts";
import { CacheStore } from "../cache/cache-store.ts";
import { NONE } from "../cache/log-reading.ts";
import type { Body } from "../cache/shard.ts";
import { ENTRY, TYPE } from "../cache/shard-layout.ts";
import { ask, type Limit, returned, unitsLeft, type Verdict } from "./gcra.ts";

/** How a limiter is made. */
export interface RateLimiterOptions extends ParticipantsOptions {
  /** How many units there are in `perMs`, all at once if need be: an integer from 1. */
  readonly limit: number;
  /** How long it takes until all units are back, in milliseconds, more than 0. */
  readonly perMs: number;
  /**
   * Memory for keys in bytes, 8 KiB to 4080 MiB: an IPv4 address takes about 60. Default 16 MiB. Ignored when the limiter
   * exists. When it is full, those keys make room that were not asked for lately, and have all their units again.
   */
  readonly capacityBytes?: number | undefined;
  /** `"persistent"` keeps it when nobody holds it. Default `"held"`. Ignored when the limiter exists. */
  readonly lifetime?: "held" | "persistent" | undefined;
}

/** What came of asking for units. */
export interface RateLimit {
  /** Whether they were given. */
  readonly allowed: boolean;
  /** How many units are left now. */
  readonly remaining: number;
  /** How long to wait before asking for as many again, in whole milliseconds; 0 when they were given. */
  readonly retryAfterMs: number;
  /** In how many whole milliseconds all units are back. */
  readonly resetAfterMs: number;
}

/** Figures of a limiter, of all who use it together. Where `evictions` grows, more memory helps. */
export interface RateLimiterMetrics extends LimiterInfo {}

const OPTIONS: OptionNames<RateLimiterOptions> = {
  limit: true,
  perMs: true,
  capacityBytes: true,
  lifetime: true,
  maxParticipants: true,
};

const DEFAULT_CAPACITY_BYTES = 2 ** 24;

/** An entry as it is written: until when it means something is its time. */
class FullAt implements Body {
  readonly type: number = TYPE.record;
  readonly words: Int32Array = new Int32Array(0);
  readonly lengthBytes = 0;
  readonly staleMs = 0;
  freshUntil = 0;
}

/**
 * A rate limiter in named shared memory: by key, so many units in so much time, however many processes ask. All units may be
 * taken at once; then each comes back after `perMs / limit`. No timers run, and a key whose units are all back takes no
 * memory in the end.
 *
 * Each handle limits by its own options; give all the same. A process that is killed at any moment has taken its units or
 * not; one that is stopped in the middle of a call holds up the keys of one shard: a 16th of all or less, in
 * a limiter of less than 2 MiB up to a quarter.
 *
 * @example
 * ```ts
 * import { RateLimiter } from "@isthmus/store";
 *
 * using limiter = RateLimiter.createOrOpen("example-api", { limit: 2, perMs: 60_000 });
 * limiter.take("1.2.3.4");
 * console.log(limiter.take("1.2.3.4").remaining); // 0
 * const { allowed, retryAfterMs } = limiter.take("1.2.3.4");
 * console.log(allowed, retryAfterMs > 29_000); // false true
 * ```
 */
export class RateLimiter extends NamedHandle {
  readonly #store: CacheStore;
  readonly #limit: Limit;
  readonly #entry = new FullAt();

  private constructor(verb: OpenVerb, name: string, options: RateLimiterOptions) {
    if (typeof options !== "object" || options === null) {
      throw invalidType("options", "an object with limit and perMs", options);
    }
    const checked = checkOptions("options", options, OPTIONS);
    const { limit, perMs, capacityBytes = DEFAULT_CAPACITY_BYTES, ...others } = checked;
    const rate: Limit = {
      units: checkInteger("options.limit", limit, 1),
      perMs: checkNumber("options.perMs", perMs, 0, Number.MAX_SAFE_INTEGER),
    };
    if (perMs === 0) throw outOfRange("options.perMs", "> 0", perMs);
    const segment = openCache(verb, name, shapeOf(limiterSchema()), { capacityBytes, ...others });
    super(segment, "RateLimiter");
    this.#limit = rate;
    this.#store = new CacheStore(this.segment, "the rate limiter");
    this.segment.whenForgotten(this);
  }

  /**
   * Creates a limiter.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options How many units in how many milliseconds; memory in bytes.
   * @throws {SystemError} `EEXIST` when somebody alive holds the name; `ENOSPC` when there is no memory for it.
   */
  static createNew(name: string, options: RateLimiterOptions): RateLimiter {
    return new RateLimiter("createNew", name, options);
  }

  /**
   * Opens a limiter.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options How many units in how many milliseconds; memory in bytes.
   * @throws {SystemError} `ENOENT` when nobody holds the name.
   * @throws {CorruptSegmentError} When it is something else.
   */
  static openExisting(name: string, options: RateLimiterOptions): RateLimiter {
    return new RateLimiter("openExisting", name, options);
  }

  /**
   * Opens a limiter, or creates it; see `createdNew`.
   *
   * @param name What it is called; see `MemoryMappedFile.createNew`.
   * @param options How many units in how many milliseconds; memory in bytes.
   * @throws {SystemError} `ENOSPC` when there is no memory for it; of what exists, as `openExisting`.
   */
  static createOrOpen(name: string, options: RateLimiterOptions): RateLimiter {
    return new RateLimiter("createOrOpen", name, options);
  }

  /** How many units there are in `perMs`. */
  get limit(): number {
    return this.#limit.units;
  }

  /** How long it takes until all units are back, in milliseconds. */
  get perMs(): number {
    return this.#limit.perMs;
  }

  /** What all users of the limiter together have counted, and what is in it. */
  get metrics(): RateLimiterMetrics {
    this.checkOpen();
    const store = this.#store;
    return {
      allowed: store.total("hits"),
      denied: store.total("misses"),
      keys: store.sum("entries"),
      evictions: store.sum("evictions"),
      recoveries: store.sum("recoveries"),
      bytes: store.usedBytes,
      capacityBytes: store.capacityBytes,
    };
  }

  /**
   * Takes units of a key, all or none.
   *
   * @param key Whose: 0 to 4096 bytes of UTF-8.
   * @param cost How many, from 0 to `limit`, with a fraction if need be. Default 1. 0: only looks.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for a cost above the limit: it could never be given.
   * @throws {TimeoutError} `ETIMEDOUT` when a process is stopped in the middle of a call of the same shard.
   */
  take(key: string, cost = 1): RateLimit {
    this.checkOpen();
    if (cost !== 1) checkNumber("cost", cost, 0, this.#limit.units);
    const store = this.#store;
    store.key.set(key);
    const { index } = store;
    const shard = store.lock(index);
    let now: number;
    let verdict: Verdict;
    try {
      now = store.now();
      const at = shard.find(store.key);
      const place = shard.wordOf(at) + ENTRY.freshUntil;
      verdict = ask(this.#limit, at === NONE ? now : store.bodies.number(place), now, cost);
      if (at !== NONE) shard.visit(store.key.hash);
      if (verdict.isAllowed && cost > 0) {
        this.#entry.freshUntil = verdict.fullAtMs;
        if (at === NONE) shard.put(store.key, this.#entry, store.now);
        else store.bodies.setNumber(place, verdict.fullAtMs);
      }
    } finally {
      store.unlock(index);
    }
    store.count(verdict.isAllowed ? "hits" : "misses");
    return this.#report(verdict, now);
  }

  /**
   * Gives units of a key back: those of a request that is not to count after all. It never has more than `limit`.
   *
   * @param key Whose: 0 to 4096 bytes of UTF-8.
   * @param cost How many of those that were taken, from 0 to `limit`. Default 1.
   * @returns What is left then; `allowed` is true.
   * @throws {TimeoutError} As `take`.
   */
  giveBack(key: string, cost = 1): RateLimit {
    this.checkOpen();
    checkNumber("cost", cost, 0, this.#limit.units);
    const store = this.#store;
    store.key.set(key);
    const { index } = store;
    const shard = store.lock(index);
    let now: number;
    let fullAtMs: number;
    try {
      now = store.now();
      fullAtMs = now;
      const at = shard.find(store.key);
      if (at !== NONE) {
        const place = shard.wordOf(at) + ENTRY.freshUntil;
        fullAtMs = returned(this.#limit, store.bodies.number(place), now, cost);
        store.bodies.setNumber(place, fullAtMs);
      }
    } finally {
      store.unlock(index);
    }
    return this.#report({ isAllowed: true, fullAtMs, waitMs: 0 }, now);
  }

  /**
   * Gives a key all its units back; returns whether it lacked some.
   *
   * @param key Whose: 0 to 4096 bytes of UTF-8.
   * @throws {TimeoutError} `ETIMEDOUT` as `take`.
   */
  reset(key: string): boolean {
    this.checkOpen();
    const store = this.#store;
    store.key.set(key);
    const { index } = store;
    const shard = store.lock(index);
    try {
      const at = shard.find(store.key);
      const isLacking =
        at !== NONE && store.bodies.number(shard.wordOf(at) + ENTRY.freshUntil) > store.now();
      shard.remove(store.key);
      return isLacking;
    } finally {
      store.unlock(index);
    }
  }

  /** Gives all keys all their units back, shard by shard. */
  clear(): void {
    this.checkOpen();
    for (const index of this.#store.shards.keys()) {
      const shard = this.#store.lock(index);
      try {
        shard.clear();
      } finally {
        this.#store.unlock(index);
      }
    }
  }

  /** Lets go of the limiter. */
  dispose(): void {
    this.segment.dispose();
  }

  #report({ isAllowed, fullAtMs, waitMs }: Verdict, now: number): RateLimit {
    return {
      allowed: isAllowed,
      remaining: unitsLeft(this.#limit, fullAtMs, now),
      retryAfterMs: Math.ceil(waitMs),
      resetAfterMs: Math.ceil(Math.max(0, fullAtMs - now)),
    };
  }
}
