/**
 * The publishing side of a ring that many read: what may be overwritten, and when others learn of it.
 *
 * The publisher writes only what it has announced. Before it overwrites anything it moves `oldest` past it, and then
 * looks for gating subscribers that still have to read it: as far as there are any, it waits in spite of its
 * announcement. So a record is whole
 *
 * - for a gating subscriber that has made sure of its place: until it moves its head past the record;
 * - for everybody else: if `oldest` is not past the record **after** it was copied.
 *
 * Announcing costs a fence and a look at all gating subscribers, so it is done for an eighth of the ring at a time.
 * What was announced counts as gone even if it is still there: what a ring keeps is seven eighths of its length, at
 * least. `oldest` is never past the published tail.
 *
 * (Agrona's BroadcastTransmitter announces every record, waits for nobody, and a receiver that was lapped goes on with
 * the newest record; with `oldest` it goes on with the oldest and loses less.)
 *
 * @module
 */
import type { Words } from "../words.ts";
import type { Gates } from "./broadcast-gates.ts";
import {
  BROADCAST,
  checkLength,
  OwnPosition,
  PADDING,
  RECORD_HEADER_BYTES,
  UNIT_BYTES,
  UNIT_WORDS,
  unitsOf,
} from "./broadcast-layout.ts";
import { positionAt } from "./lane-layout.ts";

/** The part of a ring that is announced at a time, as a shift. */
const STRIDE_SHIFT = 3;

/** With the padding before it, and what follows it, a record of half a ring always fits. */
const RECORD_SHARE = 2;

/** Shortest ring of records of variable size, in bytes. */
export const BROADCAST_BYTES_MIN = 64;

/** The longest payload of a ring of records of variable size, in bytes. */
export function broadcastPayloadBytesMax(capacityBytes: number): number {
  return capacityBytes / RECORD_SHARE - RECORD_HEADER_BYTES;
}

/** What publishers of all kinds of records have in common. Only one may exist for a ring at a time. */
abstract class BroadcastPublisher {
  protected readonly words: Words;
  /** Length of the ring, in slots or units: a power of two. */
  protected readonly length: number;
  /** Position behind everything that was committed. */
  protected tail: number;
  readonly #published: OwnPosition;
  /** What has been announced: everything before it is gone. */
  readonly #oldest: OwnPosition;
  readonly #gates: Gates;
  readonly #stride: number;
  /** Everything before this may be overwritten; never past `oldest`, and behind it while somebody gates. */
  #limit: number;

  constructor(words: Words, base: number, length: number, gates: Gates) {
    this.words = words;
    this.length = length;
    const tail = positionAt(words, base + BROADCAST.tail);
    const oldest = positionAt(words, base + BROADCAST.oldest);
    const isPossible = oldest <= tail && tail - oldest <= length;
    // Each is read once: what is believed later is what was judged, whoever changes it meanwhile.
    this.#published = new OwnPosition(words, base + BROADCAST.tail, tail);
    this.#oldest = new OwnPosition(words, base + BROADCAST.oldest, isPossible ? oldest : tail);
    this.#gates = gates;
    this.#stride = Math.max(1, length >> STRIDE_SHIFT);
    this.tail = this.#published.low;
    // Whoever gates has still to be found: nothing may be overwritten before.
    this.#limit = (this.tail - length) | 0;
    if (!isPossible) this.#oldest.reset(tail);
  }

  /** Position behind everything that is published. */
  protected get published(): number {
    return this.#published.low;
  }

  /** Position of the oldest record that is still there. */
  protected get oldest(): number {
    return this.#oldest.low;
  }

  /** How much has been committed and not published, in slots or units. */
  get unpublished(): number {
    return (this.tail - this.published) | 0;
  }

  /** Makes everything that was committed visible. What was written before is seen by whoever sees it. */
  publish(): void {
    if (this.tail === this.#published.low) return;
    this.markTail();
    this.#published.moveTo(this.tail);
  }

  /** How much may be written now, in slots or units. */
  protected get room(): number {
    return this.length - ((this.tail - this.#limit) | 0);
  }

  /**
   * Looks for room where there is not enough: announces, and asks who gates.
   *
   * @param needed Slots or units.
   * @returns False when a subscriber has still to read what is there, or what is there has still to be published.
   */
  protected makeRoom(needed: number): boolean {
    const { tail, length } = this;
    const unpublished = this.unpublished;
    if (unpublished + needed > length) return false;
    const lag = this.#gates.lag(tail, length);
    if (lag + needed > length) return false;
    if (((tail - this.oldest) | 0) + needed <= length) return this.#allow(lag, needed);
    // As much as is needed, and a stride more if nobody has still to read it.
    const kept = Math.max(lag, unpublished, length - needed - this.#stride + 1);
    this.#oldest.moveTo(this.boundaryAt((tail - kept) | 0));
    // Nothing may be overwritten, and nobody be looked for, before the announcement can be seen.
    this.words.fence();
    return this.#allow(this.#gates.lag(tail, length), needed);
  }

  /** The first position at or after another one, and not after the published tail, at which a record begins. */
  protected abstract boundaryAt(least: number): number;

  /** Writes what has to be there before the tail moves. */
  protected abstract markTail(): void;

  #allow(lag: number, needed: number): boolean {
    this.#limit = (this.tail - Math.max(lag, (this.tail - this.oldest) | 0)) | 0;
    return this.room >= needed;
  }
}

/** Publishes records of one size: slot after slot. */
export class FixedBroadcastPublisher extends BroadcastPublisher {
  readonly slotCount: number;

  /**
   * Goes on where the last publisher of the ring stopped.
   *
   * @param words The segment.
   * @param base Word at which the publisher's counters begin.
   * @param slotCount Number of slots, a power of two.
   * @param gates Who must not be lapped.
   */
  constructor(words: Words, base: number, slotCount: number, gates: Gates) {
    checkLength(slotCount, 1);
    super(words, base, slotCount, gates);
    this.slotCount = slotCount;
  }

  /** The slot of the next record. */
  get slot(): number {
    return this.tail & (this.slotCount - 1);
  }

  /**
   * Finds slots that may be written and lie next to each other, from `slot` on.
   *
   * @param most How many are wanted at most.
   * @returns How many there are: 0 when there is no room.
   */
  claim(most: number): number {
    if (this.room < 1 && !this.makeRoom(1)) return 0;
    return Math.min(most, this.room, this.slotCount - this.slot);
  }

  /** Takes claimed slots, which have been filled, into the next publication. */
  commit(count: number): void {
    this.tail = (this.tail + count) | 0;
  }

  protected boundaryAt(least: number): number {
    return least;
  }

  protected markTail(): void {
    // The position of a record of one size is its number.
  }
}

/** Publishes records of any size. */
export class ByteBroadcastPublisher extends BroadcastPublisher {
  /** The longest payload in bytes. */
  readonly payloadBytesMax: number;
  readonly #data: number;
  /** The number of the next record. */
  #sequence: number;
  /** Units of the record that `claim` has found room for. */
  #claimed = 0;

  /**
   * Goes on where the last publisher of the ring stopped.
   *
   * @param words The segment.
   * @param base Word at which the publisher's counters begin.
   * @param data Word at which the ring's bytes begin.
   * @param capacityBytes Length of the ring, a power of two.
   * @param gates Who must not be lapped.
   */
  constructor(words: Words, base: number, data: number, capacityBytes: number, gates: Gates) {
    checkLength(capacityBytes / UNIT_BYTES, BROADCAST_BYTES_MIN / UNIT_BYTES);
    super(words, base, capacityBytes / UNIT_BYTES, gates);
    this.payloadBytesMax = broadcastPayloadBytesMax(capacityBytes);
    this.#data = data;
    this.#sequence = words.get(this.#wordOf(this.tail) + 1);
  }

  /**
   * Finds room for a record and writes its header.
   *
   * @param payloadBytes Length of the payload, at most `payloadBytesMax`.
   * @returns Where the payload goes, in bytes from the start of the ring, or -1 when there is no room.
   */
  claim(payloadBytes: number): number {
    const needed = unitsOf(payloadBytes);
    const toEnd = this.length - (this.tail & (this.length - 1));
    const padding = toEnd < needed ? toEnd : 0;
    // One unit more: where the next record will begin, its number is written before that record is.
    const units = padding + needed + 1;
    if (this.room < units && !this.makeRoom(units)) return -1;
    if (padding > 0) {
      this.#writeHeader((padding * UNIT_BYTES - RECORD_HEADER_BYTES) | PADDING);
      this.tail = (this.tail + padding) | 0;
    }
    this.#writeHeader(payloadBytes);
    this.#claimed = needed;
    return (this.tail & (this.length - 1)) * UNIT_BYTES + RECORD_HEADER_BYTES;
  }

  /** Takes the claimed record, whose payload has been written, into the next publication. */
  commit(): void {
    this.tail = (this.tail + this.#claimed) | 0;
    this.#sequence = (this.#sequence + 1) | 0;
    this.#claimed = 0;
  }

  protected boundaryAt(least: number): number {
    let at = this.oldest;
    while (((least - at) | 0) > 0) {
      const units = unitsOf(this.words.get(this.#wordOf(at)) & ~PADDING);
      const toEnd = this.length - (at & (this.length - 1));
      // What a publisher wrote itself others can have changed since: then nothing is known of what follows.
      if (units > toEnd || units > ((this.published - at) | 0)) return this.published;
      at = (at + units) | 0;
    }
    return at;
  }

  protected markTail(): void {
    this.words.set(this.#wordOf(this.tail) + 1, this.#sequence);
  }

  #wordOf(position: number): number {
    return this.#data + (position & (this.length - 1)) * UNIT_WORDS;
  }

  #writeHeader(length: number): void {
    const word = this.#wordOf(this.tail);
    this.words.set(word, length);
    this.words.set(word + 1, this.#sequence);
  }
}
