/**
 * Reading a ring of many subscribers in place, as one for whom the publisher waits.
 *
 * Nothing from the head on is overwritten, so records are handed out where they are; their room is given back when the
 * head moves, once per batch.
 *
 * @module
 */
import type { Words } from "../words.ts";
import {
  BROADCAST,
  checkLength,
  OwnPosition,
  PADDING,
  PLACE,
  RECORD_HEADER_BYTES,
  UNIT_BYTES,
  UNIT_WORDS,
  unitsOf,
} from "./broadcast-layout.ts";
import type { ByteReading, FixedReading, RecordPlace, Start } from "./broadcast-reading.ts";

/** What gating readers of all kinds of records have in common. */
abstract class GatedReader {
  /** A publisher waits: nothing is ever lost. */
  readonly lost: number = 0;
  readonly laps: number = 0;
  protected readonly words: Words;
  /** Length of the ring, in slots or units. */
  protected readonly length: number;
  /** Position of the next record to be handed out; ahead of the head by what has been. */
  protected next: number;
  protected tailCopy: number;
  readonly #tail: number;
  readonly #head: OwnPosition;
  #corruptions = 0;

  constructor(words: Words, base: number, place: number, length: number, { position }: Start) {
    this.words = words;
    this.length = length;
    this.#tail = base + BROADCAST.tail;
    this.#head = new OwnPosition(words, place + PLACE.head, position);
    this.#head.reset(position);
    this.next = position | 0;
    this.tailCopy = this.next;
  }

  get corruptions(): number {
    return this.#corruptions;
  }

  get unreleased(): number {
    return (this.next - this.#head.low) | 0;
  }

  get position(): number {
    return this.next;
  }

  release(): boolean {
    return this.releaseTo(this.next);
  }

  releaseTo(position: number): boolean {
    if (position === this.#head.low) return false;
    this.#head.moveTo(position);
    return true;
  }

  goTo(position: number): void {
    this.next = position | 0;
    // Behind what was released: from now on the publisher waits for that again.
    if (this.unreleased < 0) this.#head.reset(position);
  }

  /** How much is known to be there; looked up only when there is nothing left of that. */
  available(): number {
    const known = (this.tailCopy - this.next) | 0;
    return known > 0 ? known : this.#lookUp();
  }

  /** Goes on behind everything that is published: nothing before it can be trusted. */
  protected skipAll(): void {
    this.#corruptions++;
    this.next = this.tailCopy;
    this.release();
  }

  protected countCorruption(): void {
    this.#corruptions++;
  }

  #lookUp(): number {
    // Most looks of a subscriber that polls are in vain: those leave the publisher its line.
    const tail = this.words.glance(this.#tail);
    if (tail === this.tailCopy) return 0;
    this.words.acquire();
    this.tailCopy = tail;
    const count = (this.tailCopy - this.next) | 0;
    const used = (this.tailCopy - this.#head.low) | 0;
    if (count >= 0 && used >= 0 && used <= this.length) return count;
    this.skipAll();
    return 0;
  }
}

/** Records of one size, in place: slots are those of the ring. */
export class FixedGatedReader extends GatedReader implements FixedReading {
  /**
   * @param words The segment.
   * @param base Word at which the publisher's counters begin.
   * @param place Word at which the subscriber's place begins.
   * @param slotCount Number of slots, a power of two.
   * @param start Where it begins: a place that was made sure of.
   */
  constructor(words: Words, base: number, place: number, slotCount: number, start: Start) {
    checkLength(slotCount, 1);
    super(words, base, place, slotCount, start);
  }

  get slot(): number {
    return this.next & (this.length - 1);
  }

  adjacent(): number {
    return Math.min(this.available(), this.length - this.slot);
  }

  advance(count: number): void {
    this.next = (this.next + count) | 0;
  }

  putBack(): boolean {
    if (this.unreleased <= 0) return false;
    this.next = (this.next - 1) | 0;
    return true;
  }
}

/** Records of any size, in place: offsets are those of the ring. */
export class ByteGatedReader extends GatedReader implements ByteReading {
  readonly #data: number;
  readonly #sequenceWord: number;
  /** The number of the next record; undefined until it is known. */
  #sequence: number | undefined;
  /** Position of the record that was handed out last. */
  #last: number;

  /**
   * @param words The segment.
   * @param base Word at which the publisher's counters begin.
   * @param place Word at which the subscriber's place begins.
   * @param data Word at which the ring's bytes begin.
   * @param capacityBytes Length of the ring, a power of two.
   * @param start Where it begins: a place that was made sure of.
   */
  constructor(
    words: Words,
    base: number,
    place: number,
    data: number,
    capacityBytes: number,
    start: Start,
  ) {
    checkLength(capacityBytes / UNIT_BYTES, 1);
    super(words, base, place, capacityBytes / UNIT_BYTES, start);
    this.#data = data;
    this.#sequenceWord = place + PLACE.sequence;
    this.#sequence = start.sequence;
    this.#last = this.next;
  }

  take(into: RecordPlace): boolean {
    while (this.available() > 0) {
      const unit = this.next & (this.length - 1);
      const word = this.#data + unit * UNIT_WORDS;
      const length = this.words.get(word);
      const units = unitsOf(length & ~PADDING);
      // A record that reaches past the end of the ring or past what is published is a lie.
      if (units > this.length - unit || units > ((this.tailCopy - this.next) | 0)) {
        this.skipAll();
        this.#sequence = undefined;
        return false;
      }
      this.#count(this.words.get(word + 1), length);
      this.#last = this.next;
      this.next = (this.next + units) | 0;
      if (length < 0) continue;
      into.offset = unit * UNIT_BYTES + RECORD_HEADER_BYTES;
      into.length = length;
      return true;
    }
    return false;
  }

  putBack(): boolean {
    if (this.unreleased <= 0) return false;
    this.next = this.#last;
    if (this.#sequence !== undefined) this.#sequence = (this.#sequence - 1) | 0;
    return true;
  }

  override release(): boolean {
    if (this.#sequence !== undefined) this.words.set(this.#sequenceWord, this.#sequence);
    return super.release();
  }

  override goTo(position: number): void {
    super.goTo(position);
    this.#last = this.next;
    // The record that stands there says it.
    this.#sequence = undefined;
  }

  /** Compares a record's number with the one that is due. */
  #count(sequence: number, length: number): void {
    if (this.#sequence !== undefined && this.#sequence !== sequence) this.countCorruption();
    this.#sequence = length < 0 ? sequence : (sequence + 1) | 0;
  }
}
