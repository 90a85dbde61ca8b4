/**
 * Opening a cache whose program is not known: what its values are stands in the segment.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { bytes, type CacheInfo, json, type SegmentInfo, type StructSchema } from "@isthmus/ipc";
import { kindName } from "@isthmus/ipc/internal";
import { type CacheSchema, SharedCache } from "@isthmus/store";
import { lookAt, openHeld, structIn } from "../segments/open-held.ts";

/** A segment that is a cache. */
export type CacheSegmentInfo = SegmentInfo & { readonly cache: CacheInfo };

/** A cache that this process has opened. */
export interface OpenCache extends Disposable {
  readonly cache: SharedCache<CacheSchema>;
  readonly mode: "json" | "bytes" | "struct";
  /** The struct that its values are; undefined for bytes and JSON. */
  readonly struct: StructSchema | undefined;
}

/**
 * Looks at a cache without opening it.
 *
 * @throws {NotFoundError} When nothing has the name.
 * @throws {CorruptSegmentError} When it is something else than a cache.
 */
export function lookAtCache(name: string): CacheSegmentInfo {
  const info = lookAt(name);
  const { cache } = info;
  if (cache !== undefined) return { ...info, cache };
  throw new CorruptSegmentError(
    `Cannot use "${name}": its kind must be cache: found ${kindName(info)}`,
  );
}

/**
 * Opens a cache, whatever its values are.
 *
 * @throws {NotFoundError} When nothing has the name, or a crash has left behind what has it.
 * @throws {CorruptSegmentError} When it is something else than a cache, or does not say what its values are.
 */
export function openCache(name: string): OpenCache {
  lookAtCache(name);
  const struct = structIn(name, "values");
  if (struct !== undefined) return opened(open(name, struct), "struct", struct);
  try {
    return opened(open(name, json), "json");
  } catch (error) {
    // Its values are no structs: so they are bytes, or it is damaged, which the next attempt says.
    if (!(error instanceof CorruptSegmentError)) throw error;
    return opened(open(name, bytes), "bytes");
  }
}

function opened(
  cache: SharedCache<CacheSchema>,
  mode: OpenCache["mode"],
  struct?: StructSchema,
): OpenCache {
  return { cache, mode, struct, [Symbol.dispose]: () => cache.dispose() };
}

function open(name: string, value: CacheSchema): SharedCache<CacheSchema> {
  return openHeld(name, () => SharedCache.openExisting<CacheSchema>(name, { value }));
}
