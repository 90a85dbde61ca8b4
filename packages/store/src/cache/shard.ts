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
import { type Bodies, type Key, LogReading, markOf, NONE } from "./log-reading.ts";
import {
  BUCKET,
  BUCKET_WORDS,
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

/** A shard, as who has its lock changes it. */
export class Shard extends LogReading {
  /** The longest entry in units. */
  readonly unitsMax: number;
  readonly #bodies: Bodies;
  readonly #reserve: number;
  readonly #usedMax: number;
  /** The entry before the one that was found last in its chain. */
  #newer = NONE;
  /** Whether the tail has moved since the last fence. */
  #isReclaimed = false;

  constructor(words: Words, base: number, shape: ShardShape, bodies: Bodies) {
    super(words, base, shape);
    this.#bodies = bodies;
    this.unitsMax = shape.logUnits / ENTRY_PART;
    this.#reserve = shape.logUnits / RESERVE;
    this.#usedMax = Math.floor(shape.logUnits * USED_MAX);
  }

  /** Finds the entry of a key: its position, or {@link NONE}. */
  find(key: Key): number {
    return this.#findIn(key.hash, (word) => this.isOf(word, key));
  }

  /**
   * Writes an entry in the place of the one that its key has.
   *
   * @param nowMs The time, to know what is over.
   * @returns Its position.
   */
  put(key: Key, body: Body, nowMs: number): number {
    const units = entryUnits(key.meta & META.keyBytesMask, body.lengthBytes);
    this.#makeRoom(units, nowMs);
    const replaced = this.find(key);
    const at = this.#begin(units);
    this.#write(at, units | (KIND.entry << CONTROL.kindShift), key, body);
    this.#bodies.copyIn(this.valueWordOf(this.wordOf(at), key.meta), body.words, body.lengthBytes);
    this.#publish(at, units, key.hash, replaced);
    this.#count(
      replaced === NONE ? 1 : 0,
      units - (replaced === NONE ? 0 : this.unitsAt(replaced)),
    );
    return at;
  }

  /** Takes the entry of a key away; returns whether there was one. */
  remove(key: Key): boolean {
    const at = this.find(key);
    if (at === NONE) return false;
    this.#unlink(at);
    return true;
  }

  /** Writes down for those who watch what no entry says: that a key was deleted, or its number changed. */
  note(type: number, key: Key, nowMs: number): void {
    const { words } = this;
    if (words.get(this.base + SHARD.isWatched) === 0) return;
    const units = entryUnits(key.meta & META.keyBytesMask, 0);
    this.#makeRoom(units, nowMs);
    const at = this.#begin(units);
    const body = { type, words: EMPTY, lengthBytes: 0, freshUntil: 0, staleMs: 0 };
    this.#write(at, units | (KIND.note << CONTROL.kindShift), key, body);
    words.store(this.base + SHARD.head, (at + units) | 0);
  }

  /** Adds to the number that an entry has; one store of 8 bytes. */
  addTo(at: number, delta: number): number {
    const word = this.wordOf(at);
    const value = this.valueWordOf(word, this.words.get(word + ENTRY.meta));
    const sum = this.#bodies.number(value) + delta;
    this.#bodies.setNumber(value, sum);
    return sum;
  }

  /** Takes all entries away. */
  clear(): void {
    const { words, base } = this;
    for (let bucket = 0; bucket <= this.bucketMask; bucket++) {
      words.set(base + SHARD.buckets + bucket * BUCKET_WORDS + BUCKET.newest, NONE);
      words.set(base + SHARD.buckets + bucket * BUCKET_WORDS + BUCKET.visited, 0);
    }
    // Nobody may find what is about to be overwritten.
    words.fence();
    this.#moveTail(words.get(base + SHARD.head));
    words.set(base + SHARD.entries, 0);
    words.set(base + SHARD.usedUnits, 0);
  }

  /** Puts in order what an owner of the lock left when it died: an entry that is there twice, and the counters. */
  recover(): void {
    const { words, base } = this;
    words.set(base + SHARD.recoveries, words.get(base + SHARD.recoveries) + 1);
    let [entries, usedUnits] = [0, 0];
    for (let bucket = 0; bucket <= this.bucketMask; bucket++) {
      let newer = NONE;
      let at = words.get(base + SHARD.buckets + bucket * BUCKET_WORDS + BUCKET.newest);
      while (at !== NONE) {
        const units = this.#isInLog(at) ? this.unitsAt(at) : 0;
        const older = words.get(this.wordOf(at) + ENTRY.older);
        if (units === 0 || this.#isOutOfOrder(at, older)) {
          this.#reset();
          return;
        }
        if (this.#isFirstOfItsKey(at)) {
          entries++;
          usedUnits += units;
          newer = at;
        } else {
          words.store(this.wordOf(newer) + ENTRY.older, older);
        }
        at = older;
      }
    }
    words.set(base + SHARD.entries, entries);
    words.set(base + SHARD.usedUnits, usedUnits);
  }

  /** Finds the entry for which a test holds in the chain of a hash. */
  #findIn(hash: number, isMeant: (word: number, at: number) => boolean): number {
    const { words } = this;
    this.#newer = NONE;
    let at = words.get(this.bucketOf(hash) + BUCKET.newest);
    while (at !== NONE) {
      const word = this.wordOf(at);
      const older = words.get(word + ENTRY.older);
      if (!this.#isInLog(at) || this.#isOutOfOrder(at, older) || this.unitsAt(at) === 0) {
        this.#reset();
        return NONE;
      }
      if (isMeant(word, at)) return at;
      this.#newer = at;
      at = older;
    }
    return NONE;
  }

  #isFirstOfItsKey(at: number): boolean {
    const { words } = this;
    const word = this.wordOf(at);
    const hash = words.get(word + ENTRY.hash);
    const meta = words.get(word + ENTRY.meta) & META.sameKeyMask;
    const keyWords = this.valueWordOf(word, meta) - word - ENTRY.key;
    let other = words.get(this.bucketOf(hash) + BUCKET.newest);
    for (; other !== at && other !== NONE; other = words.get(this.wordOf(other) + ENTRY.older)) {
      const start = this.wordOf(other);
      let isSame =
        words.get(start + ENTRY.hash) === hash &&
        (words.get(start + ENTRY.meta) & META.sameKeyMask) === meta;
      for (let i = ENTRY.key; isSame && i < ENTRY.key + keyWords; i++) {
        isSame = words.get(start + i) === words.get(word + i);
      }
      if (isSame) return false;
    }
    return true;
  }

  /** Has at least so many units free behind the head, with what is needed to get to them. */
  #makeRoom(units: number, nowMs: number): void {
    const { words, base, mask } = this;
    for (let moves = 0; ; ) {
      const head = words.get(base + SHARD.head);
      const tail = words.get(base + SHARD.tail);
      const taken = (head - tail) | 0;
      const free = mask + 1 - taken;
      const needed = this.#neededAt(head, units);
      if (taken < 0 || free < 0) {
        this.#reset();
        continue;
      }
      if (taken === 0 || free >= needed + this.#reserve) return;
      if (free >= needed && moves === MOVES_MAX) return;
      const control = words.get(this.wordOf(tail) + ENTRY.control);
      const length = control & CONTROL.unitsMask;
      if (length === 0 || length > taken || length > mask + 1 - (tail & mask)) {
        this.#reset();
        return;
      }
      const isEntry = control >>> CONTROL.kindShift === KIND.entry;
      if (isEntry && this.#isFound(tail)) {
        const isMovable = moves < MOVES_MAX && free >= this.#neededAt(head, length);
        if (this.#release(tail, length, units, isMovable, nowMs)) moves++;
      }
      this.#moveTail((tail + length) | 0);
    }
  }

  /** Evicts the entry at the tail, or writes it again at the head; returns whether it did that. */
  #release(
    tail: number,
    length: number,
    needed: number,
    isMovable: boolean,
    nowMs: number,
  ): boolean {
    const { words, base } = this;
    const word = this.wordOf(tail);
    const endsAt = this.#bodies.number(word + ENTRY.freshUntil) + this.staleMsAt(word);
    const hash = words.get(word + ENTRY.hash);
    const visited = this.bucketOf(hash) + BUCKET.visited;
    const marks = words.get(visited);
    const isOver = nowMs >= endsAt;
    const isWanted =
      (marks & markOf(hash)) !== 0 || words.get(base + SHARD.usedUnits) + needed <= this.#usedMax;
    if (isOver || !isMovable || !isWanted) {
      this.#unlink(tail);
      const counter = base + (isOver ? SHARD.expirations : SHARD.evictions);
      words.set(counter, words.get(counter) + 1);
      return false;
    }
    const at = this.#begin(length);
    const copy = this.wordOf(at);
    this.#bodies.move(word, copy, length * UNIT_WORDS);
    words.set(copy + ENTRY.meta, words.get(copy + ENTRY.meta) | META.moved);
    words.set(visited, marks & ~markOf(hash));
    this.#publish(at, length, hash, tail);
    words.set(base + SHARD.moves, words.get(base + SHARD.moves) + 1);
    return true;
  }

  /** How long the value of an entry may be used after it is fresh no more. */
  staleMsAt(word: number): number {
    return this.words.get(word + ENTRY.staleMs) >>> 0;
  }

  /** Whether an entry can be found; then it is the one that was found last. */
  #isFound(at: number): boolean {
    const hash = this.words.get(this.wordOf(at) + ENTRY.hash);
    return this.#findIn(hash, (_, found) => found === at) !== NONE;
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
    if (this.#isReclaimed) words.fence();
    this.#isReclaimed = false;
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

  /** Lets an entry that is written be found, instead of another one of its key, which was found last. */
  #publish(at: number, units: number, hash: number, replaced: number): void {
    const { words } = this;
    const bucket = this.bucketOf(hash) + BUCKET.newest;
    const older = replaced === NONE ? NONE : words.get(this.wordOf(replaced) + ENTRY.older);
    const newer = this.#newer;
    const isNewest = replaced !== NONE && newer === NONE;
    words.set(this.wordOf(at) + ENTRY.older, isNewest ? older : words.get(bucket));
    // The head first: what can be found must never be behind it.
    words.store(this.base + SHARD.head, (at + units) | 0);
    words.store(bucket, at);
    // The old one last: who does not find it any more sees that the bucket has changed.
    if (replaced !== NONE && !isNewest) words.store(this.wordOf(newer) + ENTRY.older, older);
  }

  /** Takes the entry that was found last out of its chain. */
  #unlink(at: number): void {
    const { words } = this;
    const word = this.wordOf(at);
    const older = words.get(word + ENTRY.older);
    const link =
      this.#newer === NONE
        ? this.bucketOf(words.get(word + ENTRY.hash)) + BUCKET.newest
        : this.wordOf(this.#newer) + ENTRY.older;
    words.store(link, older);
    this.#count(-1, -this.unitsAt(at));
  }

  #moveTail(tail: number): void {
    this.words.store(this.base + SHARD.tail, tail);
    this.#isReclaimed = true;
  }

  #count(entries: number, units: number): void {
    const { words, base } = this;
    words.set(base + SHARD.entries, words.get(base + SHARD.entries) + entries);
    words.set(base + SHARD.usedUnits, words.get(base + SHARD.usedUnits) + units);
  }

  #isInLog(at: number): boolean {
    const { words, base, mask } = this;
    const head = words.get(base + SHARD.head);
    const taken = (head - words.get(base + SHARD.tail)) | 0;
    const behind = (head - at) | 0;
    return taken >= 0 && taken <= mask + 1 && behind > 0 && behind <= taken;
  }

  #isOutOfOrder(at: number, older: number): boolean {
    return older !== NONE && ((at - older) | 0) <= 0;
  }

  /** Something impossible was found: an empty shard is always right for a cache. */
  #reset(): void {
    const { words, base } = this;
    words.set(base + SHARD.resets, words.get(base + SHARD.resets) + 1);
    this.clear();
    this.#newer = NONE;
  }
}

/** The type of a value, by its entry's `meta`. */
export function typeOf(meta: number): number {
  return (meta >>> META.typeShift) & META.typeMask;
}
