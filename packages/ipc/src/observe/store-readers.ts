/**
 * Reading caches, rate limiters, tables, counters and live heads of journals from outside: figures only, no key, no value and
 * no file. Nobody's lock is taken meanwhile, so that figures which change together may differ by one.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import type { Figures } from "../figures/figure.ts";
import { SLOT_COUNT_MAX } from "../segment/participant-layout.ts";
import type { CACHE_FIGURES } from "../store-kinds/cache-figures.ts";
import type { COUNTERS_FIGURES } from "../store-kinds/counters-figures.ts";
import type { JOURNAL_FIGURES } from "../store-kinds/journal-figures.ts";
import type { LIMITER_FIGURES } from "../store-kinds/limiter-figures.ts";
import {
  BYTES_PER_BUCKET,
  CACHE,
  CACHE_HEADER_BYTES,
  COUNT,
  COUNTERS,
  COUNTS_BYTES,
  DROPPED,
  FOLLOWER,
  FOLLOWER_COUNT,
  FOLLOWER_NAME_BYTES,
  FOLLOWER_WORDS,
  HEAD,
  HEAD_BYTES,
  HEAD_PATH_BYTES,
  LIVES_OFFSET,
  LOCK_COUNT,
  limiterSchema,
  rowWords,
  SHARD,
  shapeOfLog,
  shardBytes,
  TABLE,
  TABLE_HEADER_BYTES,
  TABLE_STATE_BYTES,
  UNIT_BYTES,
} from "../store-kinds/store-layout.ts";
import type { TABLE_FIGURES } from "../store-kinds/table-figures.ts";
import { MUTEX, MUTEX_BYTES } from "../sync/mutex-layout.ts";
import type { KindDetails, KindSource } from "./kind-readers.ts";
import { participantOf } from "./participant-state.ts";
import type { ParticipantInfo } from "./segment-info.ts";
import { readState, StateBytes } from "./state-bytes.ts";

/** A cache at one moment. What users without a place have counted is not in it. */
export interface CacheInfo extends Figures<typeof CACHE_FIGURES.segment> {
  /** Entries of each shard. */
  readonly entriesByShard: readonly number[];
}

/** A rate limiter at one moment. */
export interface LimiterInfo extends Figures<typeof LIMITER_FIGURES.segment> {}

/** A table at one moment. */
export interface TableInfo extends Figures<typeof TABLE_FIGURES.segment> {}

/** Shared counters at one moment. */
export interface CountersInfo extends Figures<typeof COUNTERS_FIGURES.segment> {}

/** Somebody who follows a journal. */
export interface FollowerInfo extends Figures<typeof JOURNAL_FIGURES.follower> {
  readonly participant: ParticipantInfo;
  /** What it is called; empty for one without a name. */
  readonly name: string;
}

/** A journal at one moment, as those know it who have it open and share its live head. */
export interface JournalInfo extends Figures<typeof JOURNAL_FIGURES.segment> {
  /** Its directory, as its first user called it; empty where that is too long to tell. */
  readonly path: string;
  /** Those who live and follow it, in no order. */
  readonly followers: readonly FollowerInfo[];
}

/** No cache is made with more than 32 shards; of a segment that says it has thousands, so many are looked at. */
const SHARDS_MAX = 1024;
const LOG_BYTES_MAX = 2 ** 28;

const SHARD_COUNTERS = [
  "entries",
  "usedUnits",
  "evictions",
  "expirations",
  "recoveries",
  "resets",
] as const;
type Counter = (typeof SHARD_COUNTERS)[number];

/**
 * Describes a cache, or the rate limiter that is one by its layout.
 *
 * @throws {CorruptSegmentError} When the sizes in its header cannot be.
 */
export function readCache(source: KindSource): Pick<KindDetails, "cache" | "limiter"> {
  const { reader, fingerprint } = source;
  const state = readState(source, CACHE_HEADER_BYTES + SLOT_COUNT_MAX * COUNTS_BYTES);
  const shape = readShape(state, reader.lengthOf(SECTION.data));
  const { shardCount, logBytes } = shape;
  const shards = readShards(source, shape);
  const sum = (counter: Counter, most: number): number =>
    shards.reduce((all, shard) => all + Math.min(most, shard[counter]), 0);
  const wrapped = (counter: Counter): number => sum(counter, Infinity) % 2 ** 32;
  const total = (what: keyof typeof COUNT): number => totalOf(state, COUNT[what]);
  // Nothing that takes no unit can be an entry, and a log has only so many.
  const unitsMax = logBytes / UNIT_BYTES;
  const common = {
    evictions: wrapped("evictions"),
    recoveries: wrapped("recoveries"),
    bytes: sum("usedUnits", unitsMax) * UNIT_BYTES,
    capacityBytes: shardCount * logBytes,
  };
  const [hits, misses] = [total("hits"), total("misses")];
  const entries = sum("entries", unitsMax);
  if (fingerprint === limiterSchema().fingerprint.hex) {
    return { limiter: { allowed: hits, denied: misses, keys: entries, ...common } };
  }
  const staleHits = total("staleHits");
  const found = hits + staleHits;
  return {
    cache: {
      hits,
      misses,
      staleHits,
      hitRatio: found === 0 ? 0 : found / (found + misses),
      sets: total("sets"),
      deletes: total("deletes"),
      computes: total("computes"),
      computeErrors: total("computeErrors"),
      waits: total("waits"),
      ...common,
      expirations: wrapped("expirations"),
      resets: wrapped("resets"),
      entries,
      shards: shardCount,
      entriesByShard: shards.map((shard) => Math.min(unitsMax, shard.entries)),
    },
  };
}

/**
 * Describes a table.
 *
 * @throws {CorruptSegmentError} When its rows cannot be as many as it says.
 */
export function readTable(source: KindSource): TableInfo {
  const state = readState(source, TABLE_STATE_BYTES);
  const [rows, rowBytes] = [state.word(TABLE.rowCount), state.word(TABLE.rowBytes)];
  if (rows === 0 || rows * rowWords(rowBytes) * 4 !== source.reader.lengthOf(SECTION.data)) {
    throw state.corrupt(`it cannot have ${rows} rows of ${rowBytes} bytes`);
  }
  let updates = 0;
  for (let lock = 0; lock < LOCK_COUNT; lock++) {
    const at = (TABLE_HEADER_BYTES + lock * MUTEX_BYTES) / 4 + MUTEX.acquisitions;
    updates = (updates + state.word(at)) % 2 ** 32;
  }
  return { rows, rowBytes, updates };
}

/**
 * Describes shared counters.
 *
 * @throws {CorruptSegmentError} When its columns cannot be as long as it says.
 */
export function readCounters(source: KindSource): CountersInfo {
  const { reader, name } = source;
  const state = readState(source, LIVES_OFFSET + SLOT_COUNT_MAX * 4);
  const dataBytes = reader.lengthOf(SECTION.data);
  const isLength = (bytes: number): boolean => bytes > 0 && dataBytes % bytes === 0;
  const columnBytes = state.chosen(COUNTERS.columnBytes, "column", isLength);
  const places = Math.min(SLOT_COUNT_MAX, dataBytes / columnBytes - 1);
  let dropped = 0;
  for (let slot = 0; slot < places; slot++) {
    // A column without a life has never been anybody's.
    if (state.word(LIVES_OFFSET / 4 + slot) === 0) continue;
    const at = (slot + 1) * columnBytes + DROPPED * 8;
    dropped += new StateBytes(reader.peek(SECTION.data, at, 8), name).count(0);
  }
  return {
    series: Math.min(columnBytes / 8, state.word(COUNTERS.series)),
    dropped: Math.min(dropped, Number.MAX_SAFE_INTEGER),
    bytes: Math.min(columnBytes, state.word(COUNTERS.numbers) * 8),
    capacityBytes: columnBytes,
  };
}

/** Describes a journal. */
export function readJournal(source: KindSource): JournalInfo {
  const { participants } = source;
  const state = readState(source, HEAD_BYTES);
  const at = (word: number): number => state.count(word * 4);
  const [lastSequence, synced] = [at(HEAD.lastSequence), at(HEAD.synced)];
  const syncedSequence = Math.min(synced, lastSequence);
  const followers = Array.from({ length: FOLLOWER_COUNT }, (_, index): FollowerInfo[] => {
    const base = HEAD.followers + index * FOLLOWER_WORDS;
    const participant = participantOf(state.slot(base + FOLLOWER.owner), participants);
    // Who has died follows no more, and its place is cleared by whoever takes it next.
    if (!participant?.isAlive) return [];
    const position = at(base + FOLLOWER.position);
    const called = state.paddedText(base + FOLLOWER.name, FOLLOWER_NAME_BYTES);
    return [{ participant, name: called, position, lag: Math.max(0, lastSequence - position) }];
  });
  return {
    records: at(HEAD.records),
    bytes: at(HEAD.bytes),
    lastSequence,
    syncedSequence,
    unsynced: lastSequence - syncedSequence,
    firstSequence: at(HEAD.first),
    segments: at(HEAD.segments),
    diskBytes: at(HEAD.diskBytes),
    path: state.text(HEAD.path, Math.min(state.word(HEAD.pathBytes), HEAD_PATH_BYTES)),
    followers: followers.flat(),
  };
}

interface Shape {
  readonly shardCount: number;
  readonly logBytes: number;
  readonly bytesPerShard: number;
}

function readShape(state: StateBytes, dataBytes: number): Shape {
  const isLog = (bytes: number): boolean =>
    bytes >= BYTES_PER_BUCKET && bytes <= LOG_BYTES_MAX && (bytes & (bytes - 1)) === 0;
  const logBytes = state.chosen(CACHE.logBytes, "log", isLog);
  const bytesPerShard = shardBytes(shapeOfLog(logBytes));
  const isCount = (count: number): boolean => count > 0 && count * bytesPerShard === dataBytes;
  const shardCount = state.chosen(CACHE.shardCount, "number of shards", isCount);
  return { shardCount, logBytes, bytesPerShard };
}

/** The counters of each shard, a read of its own each: the logs between them are not looked at. */
function readShards({ reader }: KindSource, shape: Shape): Record<Counter, number>[] {
  const first = SHARD.entries;
  const lengthBytes = (SHARD.resets - first + 1) * 4;
  return Array.from({ length: Math.min(shape.shardCount, SHARDS_MAX) }, (_, index) => {
    const offset = index * shape.bytesPerShard + first * 4;
    const view = new DataView(reader.peek(SECTION.data, offset, lengthBytes).buffer);
    const counters = SHARD_COUNTERS.map((one) => [
      one,
      view.getUint32((SHARD[one] - first) * 4, true),
    ]);
    return Object.fromEntries(counters) as Record<Counter, number>;
  });
}

/** What all participants have counted; what no counter can be is 0. */
function totalOf(state: StateBytes, count: number): number {
  let total = 0;
  for (let at = CACHE_HEADER_BYTES; at + COUNTS_BYTES <= state.lengthBytes; at += COUNTS_BYTES) {
    total += state.count(at + count * 8);
  }
  return Math.min(total, Number.MAX_SAFE_INTEGER);
}
