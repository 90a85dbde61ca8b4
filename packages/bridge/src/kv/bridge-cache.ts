/**
 * Shared caches on several machines.
 *
 * @module
 */
import {
  checkName,
  checkNumber,
  checkOptions,
  checkString,
  invalidValue,
  type OptionNames,
} from "@isthmus/core/internal";
import type { json } from "@isthmus/ipc";
import { type CacheSchema, SharedCache, type SharedCacheOptions } from "@isthmus/store";
import { bucketPart } from "./bucket-key.ts";
import { CacheSide } from "./cache-side.ts";
import type { MirrorBridge } from "./mirror-bridge.ts";
import { type MirrorRole, START_OPTIONS, type StartOptions, startMirror } from "./start-mirror.ts";

/** After how long a bucket forgets values that nobody sets again, in milliseconds: a day. */
const MAX_AGE_MS = 86_400_000;
/** The shortest time that a server takes. */
const MAX_AGE_MS_MIN = 1000;

/** How a cache is bridged. */
export interface BridgeCacheOptions<S extends CacheSchema>
  extends StartOptions,
    Pick<SharedCacheOptions<S>, "value" | "capacityBytes"> {
  /**
   * `"both"` (default): what is set and deleted goes out and comes in. `"out"`: it only goes out. `"in"`: it only comes in, and what
   * is set here stays until the key is set elsewhere.
   */
  readonly role?: MirrorRole | undefined;
  /** Only keys that begin so. Default: all. */
  readonly prefix?: string | undefined;
  /** The bucket of the values. Default: `isthmus-cache-` and the name. */
  readonly bucket?: string | undefined;
  /**
   * After how long the bucket forgets a value that nobody sets again, in milliseconds, 1000 or more, or `Infinity`. Default: a day.
   * Caches that have it keep it for its own time; one that comes later does not get it. Counts for a bucket that is made.
   */
  readonly maxAgeMs?: number | undefined;
  /**
   * What becomes of a value that was set here while another machine's came to the server first. `"theirs"` (default): the other
   * one's replaces it. `"ours"`: it replaces the other one's.
   */
  readonly onConflict?: "theirs" | "ours" | undefined;
}

const OPTIONS: OptionNames<BridgeCacheOptions<CacheSchema>> = {
  ...START_OPTIONS,
  value: true,
  capacityBytes: true,
  role: true,
  prefix: true,
  bucket: true,
  maxAgeMs: true,
  onConflict: true,
};

/**
 * Mirrors a shared cache with a bucket of a server, and so with the cache of this name on every machine whose bridge does the same.
 * Programs use `SharedCache` as ever and know nothing of it: one process of each machine runs the bridge.
 *
 * **What goes over.** What is set, deleted, incremented or cleared, in the order of the bucket's revisions. Evictions and ends of times
 * do not: a cache that has lost an entry for want of room gets it again when somebody sets it. A value has the rest of its time
 * elsewhere, by the clocks of server and machine; where they differ, it is as much longer or shorter. Single flight, locks and
 * `increment` are atomic on one machine: two machines that increment one key at once are a conflict.
 *
 * **Not mirrored**, and counted in `metrics.refused`: values that are longer than the server's `max_payload` (1 MiB) less 1 KiB, keys
 * that have more than 2048 characters in a subject, and what other clients put into the bucket that is no value.
 *
 * @param name Of the cache, here unless `here` says otherwise; it is created if it is not there.
 * @param options The server, the kind of values as of `SharedCache`, and what becomes of conflicts.
 * @returns When what is in the bucket is here. The bridge lives until it is disposed.
 * @throws {SystemError | TimeoutError | NotSupportedError} When the server cannot be reached, or cannot be used.
 * @throws {CorruptSegmentError} When the cache, or the bucket, was made for other values.
 *
 * @example
 * ```ts no-run
 * import { bridgeCache } from "@isthmus/bridge";
 * import { SharedCache } from "@isthmus/store";
 *
 * await using bridge = await bridgeCache("pages", { server: "nats://10.0.0.1:4222" });
 * using pages = SharedCache.openExisting("pages");
 * pages.set("/", "<h1>Hello</h1>"); // on every machine, a moment later
 * ```
 */
export async function bridgeCache<S extends CacheSchema = typeof json>(
  name: string,
  options: BridgeCacheOptions<S> = {},
): Promise<MirrorBridge> {
  const checked = checkOptions("options", options, OPTIONS as OptionNames<typeof options>);
  const { prefix = "", maxAgeMs = MAX_AGE_MS, value, capacityBytes } = checked;
  checkString("options.prefix", prefix);
  if (maxAgeMs !== Infinity) {
    checkNumber("options.maxAgeMs", maxAgeMs, MAX_AGE_MS_MIN, Number.MAX_SAFE_INTEGER / 1e6);
  }
  if (typeof checked.onConflict === "function") {
    throw invalidValue("options.onConflict", `"theirs" or "ours"`, "a function");
  }
  const { bucket = `isthmus-cache-${bucketPart(name)}`, here = name } = checked;
  checkString("options.bucket", bucket);
  checkName(here);
  return await startMirror({
    name,
    here,
    source: "cache",
    options: checked,
    role: checked.role,
    bucket,
    rule: checked.onConflict,
    maxAgeMs,
    isMirrored: (key) => key.startsWith(prefix),
    open: () => new CacheSide(SharedCache.createOrOpen<S>(here, { value, capacityBytes }), bucket),
    fenced: undefined,
  });
}
