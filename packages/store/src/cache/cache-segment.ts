/**
 * The segment of a shared cache: how it is opened, and what must be right in it.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { checkInteger, checkOneOf, type NamedFile, SECTION } from "@isthmus/core/internal";
import {
  MUTEX,
  machineStart,
  type OpenVerb,
  type SchemaShape,
  Segment,
  type SegmentMemory,
  STRATEGY,
  schemaSections,
  sharedPlaces,
} from "@isthmus/ipc/internal";
import {
  CACHE,
  CACHE_HEADER_BYTES,
  CAPACITY_BYTES_MAX,
  CAPACITY_BYTES_MIN,
  type CacheShape,
  COUNTS_BYTES,
  cacheShape,
  shapeOfCapacity,
} from "./cache-layout.ts";
import type { CacheSchema, SharedCacheOptions } from "./cache-options.ts";

/** Cells for locks: a shard has the one of its number modulo so many. */
export const LOCK_CELLS = 8;
/** Cells for the ends of computations, behind those; as many. */
export const FLIGHT_CELLS = 8;
/** The cell that is woken by every change, once somebody watches. */
export const CHANGE_CELL: number = LOCK_CELLS + FLIGHT_CELLS;

const CELL_COUNT = CHANGE_CELL + 1;
const DEFAULT_CAPACITY_BYTES = 2 ** 26;
const LIFETIMES = ["held", "persistent"] as const;

/** Creates or opens the segment of a cache. */
export function openCache<S extends CacheSchema>(
  verb: OpenVerb,
  name: string,
  schema: SchemaShape,
  options: Partial<SharedCacheOptions<S>>,
): Segment {
  const { capacityBytes = DEFAULT_CAPACITY_BYTES, lifetime = "held" } = options;
  checkInteger("options.capacityBytes", capacityBytes, CAPACITY_BYTES_MIN, CAPACITY_BYTES_MAX);
  checkOneOf("options.lifetime", lifetime, LIFETIMES);
  const shape = shapeOfCapacity(capacityBytes);
  const places = sharedPlaces(options);
  return new Segment(verb, {
    name,
    kind: "cache",
    cellCount: CELL_COUNT,
    sections: [
      {
        id: SECTION.state,
        length: CACHE_HEADER_BYTES + places.count * COUNTS_BYTES,
        isSizedByCreator: true,
      },
      {
        id: SECTION.data,
        length: shape.shardCount * shape.bytesPerShard,
        isSizedByCreator: true,
        check: (memory, file) => void readShape(memory, file),
      },
      ...schemaSections(schema.text),
    ],
    fingerprint: schema.fingerprint,
    schemaTexts: [schema.text],
    isPersistent: lifetime === "persistent",
    isGatherable: true,
    init: (memory) => initialise(memory, shape),
    role: "user",
    places,
  });
}

/**
 * The shape of a cache's shards, as its creator wrote it.
 *
 * @throws {CorruptSegmentError} When the sections are not as long as that takes.
 */
export function readShape(memory: SegmentMemory, { name }: Pick<NamedFile, "name">): CacheShape {
  const state = memory.section(SECTION.state);
  if (state.length < CACHE_HEADER_BYTES) {
    throw new CorruptSegmentError(`Cannot open "${name}": its state has ${state.length} bytes`);
  }
  const at = (field: number): number => memory.words.get(state.offset / 4 + field) >>> 0;
  const { length } = memory.section(SECTION.data);
  try {
    const shape = cacheShape(at(CACHE.shardCount), at(CACHE.logBytes));
    if (shape.shardCount * shape.bytesPerShard === length) return shape;
    throw new RangeError(`${shape.shardCount} shards of ${shape.bytesPerShard} bytes`);
  } catch (error) {
    throw new CorruptSegmentError(
      `Cannot open "${name}": its data must be whole shards: found ${length} bytes, ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function initialise(memory: SegmentMemory, shape: CacheShape): void {
  const { words } = memory;
  const state = memory.wordOf(SECTION.state);
  const [seed, factor] = crypto.getRandomValues(new Int32Array(2)) as unknown as [number, number];
  words.set(state + CACHE.seed, seed);
  words.set(state + CACHE.factor, factor | 1);
  words.set(state + CACHE.shardCount, shape.shardCount);
  words.set(state + CACHE.logBytes, shape.logBytes);
  const [low, high] = machineStart();
  words.set(state + CACHE.boot, low);
  words.set(state + CACHE.boot + 1, high);
  const data = memory.wordOf(SECTION.data);
  for (let shard = 0; shard < shape.shardCount; shard++) {
    words.set(data + (shard * shape.bytesPerShard) / 4 + MUTEX.strategy, STRATEGY.ownerWord);
  }
}
