/**
 * Reading a ring of many subscribers as one for whom the publisher does not wait.
 *
 * Records are copied into private memory, many at a time, and then the publisher's announcement is looked at: what it
 * has not gone past is whole, and only that is ever decoded or handed out. Whoever finds itself lapped goes on with the
 * oldest record that is still there and counts exactly what it missed: positions are their numbers when all records
 * are of one size, and records of variable size carry theirs.
 *
 * @module
 */
import type { Words } from "../words.ts";
import { BROADCAST, checkLength, PLACE, writePosition } from "./broadcast-layout.ts";
import type { FixedReading, Start } from "./broadcast-reading.ts";
import { positionAt } from "./lane-layout.ts";

/**
 * How often a copy is begun anew that the publisher has overtaken. Each of them means that it has announced an eighth
 * of the ring meanwhile; who is still overtaken then has nothing to read at the moment.
 */
const COPY_ATTEMPTS_MAX = 64;

/** The part of a ring that is copied at a time at most, as a shift: less than is announced at a time. */
const CHUNK_SHIFT = 4;

/** Private memory that records are copied into. */
export interface PrivateCopy {
  /** Its words, for the headers of records of variable size. */
  readonly words: Int32Array;
  /** How many slots or units it has room for. */
  readonly length: number;
  /** Copies slots or units of the ring to its beginning. */
  copy(from: number, count: number): void;
  /** Makes it larger; what was in it is gone. */
  grow(length: number): void;
}

/** What lapped readers of all kinds of records have in common. */
export abstract class LappedReader {
  protected readonly words: Words;
  protected readonly base: number;
  /** Length of the ring, in slots or units. */
  protected readonly length: number;
  protected readonly memory: PrivateCopy;
  /** Position of the next record to be handed out, in full: the publisher may get ahead by more than 2^32. */
  protected next: number;
  readonly #place: number;
  /** How much is copied at a time. */
  readonly #chunk: number;
  #released: number;
  /** Where that began which was handed out last, and where it ended. */
  #from = 0;
  #to = -1;
  #lost = 0;
  #laps = 0;
  #corruptions = 0;

  constructor(
    words: Words,
    base: number,
    place: number,
    length: number,
    memory: PrivateCopy,
    { position }: Start,
  ) {
    this.words = words;
    this.base = base;
    this.length = length;
    this.memory = memory;
    this.#place = place;
    this.#chunk = Math.max(1, length >> CHUNK_SHIFT);
    this.next = position;
    this.#released = position;
  }

  get lost(): number {
    return this.#lost;
  }

  get laps(): number {
    return this.#laps;
  }

  get corruptions(): number {
    return this.#corruptions;
  }

  get unreleased(): number {
    return this.next - this.#released;
  }

  get position(): number {
    return this.next | 0;
  }

  /** The same in full. */
  get whole(): number {
    return this.next;
  }

  release(): boolean {
    return this.releaseTo(this.next);
  }

  releaseTo(position: number): boolean {
    // Whoever knows the position modulo 2^32 only means one that was handed out.
    const to = this.next - ((this.next - position) >>> 0);
    if (to === this.#released) return false;
    this.#released = to;
    writePosition(this.words, this.#place + PLACE.head, to);
    return true;
  }

  goTo(position: number): void {
    this.next = position;
    this.#to = -1;
    this.forget();
  }

  putBack(): boolean {
    // Elsewhere since: it has been lost, or is not to be trusted.
    if (this.next !== this.#to || this.#from < this.#released) return false;
    this.next = this.#from;
    return true;
  }

  /** Takes what comes next as handed out, up to a position. */
  protected handOut(to: number): void {
    this.#from = this.next;
    this.#to = to;
    this.next = to;
  }

  /** How many records there are between `next` and a position; undefined when the publisher has gone past that. */
  protected abstract countTo(position: number): number | undefined;

  /** Told that nothing is known any more of what was before `next`. */
  protected abstract forget(): void;

  /**
   * Copies what comes next into private memory.
   *
   * @param least How much is wanted at least, in slots or units, if it is there.
   * @returns How much was copied; 0 when there is nothing.
   */
  protected fetch(least: number): number {
    const { words, base, length, memory } = this;
    for (let attempt = 0; attempt < COPY_ATTEMPTS_MAX; attempt++) {
      const behind = positionAt(words, base + BROADCAST.tail) - this.next;
      if (behind === 0) return 0;
      if (behind > 0 && behind <= length) {
        const from = (this.next | 0) & (length - 1);
        const most = Math.max(least, Math.min(this.#chunk, memory.length));
        const count = Math.min(behind, most, length - from);
        memory.copy(from, count);
        // All of it must have been read before it is known whether it was whole.
        words.fence();
        if (positionAt(words, base + BROADCAST.oldest) <= this.next) return count;
      }
      if (!this.#passLost()) return 0;
    }
    return 0;
  }

  /** Goes on behind everything that is published: nothing before it can be trusted. */
  protected skipAll(): void {
    this.#corruptions++;
    this.next = positionAt(this.words, this.base + BROADCAST.tail);
    this.forget();
  }

  protected countCorruption(): void {
    this.#corruptions++;
  }

  /** Goes on with the oldest record that is still there; false when counters were found that cannot be. */
  #passLost(): boolean {
    const { words, base, length } = this;
    const oldest = positionAt(words, base + BROADCAST.oldest);
    const tail = positionAt(words, base + BROADCAST.tail);
    // Looked at again, because the publisher may have gone on between the first two looks.
    const oldestNow = positionAt(words, base + BROADCAST.oldest);
    if (oldest <= this.next || oldest > tail || tail - oldestNow > length) {
      this.skipAll();
      return false;
    }
    const lost = this.countTo(oldest);
    // Overtaken again: there is an older one by now that is the oldest.
    if (lost === undefined) return true;
    this.#lost += lost;
    this.#laps++;
    words.set(this.#place + PLACE.laps, this.#laps);
    this.next = oldest;
    return true;
  }
}

/** Records of one size, copied: slots are those of the private memory. */
export class FixedLappedReader extends LappedReader implements FixedReading {
  /** How many of the copied records have not been handed out, and where the first of them is. */
  #left = 0;
  #slot = 0;

  /**
   * @param words The segment.
   * @param base Word at which the publisher's counters begin.
   * @param place Word at which the subscriber's place begins.
   * @param slotCount Number of slots, a power of two.
   * @param memory What is copied into.
   * @param start Where it begins.
   */
  constructor(
    words: Words,
    base: number,
    place: number,
    slotCount: number,
    memory: PrivateCopy,
    start: Start,
  ) {
    checkLength(slotCount, 1);
    super(words, base, place, slotCount, memory, start);
  }

  get slot(): number {
    return this.#slot;
  }

  available(): number {
    if (this.#left === 0) {
      this.#slot = 0;
      this.#left = this.fetch(1);
    }
    return this.#left;
  }

  /** In a copy all lie next to each other. */
  adjacent(): number {
    return this.available();
  }

  advance(count: number): void {
    this.#slot += count;
    this.#left -= count;
    this.handOut(this.next + count);
  }

  override putBack(): boolean {
    if (!super.putBack()) return false;
    // Copied anew: the copy may be one of what came after it.
    this.#left = 0;
    return true;
  }

  protected countTo(position: number): number {
    return position - this.next;
  }

  protected forget(): void {
    this.#left = 0;
  }
}
