/**
 * A ring of bytes for records of any size, for one producer and one consumer in any two processes.
 *
 * ```text
 *   a record, aligned to 8 bytes          0 ┌ length   u32   bytes of the payload
 *                                         4 │ tag      u32   the user's; 0xffffffff: padding, to be skipped
 *                                         8 │ payload  length bytes, then up to 7 of padding
 * ```
 *
 * Positions count units of 8 bytes and only grow, modulo 2^32. A record never crosses the end of the ring: when it
 * does not fit behind the last one, padding fills the rest and the record begins at the start. Nothing of a record
 * can be seen before the tail has moved past all of it, so there is no half-written state, and a producer that
 * dies leaves nothing to clear up. (Agrona's OneToOneRingBuffer has the same shape; it marks each record besides.)
 *
 * @module
 */
import type { Words } from "../words.ts";
import type { ByteReading } from "./broadcast-reading.ts";
import { LANE, repairPosition, storePosition } from "./lane-layout.ts";

/** Bytes of a record before its payload. */
export const RECORD_HEADER_BYTES = 8;

/** Positions and lengths are multiples of this, in bytes. */
export const UNIT_BYTES = 8;
const UNIT_WORDS = 2;
const PADDING_TAG = -1;

/**
 * How much of a ring one record may take. With the padding in front of it, it needs less than twice its own
 * length, so that half of the ring is the most that always finds room in an empty one.
 */
const RECORD_SHARE = 2;

/** Limits of a ring's size in bytes. */
export const RING_BYTES_MIN = 64;
export const RING_BYTES_MAX: number = 2 ** 30;

function checkCapacity(capacityBytes: number): void {
  const isPowerOfTwo = Number.isInteger(capacityBytes) && Math.log2(capacityBytes) % 1 === 0;
  if (!isPowerOfTwo || capacityBytes < RING_BYTES_MIN || capacityBytes > RING_BYTES_MAX) {
    throw new RangeError(
      `A ring's capacity is a power of two from ${RING_BYTES_MIN} to ${RING_BYTES_MAX} bytes: received ${capacityBytes}`,
    );
  }
}

/** The longest payload of a ring in bytes. */
export function payloadBytesMax(capacityBytes: number): number {
  return capacityBytes / RECORD_SHARE - RECORD_HEADER_BYTES;
}

function unitsOf(payloadBytes: number): number {
  return Math.ceil((RECORD_HEADER_BYTES + payloadBytes) / UNIT_BYTES);
}

/** The producing side of a ring. Only one may exist for a ring at a time. */
export class ByteRingProducer {
  /** The longest payload in bytes. */
  readonly payloadBytesMax: number;
  readonly #words: Words;
  readonly #base: number;
  readonly #data: number;
  readonly #units: number;
  #tail: number;
  #published: number;
  #headCopy: number;
  /** Units of the record that `claim` has found room for. */
  #claimed = 0;

  /**
   * Goes on where the last producer of the ring stopped publishing.
   *
   * @param words The segment.
   * @param base Word at which the lane's counters begin.
   * @param data Word at which the ring's bytes begin.
   * @param capacityBytes Length of the ring, a power of two.
   */
  constructor(words: Words, base: number, data: number, capacityBytes: number) {
    checkCapacity(capacityBytes);
    this.payloadBytesMax = payloadBytesMax(capacityBytes);
    this.#words = words;
    this.#base = base;
    this.#data = data;
    this.#units = capacityBytes / UNIT_BYTES;
    repairPosition(words, base + LANE.tail);
    this.#tail = words.load(base + LANE.tail);
    this.#published = this.#tail;
    this.#headCopy = this.#tail;
    this.#refreshHead();
  }

  /** How many units have been committed and not published. */
  get unpublished(): number {
    return (this.#tail - this.#published) | 0;
  }

  /**
   * Finds room for a record and writes its header.
   *
   * @param payloadBytes Length of the payload, at most `payloadBytesMax`.
   * @param tag Passed on to the consumer; any 32 bits but 0xffffffff.
   * @returns Where the payload goes, in bytes from the start of the ring, or -1 when there is no room.
   */
  claim(payloadBytes: number, tag = 0): number {
    const needed = unitsOf(payloadBytes);
    const start = this.#tail & (this.#units - 1);
    const toEnd = this.#units - start;
    // The padding up to the end needs room, too, so that it is written only together with its record.
    const padding = toEnd < needed ? toEnd : 0;
    if (!this.#hasRoom(padding + needed)) return -1;
    if (padding > 0) {
      this.#writeHeader(start, padding * UNIT_BYTES - RECORD_HEADER_BYTES, PADDING_TAG);
      this.#tail = (this.#tail + padding) | 0;
    }
    const unit = this.#tail & (this.#units - 1);
    this.#writeHeader(unit, payloadBytes, tag);
    this.#claimed = needed;
    return unit * UNIT_BYTES + RECORD_HEADER_BYTES;
  }

  /** Takes the claimed record, whose payload has been written, into the next publication. */
  commit(): void {
    this.#tail = (this.#tail + this.#claimed) | 0;
    this.#claimed = 0;
  }

  /** Makes all committed records visible. What was written before is seen by whoever sees them. */
  publish(): void {
    const tail = this.#tail;
    if (tail === this.#published) return;
    storePosition(this.#words, this.#base + LANE.tail, this.#published, tail);
    this.#published = tail;
  }

  #hasRoom(units: number): boolean {
    if (((this.#tail - this.#headCopy) | 0) + units <= this.#units) return true;
    this.#refreshHead();
    return ((this.#tail - this.#headCopy) | 0) + units <= this.#units;
  }

  #refreshHead(): void {
    const head = this.#words.load(this.#base + LANE.head);
    const used = (this.#tail - head) | 0;
    // A head that is ahead of the tail, or further behind than the ring is long, is corrupt: it frees nothing.
    if (used >= 0 && used <= this.#units) this.#headCopy = head;
  }

  #writeHeader(unit: number, length: number, tag: number): void {
    this.#words.set(this.#data + unit * UNIT_WORDS, length);
    this.#words.set(this.#data + unit * UNIT_WORDS + 1, tag);
  }
}

/** A record that can be read in place. One object is reused for all of them. */
export interface ByteRecord {
  /** Where the payload is, in bytes from the start of the ring. */
  offset: number;
  /** Length of the payload in bytes. */
  length: number;
  tag: number;
}

/** The consuming side of a ring. Only one may exist for a ring at a time. */
export class ByteRingConsumer implements ByteReading {
  /** A producer waits: nothing is ever lost. */
  readonly lost = 0;
  readonly laps = 0;
  readonly #words: Words;
  readonly #base: number;
  readonly #data: number;
  readonly #units: number;
  /** Position of the next record to be handed out; ahead of the released head by what has been handed out. */
  #next: number;
  /** Position of the record that was handed out last. */
  #last: number;
  #head: number;
  #tailCopy: number;
  #corruptions = 0;

  /** Goes on where the last consumer of the ring stopped; see {@link ByteRingProducer}. */
  constructor(words: Words, base: number, data: number, capacityBytes: number) {
    checkCapacity(capacityBytes);
    this.#words = words;
    this.#base = base;
    this.#data = data;
    this.#units = capacityBytes / UNIT_BYTES;
    repairPosition(words, base + LANE.head);
    this.#head = words.load(base + LANE.head);
    this.#next = this.#head;
    this.#last = this.#head;
    this.#tailCopy = this.#head;
  }

  /** How often a counter or a length was found to be impossible. */
  get corruptions(): number {
    return this.#corruptions;
  }

  /** How many units have been handed out and not released. */
  get unreleased(): number {
    return (this.#next - this.#head) | 0;
  }

  get position(): number {
    return this.#next;
  }

  /** How many units are known to be left, padding included; looked up only when none are. */
  available(): number {
    const known = (this.#tailCopy - this.#next) | 0;
    if (known > 0) return known;
    return this.#lookUp() ? (this.#tailCopy - this.#next) | 0 : 0;
  }

  /**
   * Hands out the next record. Its bytes stay valid until `release`.
   *
   * @param into Filled in when there is one.
   * @returns Whether there is one.
   */
  take(into: ByteRecord): boolean {
    for (;;) {
      if (this.#tailCopy === this.#next && !this.#lookUp()) return false;
      const unit = this.#next & (this.#units - 1);
      const length = this.#words.get(this.#data + unit * UNIT_WORDS) >>> 0;
      const tag = this.#words.get(this.#data + unit * UNIT_WORDS + 1);
      const units = unitsOf(length);
      const published = (this.#tailCopy - this.#next) | 0;
      // A record that reaches past the end of the ring or past what is published is a lie.
      if (units > this.#units - unit || units > published) return this.#skipAll();
      this.#last = this.#next;
      this.#next = (this.#next + units) | 0;
      if (tag === PADDING_TAG) continue;
      into.offset = unit * UNIT_BYTES + RECORD_HEADER_BYTES;
      into.length = length;
      into.tag = tag;
      return true;
    }
  }

  /**
   * Takes the record that was handed out last back in: it is the next one again.
   *
   * @returns False when it has been released, or something was skipped since.
   */
  putBack(): boolean {
    if (this.unreleased <= 0) return false;
    this.#next = this.#last;
    return true;
  }

  /** Gives the room of all records that were handed out back to the producer; false when there were none. */
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
    this.#last = this.#next;
  }

  #lookUp(): boolean {
    // It takes the line away from the producer, who has to have it back for the next record: from the only one that has it, in half
    // of the time that it takes from two that share it (decision 9).
    const tail = this.#words.load(this.#base + LANE.tail);
    if (tail === this.#tailCopy) return false;
    const count = (tail - this.#next) | 0;
    const used = (tail - this.#head) | 0;
    this.#tailCopy = tail;
    if (count >= 0 && used >= 0 && used <= this.#units) return count > 0;
    return this.#skipAll();
  }

  /** Goes on behind everything that is published: nothing before it can be trusted. */
  #skipAll(): false {
    this.#corruptions++;
    this.#next = this.#tailCopy;
    this.release();
    return false;
  }
}
