/**
 * How a shared cache is made and used, as users say it.
 *
 * @module
 */
import {
  checkBoolean,
  checkNumber,
  checkOptions,
  invalidType,
  type OptionNames,
  outOfRange,
} from "@isthmus/core/internal";
import type { ChannelSchema, ParticipantsOptions } from "@isthmus/ipc";

/** What a cache's values are: a `struct(…)`, `bytes` or `json`. */
export type CacheSchema = ChannelSchema;

/** How long a value is good. */
export interface TtlOptions {
  /** For how long the value is fresh, in milliseconds, more than 0; `Infinity` for ever. Default: the cache's. */
  readonly ttlMs?: number | undefined;
  /** How long after that it may be given out while somebody computes a new one, in milliseconds. Default: the cache's. */
  readonly staleMs?: number | undefined;
}

/** How a shared cache is made. */
export interface SharedCacheOptions<S extends CacheSchema> extends ParticipantsOptions, TtlOptions {
  /**
   * Memory for entries in bytes, keys and all that is known of them included, 8 KiB to 4080 MiB. Default 64 MiB. Really
   * allocated at creation; ignored when the cache exists.
   */
  readonly capacityBytes?: number | undefined;
  /** What the values are. Default `json`. */
  readonly value?: S | undefined;
  /** `"persistent"` keeps it when nobody holds it. Default `"held"`. Ignored when the cache exists. */
  readonly lifetime?: "held" | "persistent" | undefined;
}

/** How a value is read. */
export interface GetOptions {
  /** Whether a value is given that is fresh no more and may still be used. Default false. */
  readonly allowStale?: boolean | undefined;
}

/** Their names. */
export const CACHE_OPTIONS: OptionNames<SharedCacheOptions<CacheSchema>> = {
  capacityBytes: true,
  value: true,
  ttlMs: true,
  staleMs: true,
  lifetime: true,
  maxParticipants: true,
};

const GET_OPTIONS: OptionNames<GetOptions> = { allowStale: true };
const TTL_OPTIONS: OptionNames<TtlOptions> = { ttlMs: true, staleMs: true };

/** The longest time for which a value may be stale: what 32 bits of milliseconds hold, 49 days. */
const STALE_MS_MAX = 2 ** 32 - 1;

/** Checked times. */
export interface Ttl {
  readonly ttlMs: number;
  readonly staleMs: number;
}

/** What is so for a cache that says nothing. */
export const FOR_EVER: Ttl = { ttlMs: Infinity, staleMs: 0 };

/**
 * Checks the times of a value.
 *
 * @param options What was given.
 * @param defaults What is so where nothing was.
 * @throws {RangeError} `ERR_OUT_OF_RANGE` for a `ttlMs` of 0 or less: it would be over at once, or never.
 */
export function checkTtl(options: TtlOptions | undefined, defaults: Ttl): Ttl {
  if (options === undefined) return defaults;
  checkOptions("options", options, TTL_OPTIONS);
  return ttlOf(options, defaults);
}

/** The same for options that have others beside. */
export function ttlOf({ ttlMs, staleMs }: TtlOptions, defaults: Ttl): Ttl {
  return {
    ttlMs: ttlMs === undefined ? defaults.ttlMs : checkTtlMs("options.ttlMs", ttlMs),
    staleMs:
      staleMs === undefined
        ? defaults.staleMs
        : Math.ceil(checkNumber("options.staleMs", staleMs, 0, STALE_MS_MAX)),
  };
}

function checkTtlMs(name: string, ttlMs: number): number {
  if (typeof ttlMs !== "number") throw invalidType(name, "a number", ttlMs);
  if (ttlMs > 0) return ttlMs;
  throw outOfRange(name, "> 0 milliseconds (delete() forgets a value at once)", ttlMs);
}

/** Whether a read takes what is stale. */
export function allowsStale(options: GetOptions | undefined): boolean {
  if (options === undefined) return false;
  const { allowStale = false } = checkOptions("options", options, GET_OPTIONS);
  return checkBoolean("options.allowStale", allowStale);
}
