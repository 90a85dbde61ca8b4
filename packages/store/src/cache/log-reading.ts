/**
 * Reading a shard without its lock, and without leaving a trace in it but the mark that says "visited".
 *
 * Entries never change while they can be found, but for numbers, which are one store of 8 bytes. So a reader follows the
 * chain of a bucket, copies what it finds, and then looks whether the tail has passed it: if not, all that it has read was
 * the entry. A writer that is stopped or dies holds up no reader, wherever it was.
 *
 * What is not found may have been written again at the head of the chain behind the reader's back, and be taken out of its
 * end: whoever comes to an end in vain looks whether the bucket still leads to where it began.
 *
 * @module
 */
import type { Words } from "@isthmus/ipc/internal";
import {
  BUCKET,
  BUCKET_WORDS,
  CONTROL,
  ENTRY,
  HEADER_UNITS,
  KIND,
  logWordOf,
  META,
  SHARD,
  type ShardShape,
  UNIT_BYTES,
  UNIT_WORDS,
} from "./shard-layout.ts";

/** No position. */
export const NONE = 0;

/** A key as shards know it. */
export interface Key {
  readonly hash: number;
  /** As in an entry's `meta`: bytes of the key and space. */
  readonly meta: number;
  /** The bytes, zero-padded to a multiple of 8. */
  readonly words: Int32Array;
  readonly wordCount: number;
}

/** What moves values. Offsets are words of the segment. */
export interface Bodies {
  number(word: number): number;
  setNumber(word: number, value: number): void;
  copyIn(word: number, source: Int32Array, lengthBytes: number): void;
  copyOut(word: number, target: Int32Array, lengthBytes: number): void;
  move(from: number, to: number, wordCount: number): void;
}

/**
 * How often a reader begins again. Each time somebody has written an entry of the same bucket meanwhile, or a whole log,
 * so that more than a few times in a row mean that somebody writes nonsense.
 */
const TRIES_MAX = 10_000;

/** A shard as readers see it. Positions are untrusted: none leads out of the log. */
export class LogReading {
  protected readonly words: Words;
  protected readonly base: number;
  protected readonly log: number;
  protected readonly mask: number;
  protected readonly bucketMask: number;

  /**
   * @param words The segment.
   * @param base Word at which the shard begins.
   * @param shape Its shape; both numbers are powers of two.
   */
  constructor(words: Words, base: number, shape: ShardShape) {
    this.words = words;
    this.base = base;
    this.log = base + logWordOf(shape);
    this.mask = shape.logUnits - 1;
    this.bucketMask = shape.bucketCount - 1;
  }

  /**
   * Finds an entry. What is read of it counts once {@link isWhole} has said so afterwards.
   *
   * @returns Its position, or {@link NONE}.
   */
  lookUp(key: Key): number {
    const { words } = this;
    const bucket = this.bucketOf(key.hash) + BUCKET.newest;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const newest = words.glance(bucket);
      words.acquire();
      let at = newest;
      while (at !== NONE) {
        const word = this.wordOf(at);
        if (this.isOf(word, key)) return at;
        const older = words.get(word + ENTRY.older);
        if (!this.isWhole(at)) break;
        // Chains lead back in time: one that does not was not written by us, and has no end.
        if (older !== NONE && ((at - older) | 0) <= 0) return NONE;
        at = older;
      }
      if (at !== NONE) continue;
      words.acquire();
      if (words.glance(bucket) === newest) return NONE;
    }
    return NONE;
  }

  /** Whether what was read of an entry until now was the entry: the tail has not passed it. */
  isWhole(at: number): boolean {
    const { words } = this;
    words.acquire();
    return ((at - words.glance(this.base + SHARD.tail)) | 0) >= 0;
  }

  /** Notes that an entry was of use. May be lost, and then the entry is dropped a little earlier. */
  visit(hash: number): void {
    const { words } = this;
    const visited = this.bucketOf(hash) + BUCKET.visited;
    const marks = words.glance(visited);
    const mark = markOf(hash);
    // Looked at first: a store takes the cache line away from everybody else who reads here.
    if ((marks & mark) === 0) words.set(visited, marks | mark);
  }

  /** The word at which the next record will begin; a hint for who has not the lock. */
  get headWord(): number {
    return this.wordOf(this.words.glance(this.base + SHARD.head));
  }

  /** The word at which a record begins. */
  wordOf(at: number): number {
    return this.log + (at & this.mask) * UNIT_WORDS;
  }

  /**
   * The word at which an entry's value begins.
   *
   * @param meta The entry's.
   */
  valueWordOf(word: number, meta: number): number {
    return word + ENTRY.key + paddedWords(meta & META.keyBytesMask);
  }

  /** Whether so many bytes from a word on are within the log. */
  holds(word: number, lengthBytes: number): boolean {
    return (word - this.log) * 4 + lengthBytes <= (this.mask + 1) * UNIT_BYTES;
  }

  /** The positions of a bucket's entries; undefined when the tail has passed one of them meanwhile. */
  chainOf(bucket: number): number[] | undefined {
    const { words } = this;
    const chain: number[] = [];
    const newest = this.base + SHARD.buckets + bucket * BUCKET_WORDS + BUCKET.newest;
    const first = words.glance(newest);
    words.acquire();
    for (let at = first; at !== NONE; ) {
      const older = words.get(this.wordOf(at) + ENTRY.older);
      if (!this.isWhole(at)) return undefined;
      chain.push(at);
      if (older !== NONE && ((at - older) | 0) <= 0) break;
      at = older;
    }
    words.acquire();
    return words.glance(newest) === first ? chain : undefined;
  }

  /** Units of the entry at a position; 0 when it can be none: it does not end within the log, or says what it cannot. */
  unitsAt(at: number): number {
    const { words } = this;
    const word = this.wordOf(at);
    const control = words.get(word + ENTRY.control);
    const units = control & CONTROL.unitsMask;
    const keyUnits = paddedWords(words.get(word + ENTRY.meta) & META.keyBytesMask) / UNIT_WORDS;
    const valueUnits = Math.ceil((words.get(word + ENTRY.valueBytes) >>> 0) / 8);
    const isEntry = control >>> CONTROL.kindShift === KIND.entry;
    const isInside = units <= this.mask + 1 - (at & this.mask);
    return isEntry && isInside && units === HEADER_UNITS + keyUnits + valueUnits ? units : 0;
  }

  protected bucketOf(hash: number): number {
    return this.base + SHARD.buckets + (hash & this.bucketMask) * BUCKET_WORDS;
  }

  /** Whether an entry is of a key. */
  protected isOf(word: number, key: Key): boolean {
    const { words } = this;
    if (words.get(word + ENTRY.hash) !== key.hash) return false;
    if ((words.get(word + ENTRY.meta) & META.sameKeyMask) !== key.meta) return false;
    const own = key.words;
    const start = word + ENTRY.key;
    for (let i = 0; i < key.wordCount; i++) {
      if (words.get(start + i) !== own[i]) return false;
    }
    return true;
  }
}

/** The bit of `visited` for a hash: by others of its bits than those that choose the shard and the bucket. */
export function markOf(hash: number): number {
  return 1 << ((hash >>> 21) & 31);
}

/** Words of so many bytes, padded to whole units. */
function paddedWords(bytes: number): number {
  return ((bytes + 7) >>> 3) * UNIT_WORDS;
}
