/**
 * What a server keeps between requests: for itself, or together with the other processes on its port.
 *
 * @module
 */
import { json } from "@isthmus/ipc";
import { RateLimiter, SharedCache } from "@isthmus/store";

const MINUTE_MS = 60_000;

/** What a server keeps between requests. */
export interface State extends Disposable {
  /** Whether one more request of this client is answered. */
  allows(client: string): boolean;
  /** The page, rendered at most once while it is good. */
  page(path: string, render: () => Promise<string>): Promise<string>;
}

/**
 * State of all processes together.
 *
 * @param limit How many requests of one client are answered in a minute.
 */
export function sharedState(limit: number): State {
  const cache = SharedCache.createOrOpen("example-pages", {
    value: json<string>(),
    ttlMs: MINUTE_MS,
    capacityBytes: 16 << 20,
  });
  const limiter = RateLimiter.createOrOpen("example-clients", { limit, perMs: MINUTE_MS });
  return {
    allows: (client) => limiter.take(client).allowed,
    page: (path, render) => cache.getOrCompute(path, render),
    [Symbol.dispose]: () => {
      cache.dispose();
      limiter.dispose();
    },
  };
}

/** State of this process alone, as every process has it without shared memory. */
export function ownState(limit: number): State {
  const pages = new Map<string, Promise<string>>();
  const counts = new Map<string, number>();
  return {
    allows: (client) => {
      const count = (counts.get(client) ?? 0) + 1;
      counts.set(client, count);
      return count <= limit;
    },
    page: (path, render) => {
      const page = pages.get(path) ?? render();
      pages.set(path, page);
      return page;
    },
    [Symbol.dispose]: () => undefined,
  };
}
