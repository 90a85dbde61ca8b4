/**
 * A rate limiter in the shape in which `express-rate-limit` and `hono-rate-limiter` want their stores.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { outOfRange } from "@isthmus/core/internal";
import type { RateLimit, RateLimiter } from "../limiter/rate-limiter.ts";

/** What a store tells of a client. */
export interface ClientRateLimitInfo {
  /** Units that are taken now, or one more than there are when a request was refused. */
  readonly totalHits: number;
  /** When all units are back; of a request that was refused, when the next one is. */
  readonly resetTime: Date;
}

/** What a middleware tells its store of itself; what is not here does not matter. */
export interface RateLimitStoreOptions {
  readonly windowMs?: number | undefined;
  readonly limit?: unknown;
  readonly skipFailedRequests?: boolean | undefined;
  readonly skipSuccessfulRequests?: boolean | undefined;
}

/**
 * Makes a store for `express-rate-limit` or `hono-rate-limiter`, so that all processes of a server keep one limit. The middleware
 * must be given the limiter's own `limit` and `perMs` (as `windowMs`), or a function as `limit`.
 *
 * It limits as `RateLimiter` does: units come back one by one and not all at the end of a window. Requests that are refused
 * take none, so that who goes on asking is not kept out for longer.
 *
 * @param limiter Who counts; the middleware must have its limit and time.
 *
 * @example
 * ```ts
 * import { RateLimiter, rateLimitStore } from "@isthmus/store";
 *
 * using limiter = RateLimiter.createOrOpen("example-express", { limit: 100, perMs: 60_000 });
 * const store = rateLimitStore(limiter);
 * // app.use(rateLimit({ limit: 100, windowMs: 60_000, store }));
 * console.log(store.increment("1.2.3.4").totalHits); // 1
 * ```
 */
export function rateLimitStore(limiter: RateLimiter): RateLimitStore {
  return new RateLimitStore(limiter);
}

/** The store of {@link rateLimitStore}. */
export class RateLimitStore {
  /** That other processes see the same, for the checks of `express-rate-limit`. */
  readonly localKeys = false;
  readonly #limiter: RateLimiter;
  /**
   * The key of a request that was refused, for what follows from that request: middleware that leaves out requests by how they
   * ended takes some of those back that were refused (each package others), and says no more than the key.
   */
  readonly #refused = new AsyncLocalStorage<string | undefined>();
  #isLeavingOut = false;
  #mismatch: Error | undefined;

  constructor(limiter: RateLimiter) {
    this.#limiter = limiter;
  }

  /**
   * Called by the middleware with its options.
   *
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when it would limit otherwise than the limiter. Some middleware only logs
   * that, so every request is refused with the same error.
   */
  init({
    windowMs,
    limit,
    skipFailedRequests,
    skipSuccessfulRequests,
  }: RateLimitStoreOptions): void {
    const { limit: units, perMs } = this.#limiter;
    this.#isLeavingOut = skipFailedRequests === true || skipSuccessfulRequests === true;
    this.#mismatch = undefined;
    if (windowMs !== undefined && windowMs !== perMs) {
      this.#mismatch = outOfRange("options.windowMs", `the limiter's perMs, ${perMs}`, windowMs);
    } else if (typeof limit === "number" && limit !== units) {
      this.#mismatch = outOfRange("options.limit", `the limiter's, ${units}`, limit);
    }
    if (this.#mismatch !== undefined) throw this.#mismatch;
  }

  /** What a client has taken, without taking more; undefined when it has all its units. */
  get(key: string): ClientRateLimitInfo | undefined {
    const rate = this.#limiter.take(key, 0);
    return rate.resetAfterMs === 0 ? undefined : this.#info(rate);
  }

  /** Takes a unit. */
  increment(key: string): ClientRateLimitInfo {
    if (this.#mismatch !== undefined) throw this.#mismatch;
    const rate = this.#limiter.take(key);
    if (this.#isLeavingOut) this.#refused.enterWith(rate.allowed ? undefined : key);
    return this.#info(rate);
  }

  /** Gives a unit back: a request is not to count. One that was refused has none to give back. */
  decrement(key: string): void {
    if (this.#refused.getStore() !== key) this.#limiter.giveBack(key);
  }

  /** Gives a client all its units. */
  resetKey(key: string): void {
    this.#limiter.reset(key);
  }

  /** Gives all clients all their units, in every process. */
  resetAll(): void {
    this.#limiter.clear();
  }

  #info({ allowed, remaining, retryAfterMs, resetAfterMs }: RateLimit): ClientRateLimitInfo {
    const { limit } = this.#limiter;
    return {
      totalHits: allowed ? limit - remaining : limit + 1,
      resetTime: new Date(Date.now() + (allowed ? resetAfterMs : retryAfterMs)),
    };
  }
}
