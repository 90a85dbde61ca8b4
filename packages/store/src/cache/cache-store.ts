/**
 * The shards of an open cache, their locks, and what this handle counts.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import {
  MUTEX,
  machineStart,
  RecordMemory,
  type Segment,
  SharedWords,
  sharedClock,
  type WaitCell,
  type Words,
} from "@isthmus/ipc/internal";
import { OwnerLocks } from "../owner-locks.ts";
import { CACHE, CACHE_HEADER_BYTES, type CacheShape, COUNT, COUNTS_BYTES } from "./cache-layout.ts";
import { CHANGE_CELL, FLIGHT_CELLS, LOCK_CELLS, readShape } from "./cache-segment.ts";
import { FilledPages } from "./filled-pages.ts";
import { Flights } from "./flights.ts";
import { KeyText } from "./key-text.ts";
import { Shard } from "./shard.ts";
import { ENTRY, SHARD, UNIT_BYTES } from "./shard-layout.ts";
import { SharedBodies } from "./shared-bodies.ts";

const NS_PER_MS = 1e6;

/** The shards of a cache as one handle uses them. */
export class CacheStore {
  readonly segment: Segment;
  readonly shape: CacheShape;
  readonly shards: readonly Shard[];
  readonly flights: readonly Flights[];
  readonly bodies: SharedBodies;
  readonly words: Words;
  /** The words at which the shards begin. */
  readonly bases: readonly number[];
  readonly locks: OwnerLocks;
  readonly #pages: FilledPages;
  /** The key of the current call. */
  readonly key: KeyText;
  readonly #counts: Float64Array;
  readonly #cells: readonly WaitCell[];

  /** @param what What it is, for messages: "the cache". */
  constructor(segment: Segment, what: string) {
    this.segment = segment;
    const { memory } = segment;
    const state = memory.wordOf(SECTION.state);
    const { offset } = memory.section(SECTION.data);
    const bytes = memory.mapping.bytes(0, segment.superblock.totalBytes);
    const words = new SharedWords(bytes);
    this.words = words;
    this.shape = readShape(memory, segment);
    this.bodies = new SharedBodies(bytes);
    this.key = new KeyText(words.get(state + CACHE.seed), words.get(state + CACHE.factor));
    const clock = sharedClock();
    this.now = () => clock() / NS_PER_MS;
    this.bases = Array.from(
      { length: this.shape.shardCount },
      (_, index) => (offset + index * this.shape.bytesPerShard) / 4,
    );
    this.shards = this.bases.map((base) => new Shard(words, base, this.shape, this.bodies));
    this.flights = this.bases.map((base) => new Flights(words, base, segment.participants));
    this.locks = new OwnerLocks(segment, words, this.bases, LOCK_CELLS, what);
    this.#pages = new FilledPages(memory.mapping, offset, this.shape);
    this.#cells = Array.from({ length: CHANGE_CELL + 1 }, (_, index) => segment.cell(index));
    this.#counts = this.#ownCounts();
    this.#forgetOtherBoots(state);
  }

  /** The number of the shard of the current key. */
  get index(): number {
    return this.indexOf(this.key.hash);
  }

  /** The number of the shard of a hash. */
  indexOf(hash: number): number {
    return ((hash >>> 16) * this.shape.shardCount) >>> 16;
  }

  /** The time in milliseconds, on a clock that all processes share. */
  readonly now: () => number;

  /** Counts what this handle does. */
  count(what: keyof typeof COUNT): void {
    this.#counts[COUNT[what]]! += 1;
  }

  /** What everybody together has counted. */
  total(what: keyof typeof COUNT): number {
    const { offset, length } = this.segment.memory.section(SECTION.state);
    let total = this.segment.slot < 0 ? (this.#counts[COUNT[what]] as number) : 0;
    for (let at = CACHE_HEADER_BYTES; at + COUNTS_BYTES <= length; at += COUNTS_BYTES) {
      const count = this.bodies.number((offset + at) / 4 + COUNT[what] * 2);
      if (Number.isFinite(count) && count > 0) total += count;
    }
    return total;
  }

  /** A counter of each shard. */
  each(field: keyof typeof SHARD): number[] {
    return this.bases.map((base) => this.words.load(base + SHARD[field]) >>> 0);
  }

  /** The sum of a counter of all shards. */
  sum(field: keyof typeof SHARD): number {
    return this.each(field).reduce((sum, one) => sum + one, 0);
  }

  /** Bytes that the entries take. */
  get usedBytes(): number {
    return this.sum("usedUnits") * UNIT_BYTES;
  }

  /** Bytes that there are for entries. */
  get capacityBytes(): number {
    return this.shape.shardCount * this.shape.logBytes;
  }

  /**
   * Locks a shard. Whoever had it and died has left nothing half-done but counters, and at worst an entry twice.
   *
   * @throws {TimeoutError | SystemError} As {@link OwnerLocks.lock}.
   */
  lock(index: number): Shard {
    const shard = this.shards[index] as Shard;
    if (this.locks.lock(index) === "abandoned") shard.recover();
    return shard;
  }

  /** Unlocks a shard and wakes who waits for it. */
  unlock(index: number): void {
    this.locks.unlock(index);
    this.#pages.note(index, (this.shards[index] as Shard).headWord);
  }

  /** All of the segment, as records are read in it. */
  segmentMemory(): RecordMemory {
    const { memory, superblock } = this.segment;
    return new RecordMemory(memory.mapping.bytes(0, superblock.totalBytes));
  }

  /** Where one waits for the computations of a shard. */
  flightCell(index: number): WaitCell {
    return this.#cells[LOCK_CELLS + (index % FLIGHT_CELLS)] as WaitCell;
  }

  /** Wakes who waits for a computation of a shard. */
  wakeFlights(index: number): void {
    this.flightCell(index).wake();
  }

  /** Wakes who watches. */
  wakeWatchers(index: number): void {
    const base = this.bases[index] as number;
    if (this.words.get(base + SHARD.isWatched) !== 0) this.#cells[CHANGE_CELL]?.wake();
  }

  /** Whether an entry may be used at a time; what is read of it is checked by the caller. */
  isOver(word: number, allowStale: boolean): boolean {
    const freshUntil = this.bodies.number(word + ENTRY.freshUntil);
    if (freshUntil === Infinity) return false;
    const staleMs = allowStale ? this.words.get(word + ENTRY.staleMs) >>> 0 : 0;
    // What is no number was not written by us, and is over.
    return !(this.now() < freshUntil + staleMs);
  }

  #ownCounts(): Float64Array {
    const { memory, slot } = this.segment;
    const { offset, length } = memory.section(SECTION.state);
    const at = CACHE_HEADER_BYTES + slot * COUNTS_BYTES;
    if (slot < 0 || at + COUNTS_BYTES > length) return new Float64Array(COUNTS_BYTES / 8);
    const { buffer, byteOffset } = memory.mapping.bytes(offset + at, COUNTS_BYTES);
    return new Float64Array(buffer, byteOffset, COUNTS_BYTES / 8);
  }

  /** Empties what was cached before the machine began anew: its times mean nothing now. */
  #forgetOtherBoots(state: number): void {
    const { words } = this;
    const [low, high] = machineStart();
    const isSame =
      words.get(state + CACHE.boot) === low && words.get(state + CACHE.boot + 1) === high;
    if (isSame) return;
    for (const index of this.shards.keys()) {
      this.lock(index).clear();
      this.unlock(index);
    }
    words.set(state + CACHE.boot, low);
    words.set(state + CACHE.boot + 1, high);
  }
}

if (MUTEX.holder >= SHARD.head) throw new Error("shard: the lock overlaps the counters");
