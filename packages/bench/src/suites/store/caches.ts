/**
 * Values of 64 bytes by their keys: got, set, and numbers added to. Databases keep their files in memory, where the system has such
 * a place, and never wait for a disk: shared memory promises nothing about a power cut either.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { bytes, json } from "@isthmus/ipc";
import { SharedCache } from "@isthmus/store";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { SkipError } from "../../runner/suite.ts";
import { RedisConnection } from "../workers/redis-connection.ts";
import { redisAddress, startRedis } from "../workers/redis-server.ts";
import { KEY_COUNT, keyOf, shuffledKeys, sumOfValues, VALUE_BYTES, valueWith } from "./keys.ts";
import { mustAddUp, timePasses } from "./passes.ts";

const CAPACITY_BYTES = 16 << 20;

/** lmdb gathers writes into transactions; so many are awaited together. */
const LMDB_BATCH = 1000;

/** Of all keys, the part that a Redis is asked for in one pass: one of so many. */
const REDIS_PART = 10;

/** Requests to it that are timed together. */
const REDIS_CHUNK = 20;

/** How long values with a time are good, in milliseconds. */
const TTL_MS = 3_600_000;

/** All caches, asked and told. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  "get-cache": (context) => getFromCache(context, (cache, key) => cache.get(key)?.[0] ?? NaN),
  "get-into-cache": (context) => {
    const target = new Uint8Array(VALUE_BYTES);
    return getFromCache(context, (cache, key) => {
      cache.getInto(key, target);
      return target[0] as number;
    });
  },
  "get-ttl-cache": (context) =>
    getFromCache(context, (cache, key) => cache.get(key)?.[0] ?? NaN, TTL_MS),
  "get-lmdb": async (context) => {
    const database = await openLmdb(context, "get");
    const { keys, operations } = keysOf(context);
    let last: unknown;
    for (let i = 0; i < operations; i++) last = database.put(keyOf(i), valueWith(i));
    await last;
    return await measureGets(context, keys, operations, (key) => database.get(key)?.[0] ?? NaN);
  },
  "get-sqlite": async (context) => {
    const database = new Database(join(context.memoryDirectory, `cache-${process.pid}.sqlite`));
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = OFF");
    database.run("CREATE TABLE cache (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID");
    const write = database.prepare("REPLACE INTO cache VALUES (?, ?)");
    const read = database.prepare<{ readonly value: Uint8Array }, [string]>(
      "SELECT value FROM cache WHERE key = ?",
    );
    const { keys, operations } = keysOf(context);
    database.transaction(() => {
      for (let i = 0; i < operations; i++) write.run(keyOf(i), valueWith(i));
    })();
    return await measureGets(
      context,
      keys,
      operations,
      (key) => read.get(key)?.value[0] ?? NaN,
      10,
    );
  },
  "get-redis": getFromRedis,
  "get-map": async (context) => {
    const { keys, operations } = keysOf(context);
    const map = new Map(keys.map((_, i) => [keyOf(i), valueWith(i)]));
    return await measureGets(context, keys, operations, (key) => map.get(key)?.[0] ?? NaN);
  },
  "set-cache": async (context) => {
    using cache = SharedCache.createNew("bench-cache", CACHE);
    const { keys, operations } = keysOf(context);
    const value = valueWith(7);
    const run = (from: number, to: number): void => {
      for (let i = from; i < to; i++) cache.set(keys[i] as string, value);
    };
    const figure = await timePasses(context.sizes, { operations, run });
    mustAddUp(
      [...cache.entries()].reduce((sum, [, found]) => sum + found[0]!, 0),
      7 * operations,
    );
    return figure;
  },
  "set-lmdb": async (context) => {
    const database = await openLmdb(context, "set");
    const { keys, operations } = keysOf(context);
    const run = async (from: number, to: number): Promise<void> => {
      let last: Promise<unknown> | undefined;
      // A new array each time: it is written later.
      for (let i = from; i < to; i++) last = database.put(keys[i] as string, valueWith(7));
      await last;
    };
    const options = { operations, slowness: 5, run, chunk: LMDB_BATCH };
    const figure = await timePasses(context.sizes, options);
    mustAddUp(
      keys.reduce((sum, key) => sum + (database.get(key)?.[0] ?? NaN), 0),
      7 * operations,
    );
    return figure;
  },
  "increment-cache": async (context) => {
    using cache = SharedCache.createNew("bench-numbers", {
      capacityBytes: CAPACITY_BYTES,
      value: json<number>(),
    });
    const { keys, operations } = keysOf(context);
    let calls = 0;
    const run = (from: number, to: number): void => {
      calls += to - from;
      for (let i = from; i < to; i++) cache.increment(keys[i] as string);
    };
    const figure = await timePasses(context.sizes, { operations, run });
    mustAddUp(
      [...cache.entries()].reduce((sum, [, found]) => sum + found, 0),
      calls,
    );
    return figure;
  },
  "increment-lmdb": async (context) => {
    const database = await openLmdb(context, "numbers");
    const { keys, operations } = keysOf(context);
    const count = new Float64Array(1);
    const add = (key: string): void => {
      const found = database.get(key);
      count[0] = 1 + (found === undefined ? 0 : numberIn(found));
      void database.put(key, new Uint8Array(count.buffer.slice(0)));
    };
    let calls = 0;
    // The way that is fastest: each batch is one transaction, in which nobody else writes.
    const run = async (from: number, to: number): Promise<void> => {
      calls += to - from;
      await database.transaction(() => {
        for (let i = from; i < to; i++) add(keys[i] as string);
      });
    };
    const options = { operations, slowness: 5, run, chunk: LMDB_BATCH };
    const figure = await timePasses(context.sizes, options);
    mustAddUp(
      keys.reduce((sum, key) => sum + numberIn(database.get(key)!), 0),
      calls,
    );
    return figure;
  },
};

const CACHE = { capacityBytes: CAPACITY_BYTES, value: bytes } as const;

/**
 * The keys of a case, as strings of their own: those of a server come with requests. What they lead to was set in another order. A
 * trial of the suite itself needs few.
 */
function keysOf({ sizes, seed }: CaseContext): { keys: string[]; operations: number } {
  const operations = Math.min(KEY_COUNT, sizes.updates);
  return { keys: shuffledKeys(operations, seed), operations };
}

async function getFromCache(
  context: CaseContext,
  get: (cache: SharedCache<typeof bytes>, key: string) => number,
  ttlMs?: number,
): Promise<Figure> {
  using cache = SharedCache.createNew("bench-cache", { ...CACHE, ttlMs });
  const { keys, operations } = keysOf(context);
  for (let i = 0; i < operations; i++) cache.set(keyOf(i), valueWith(i));
  return await measureGets(context, keys, operations, (key) => get(cache, key));
}

async function measureGets(
  { sizes }: CaseContext,
  keys: readonly string[],
  operations: number,
  get: (key: string) => number,
  slowness = 1,
): Promise<Figure> {
  let sum = 0;
  const run = (from: number, to: number): void => {
    for (let i = from; i < to; i++) sum += get(keys[i] as string);
  };
  run(0, operations);
  mustAddUp(sum, sumOfValues(operations));
  const figure = await timePasses(sizes, { operations, slowness, run });
  mustAddUp(sum % sumOfValues(operations), 0);
  return figure;
}

/** One request after the other, each awaited, as what answers a request of somebody else does. */
async function getFromRedis(context: CaseContext): Promise<Figure> {
  const place = join(context.memoryDirectory, `cache-${process.pid}`);
  using _server = await startRedis(place);
  const redis = await RedisConnection.connect(redisAddress.socket(place));
  const { keys } = keysOf(context);
  await Promise.all(keys.map((_, i) => redis.send("SET", keyOf(i), valueWith(i))));
  const operations = Math.ceil(keys.length / REDIS_PART);
  const run = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i++) {
      const found = await redis.send("GET", keys[i] as string);
      if (found?.length !== VALUE_BYTES) throw new Error(`Redis answered ${found}`);
    }
  };
  const options = { operations, slowness: 10, run, chunk: REDIS_CHUNK };
  const figure = await timePasses(context.sizes, options);
  redis.close();
  return figure;
}

/** In the mode that its documentation recommends: asynchronous writes, gathered into transactions. */
async function openLmdb({ memoryDirectory }: CaseContext, name: string) {
  const { open } = await import("lmdb").catch((error: unknown) => {
    throw new SkipError(`lmdb cannot be loaded: ${error instanceof Error ? error.message : error}`);
  });
  const path = join(memoryDirectory, `${name}-${process.pid}.lmdb`);
  return open<Uint8Array, string>({ path, encoding: "binary" });
}

function numberIn({ buffer, byteOffset }: Uint8Array): number {
  return new DataView(buffer, byteOffset).getFloat64(0, true);
}
