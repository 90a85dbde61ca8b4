/**
 * Changing a shard. Its caller has the shard's lock.
 *
 * An entry is written behind the head, the head moves over it, and one store makes it the newest of its bucket: a writer that
 * dies before that store has changed nothing that anybody sees, and one that dies after it nothing that is wrong. The
 * log is the only storage: room comes from the tail, which drops what nobody can find any more, and what is there too long.
 * What is of use is written again at the head instead (second chance, as CLOCK has it): what was visited, and everything
 * while there is more room taken by what cannot be found than there should be.
 *
 * @module
 */
import type { Words } from "@isthmus/ipc/internal";
import { type Bodies, type Key, markOf, NONE } from "./log-reading.ts";
import { ShardChains } from "./shard-chains.ts";
import {
  BUCKET,
  CONTROL,
  ENTRY,
  entryUnits,
  KIND,
  META,
  SHARD,
  type ShardShape,
  UNIT_WORDS,
} from "./shard-layout.ts";

/** What is written. */
export interface Body {
  /** A number of {@link TYPE}. */
  readonly type: number;
  readonly words: Int32Array;
  readonly lengthBytes: number;
  /** On the machine's monotonic clock, in milliseconds. */
  readonly freshUntil: number;
  readonly staleMs: number;
}

/** How many entries are written again for one that is new: what a change costs at most. */
const MOVES_MAX = 16;
/** Of the log, the part that is kept free to write entries again in: one of so many. */
const RESERVE = 16;
/** Of the log, how much entries that can be found may take before some are evicted. */
const USED_MAX = 13 / 16;
/** Of the log, the part that one entry may take at most: one of so many. */
const ENTRY_PART = 4;

const EMPTY = new Int32Array(0);

/** Tells the time in milliseconds, on the machine's monotonic clock. */
export type Clock = () => number;

/** A shard, as who has its lock changes it. */
export class Shard extends ShardChains {
  /** The longest entry in units. */
  readonly unitsMax: number;
  readonly #bodies: Bodies;
  readonly #reserve: number;
  readonly #usedMax: number;

  constructor(words: Words, base: number, shape: ShardShape, bodies: Bodies) {
    super(words, base, shape);
    this.#bodies = bodies;
    this.unitsMax = shape.logUnits / ENTRY_PART;
    this.#reserve = shape.logUnits / RESERVE;
    this.#usedMax = Math.floor(shape.logUnits * USED_MAX);
  }

  /**
   * Writes an entry in the place of the one that its key has.
   *
   * @param now Asked when something is in the way whose time may be over.
   * @returns Its position.
   */
  put(key: Key, body: Body, now: Clock): number {
    const units = entryUnits(key.meta & META.keyBytesMask, body.lengthBytes);
    this.#makeRoom(units, now);
    const replaced = this.find(key);
    const at = this.#begin(units);
    this.#write(at, units | (KIND.entry << CONTROL.kindShift), key, body);
    this.#bodies.copyIn(this.valueWordOf(this.wordOf(at), key.meta), body.words, body.lengthBytes);
    this.publish(at, units, key.hash, replaced);
    this.count(replaced === NONE ? 1 : 0, units - (replaced === NONE ? 0 : this.unitsAt(replaced)));
    return at;
  }

  /** Writes down for those who watch what no entry says: that a key was deleted, or its number changed. */
  note(type: number, key: Key, now: Clock): void {
    const { words } = this;
    if (words.get(this.base + SHARD.isWatched) === 0) return;
    const units = entryUnits(key.meta & META.keyBytesMask, 0);
    this.#makeRoom(units, now);
    const at = this.#begin(units);
    const body = { type, words: EMPTY, lengthBytes: 0, freshUntil: 0, staleMs: 0 };
    this.#write(at, units | (KIND.note << CONTROL.kindShift), key, body);
    words.store(this.base + SHARD.head, (at + units) | 0);
  }

  /** Adds to the number that an entry has, in one store of 8 bytes; not when the sum is finite no more. */
  addTo(at: number, delta: number): number {
    const word = this.wordOf(at);
    const value = this.valueWordOf(word, this.words.get(word + ENTRY.meta));
    const sum = this.#bodies.number(value) + delta;
    if (Number.isFinite(sum)) this.#bodies.setNumber(value, sum);
    return sum;
  }

  /** Has at least so many units free behind the head, with what is needed to get to them. */
  #makeRoom(units: number, now: Clock): void {
    const { words, base, mask } = this;
    for (let moves = 0; ; ) {
      const head = words.get(base + SHARD.head);
      const tail = words.get(base + SHARD.tail);
      const taken = (head - tail) | 0;
      const free = mask + 1 - taken;
      const needed = this.#neededAt(head, units);
      if (taken < 0 || free < 0) {
        this.reset();
        continue;
      }
      if (taken === 0 || free >= needed + this.#reserve) return;
      if (free >= needed && moves === MOVES_MAX) return;
      const control = words.get(this.wordOf(tail) + ENTRY.control);
      const length = control & CONTROL.unitsMask;
      if (length === 0 || length > taken || length > mask + 1 - (tail & mask)) {
        this.reset();
        return;
      }
      const isEntry = control >>> CONTROL.kindShift === KIND.entry;
      if (isEntry && this.isFound(tail)) {
        const isMovable = moves < MOVES_MAX && free >= this.#neededAt(head, length);
        if (this.#release(tail, length, units, isMovable, now)) moves++;
      }
      this.moveTail((tail + length) | 0);
    }
  }

  /** Evicts the entry at the tail, or writes it again at the head; returns whether it did that. */
  #release(tail: number, length: number, needed: number, isMovable: boolean, now: Clock): boolean {
    const { words, base } = this;
    const word = this.wordOf(tail);
    const endsAt = this.#bodies.number(word + ENTRY.freshUntil) + this.staleMsAt(word);
    const hash = words.get(word + ENTRY.hash);
    const visited = this.bucketOf(hash) + BUCKET.visited;
    const marks = words.get(visited);
    const isOver = endsAt !== Infinity && now() >= endsAt;
    const isWanted =
      (marks & markOf(hash)) !== 0 || words.get(base + SHARD.usedUnits) + needed <= this.#usedMax;
    if (isOver || !isMovable || !isWanted) {
      this.unlink(tail);
      const counter = base + (isOver ? SHARD.expirations : SHARD.evictions);
      words.set(counter, words.get(counter) + 1);
      return false;
    }
    const at = this.#begin(length);
    const copy = this.wordOf(at);
    this.#bodies.move(word, copy, length * UNIT_WORDS);
    words.set(copy + ENTRY.meta, words.get(copy + ENTRY.meta) | META.moved);
    words.set(visited, marks & ~markOf(hash));
    this.publish(at, length, hash, tail);
    words.set(base + SHARD.moves, words.get(base + SHARD.moves) + 1);
    return true;
  }

  /** How long the value of an entry may be used after it is fresh no more. */
  staleMsAt(word: number): number {
    return this.words.get(word + ENTRY.staleMs) >>> 0;
  }

  /** Units from the head to the end of a record of so many units: no record goes over the end of the log. */
  #neededAt(head: number, units: number): number {
    return ((this.#startAt(head, units) - head) | 0) + units;
  }

  #startAt(head: number, units: number): number {
    const toEnd = this.mask + 1 - (head & this.mask);
    const start = toEnd < units ? (head + toEnd) | 0 : head;
    return start === NONE ? 1 : start;
  }

  /** Goes to where a record of so many units begins, writing padding on the way. */
  #begin(units: number): number {
    const { words, base } = this;
    const head = words.get(base + SHARD.head);
    if (this.isReclaimed) words.fence();
    this.isReclaimed = false;
    const start = this.#startAt(head, units);
    const first = start === 1 ? -head | 0 : (start - head) | 0;
    if (first > 0) words.set(this.wordOf(head), first | (KIND.padding << CONTROL.kindShift));
    if (start === 1) words.set(this.wordOf(NONE), 1 | (KIND.padding << CONTROL.kindShift));
    return start;
  }

  #write(at: number, control: number, key: Key, body: Body): void {
    const { words } = this;
    const word = this.wordOf(at);
    words.set(word + ENTRY.control, control);
    words.set(word + ENTRY.older, NONE);
    words.set(word + ENTRY.hash, key.hash);
    words.set(word + ENTRY.meta, key.meta | (body.type << META.typeShift));
    words.set(word + ENTRY.valueBytes, body.lengthBytes);
    words.set(word + ENTRY.staleMs, body.staleMs);
    this.#bodies.setNumber(word + ENTRY.freshUntil, body.freshUntil);
    for (let i = 0; i < key.wordCount; i++) {
      words.set(word + ENTRY.key + i, key.words[i] as number);
    }
  }
}

/** The type of a value, by its entry's `meta`. */
export function typeOf(meta: number): number {
  return (meta >>> META.typeShift) & META.typeMask;
}
