/**
 * A ring of slots of one size, for one producer and one consumer in any two processes.
 *
 * Positions count records and only grow; they are kept modulo 2^32 in shared memory, and the slot of a record is
 * its position modulo the number of slots, a power of two. Each side keeps its own position to itself and a copy
 * of the other's, which it looks up again only when the copy says that there is nothing to do: that is what makes
 * the ring fast, because the cache line of a counter then travels between the CPUs once per batch instead of once
 * per record (rigtorp's SPSCQueue shows how much it saves). The producer publishes many records with one store.
 *
 * The other side's counter is untrusted: a value that cannot be is never used.
 *
 * @module
 */
import type { Words } from "../words.ts";
import type { FixedReading } from "./broadcast-reading.ts";
import { LANE, repairPosition, storePosition } from "./lane-layout.ts";

/** The largest number of slots: positions must be comparable modulo 2^32. */
export const SLOT_COUNT_MAX: number = 2 ** 30;

function checkSlotCount(slotCount: number): void {
  const isPowerOfTwo = Number.isInteger(slotCount) && Math.log2(slotCount) % 1 === 0;
  if (!isPowerOfTwo || slotCount < 1 || slotCount > SLOT_COUNT_MAX) {
    throw new RangeError(`A ring has a power of two of slots up to 2^30: received ${slotCount}`);
  }
}

/** The producing side of a ring. Only one may exist for a ring at a time. */
export class FixedRingProducer {
  readonly slotCount: number;
  readonly #words: Words;
  readonly #base: number;
  readonly #mask: number;
  /** Position of the next record; ahead of the published tail by what has been committed since. */
  #tail: number;
  #published: number;
  #headCopy: number;

  /**
   * Goes on where the last producer of the ring stopped publishing.
   *
   * @param words The segment.
   * @param base Word at which the lane's counters begin.
   * @param slotCount Number of slots, a power of two.
   */
  constructor(words: Words, base: number, slotCount: number) {
    checkSlotCount(slotCount);
    this.slotCount = slotCount;
    this.#words = words;
    this.#base = base;
    this.#mask = slotCount - 1;
    repairPosition(words, base + LANE.tail);
    this.#tail = words.load(base + LANE.tail);
    this.#published = this.#tail;
    this.#headCopy = this.#tail;
    this.#refreshHead();
  }

  /** How many records have been committed and not published. */
  get unpublished(): number {
    return (this.#tail - this.#published) | 0;
  }

  /** The slot of the next record. */
  get slot(): number {
    return this.#tail & this.#mask;
  }

  /**
   * Finds free slots that lie next to each other, from `slot` on. The consumer's counter is looked up only when it is
   * not known already that there are enough.
   *
   * @param most How many are wanted at most.
   * @returns How many there are: 0 when the ring is full.
   */
  claim(most: number): number {
    const wanted = Math.min(most, this.slotCount - this.slot);
    const known = this.#room();
    if (known >= wanted) return wanted;
    this.#refreshHead();
    return Math.min(wanted, this.#room());
  }

  /**
   * Takes claimed slots, which have been filled, into the next publication.
   *
   * @param count How many, from `slot` on.
   */
  commit(count: number): void {
    this.#tail = (this.#tail + count) | 0;
  }

  /** Makes all committed records visible. What was written before is seen by whoever sees them. */
  publish(): void {
    const tail = this.#tail;
    if (tail === this.#published) return;
    storePosition(this.#words, this.#base + LANE.tail, this.#published, tail);
    this.#published = tail;
  }

  #room(): number {
    return this.slotCount - ((this.#tail - this.#headCopy) | 0);
  }

  #refreshHead(): void {
    const head = this.#words.load(this.#base + LANE.head);
    const used = (this.#tail - head) | 0;
    // A head that is ahead of the tail, or further behind than there are slots, is corrupt: it frees nothing.
    if (used >= 0 && used <= this.slotCount) this.#headCopy = head;
  }
}

/** The consuming side of a ring. Only one may exist for a ring at a time. */
export class FixedRingConsumer implements FixedReading {
  /** A producer waits: nothing is ever lost. */
  readonly lost = 0;
  readonly laps = 0;
  readonly slotCount: number;
  readonly #words: Words;
  readonly #base: number;
  readonly #mask: number;
  /** Position of the next record to be handed out; ahead of the released head by what has been. */
  #next: number;
  #head: number;
  #tailCopy: number;
  #corruptions = 0;

  /** Goes on where the last consumer of the ring stopped; see {@link FixedRingProducer}. */
  constructor(words: Words, base: number, slotCount: number) {
    checkSlotCount(slotCount);
    this.slotCount = slotCount;
    this.#words = words;
    this.#base = base;
    this.#mask = slotCount - 1;
    repairPosition(words, base + LANE.head);
    this.#head = words.load(base + LANE.head);
    this.#next = this.#head;
    this.#tailCopy = this.#head;
  }

  /** How often the producer's counter was found to be impossible. */
  get corruptions(): number {
    return this.#corruptions;
  }

  /** How many records have been handed out and not released. */
  get unreleased(): number {
    return (this.#next - this.#head) | 0;
  }

  get position(): number {
    return this.#next;
  }

  /** The slot of the oldest record that can be handed out. */
  get slot(): number {
    return this.#next & this.#mask;
  }

  /**
   * How many records can be handed out; looked up only when none are left of those known about.
   *
   * @returns At least 1, or 0 when the ring is empty.
   */
  available(): number {
    const known = (this.#tailCopy - this.#next) | 0;
    return known > 0 ? known : this.#lookUp();
  }

  /** How many of them lie next to each other, from `slot` on. */
  adjacent(): number {
    return Math.min(this.available(), this.slotCount - this.slot);
  }

  /** Takes the oldest records as handed out. Their slots stay as they are until `release`. */
  advance(count: number): void {
    this.#next = (this.#next + count) | 0;
  }

  /**
   * Takes the record that was handed out last back in: it is the next one again.
   *
   * @returns False when it has been released, or something was skipped since.
   */
  putBack(): boolean {
    if (this.unreleased <= 0) return false;
    this.#next = (this.#next - 1) | 0;
    return true;
  }

  /** Gives the slots of all records that were handed out back to the producer; false when there were none. */
  release(): boolean {
    return this.releaseTo(this.#next);
  }

  releaseTo(position: number): boolean {
    if (position === this.#head) return false;
    storePosition(this.#words, this.#base + LANE.head, this.#head, position);
    this.#head = position;
    return true;
  }

  goTo(position: number): void {
    this.#next = position | 0;
  }

  #lookUp(): number {
    // It takes the line away from the producer, who has to have it back for the next record: from the only one that has it, in half
    // of the time that it takes from two that share it (decision 9).
    const tail = this.#words.load(this.#base + LANE.tail);
    if (tail === this.#tailCopy) return 0;
    const count = (tail - this.#next) | 0;
    const used = (tail - this.#head) | 0;
    this.#tailCopy = tail;
    if (count >= 0 && used >= 0 && used <= this.slotCount) return count;
    // The counter cannot be: nothing before it can be trusted, so go on with what comes after it.
    this.#corruptions++;
    this.#next = tail;
    this.release();
    return 0;
  }
}
