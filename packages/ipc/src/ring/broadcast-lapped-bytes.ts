/**
 * Records of any size for a subscriber for whom the publisher does not wait; see `broadcast-lapped.ts`.
 *
 * @module
 */
import type { Words } from "../words.ts";
import { LappedReader, type PrivateCopy } from "./broadcast-lapped.ts";
import {
  checkLength,
  PADDING,
  PLACE,
  RECORD_HEADER_BYTES,
  UNIT_BYTES,
  UNIT_WORDS,
  unitsOf,
} from "./broadcast-layout.ts";
import { type ByteReading, type RecordPlace, type Start, sequenceAt } from "./broadcast-reading.ts";

/** Records of any size, copied: offsets are those of the private memory. */
export class ByteLappedReader extends LappedReader implements ByteReading {
  readonly #data: number;
  readonly #sequenceWord: number;
  /** The number of the next record; undefined until it is known. */
  #sequence: number | undefined;
  /** Which of the copied units have not been handed out. */
  #at = 0;
  #end = 0;

  /**
   * @param words The segment.
   * @param base Word at which the publisher's counters begin.
   * @param place Word at which the subscriber's place begins.
   * @param data Word at which the ring's bytes begin.
   * @param capacityBytes Length of the ring, a power of two.
   * @param memory What is copied into.
   * @param start Where it begins.
   */
  constructor(
    words: Words,
    base: number,
    place: number,
    data: number,
    capacityBytes: number,
    memory: PrivateCopy,
    start: Start,
  ) {
    checkLength(capacityBytes / UNIT_BYTES, 1);
    super(words, base, place, capacityBytes / UNIT_BYTES, memory, start);
    this.#data = data;
    this.#sequenceWord = place + PLACE.sequence;
    this.#sequence = start.sequence;
  }

  available(): number {
    if (this.#at === this.#end) this.#copy(1);
    return this.#end - this.#at;
  }

  take(into: RecordPlace): boolean {
    const { laps } = this;
    // Lapped: what follows is handed out when the user has been told.
    while (this.available() > 0 && this.laps === laps) {
      const length = this.memory.words[this.#at * UNIT_WORDS] as number;
      const units = unitsOf(length & ~PADDING);
      if (units > this.#end - this.#at) {
        if (!this.#complete(units)) return false;
        continue;
      }
      this.#count(this.memory.words[this.#at * UNIT_WORDS + 1] as number, length);
      into.offset = this.#at * UNIT_BYTES + RECORD_HEADER_BYTES;
      into.length = length;
      this.#at += units;
      this.handOut(this.next + units);
      if (length >= 0) return true;
    }
    return false;
  }

  override putBack(): boolean {
    if (!super.putBack()) return false;
    if (this.#sequence !== undefined) this.#sequence = (this.#sequence - 1) | 0;
    // Copied anew: the copy may be one of what came after it.
    this.#at = 0;
    this.#end = 0;
    return true;
  }

  override release(): boolean {
    if (this.#sequence !== undefined) this.words.set(this.#sequenceWord, this.#sequence);
    return super.release();
  }

  protected countTo(position: number): number | undefined {
    const sequence = sequenceAt(this.words, this.base, this.#data, this.length, position);
    if (sequence === undefined) return undefined;
    const lost = this.#sequence === undefined ? 0 : (sequence - this.#sequence) >>> 0;
    this.#sequence = sequence;
    return lost;
  }

  protected forget(): void {
    this.#sequence = undefined;
    this.#at = 0;
    this.#end = 0;
  }

  #copy(least: number): void {
    this.#at = 0;
    this.#end = 0;
    this.#end = this.fetch(least);
  }

  /**
   * Copies a record anew that was cut off at the end of what was copied.
   *
   * @returns False when it is corrupt, or was overtaken and there is nothing else.
   */
  #complete(units: number): boolean {
    const before = this.next;
    if (units <= this.length - ((before | 0) & (this.length - 1))) {
      if (units > this.memory.length) this.memory.grow(units);
      this.#copy(units);
      if (this.#end === 0) return false;
      // Lapped meanwhile: it is another record by now, to be handed out when the user has been told.
      if (this.next !== before) return false;
      // Others may have changed its length since; the copy stays as it is.
      const length = this.memory.words[0] as number;
      if (unitsOf(length & ~PADDING) <= this.#end) return true;
    }
    this.skipAll();
    return false;
  }

  /** Compares a record's number with the one that is due. */
  #count(sequence: number, length: number): void {
    if (this.#sequence !== undefined && this.#sequence !== sequence) this.countCorruption();
    this.#sequence = length < 0 ? sequence : (sequence + 1) | 0;
  }
}
