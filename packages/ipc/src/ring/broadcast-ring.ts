/**
 * A ring that one publisher writes and never waits in: subscribers that are too slow are lapped, and know it.
 *
 * ```text
 *   counters   0 ┌ tailIntent   u32   everything before this may be overwritten already
 *              4 │ tail         u32   everything before this is published
 *              8 │ latest       u32   position of the newest record
 *             12 └ reserved     116 bytes
 * ```
 *
 * Positions count units of 8 bytes modulo 2^32; records look as in `byte-ring.ts`. The publisher announces in
 * `tailIntent` how far it is going to write, writes, and then moves `tail`. A subscriber copies a record out and
 * looks at `tailIntent` afterwards: what it copied is whole only if the publisher has not come round to it. Nothing
 * of a record is acted upon before that look, and every length is checked against the ring before it is used.
 * (Agrona's BroadcastTransmitter and BroadcastReceiver; here the copy comes first and one look after it decides.)
 *
 * @module
 */
import type { Words } from "../words.ts";

/** Bytes of the counters. */
export const BROADCAST_HEADER_BYTES = 128;

const AT = { tailIntent: 0, tail: 1, latest: 2 } as const;

const UNIT_BYTES = 8;
const UNIT_WORDS = 2;
const HEADER_BYTES = 8;
const PADDING_TAG = -1;

/** How much of the ring one record may take, so that a subscriber has time to copy it. */
const RECORD_SHARE = 8;

function unitsOf(payloadBytes: number): number {
  return Math.ceil((HEADER_BYTES + payloadBytes) / UNIT_BYTES);
}

/** The longest payload of a broadcast ring in bytes. */
export function broadcastPayloadBytesMax(capacityBytes: number): number {
  return capacityBytes / RECORD_SHARE - HEADER_BYTES;
}

/** The publishing side. Only one may exist for a ring at a time. */
export class BroadcastPublisher {
  readonly #words: Words;
  readonly #base: number;
  readonly #data: number;
  readonly #units: number;
  #tail: number;
  #claimed = 0;
  #claimedAt = 0;

  /**
   * Goes on where the last publisher stopped.
   *
   * @param words The segment.
   * @param base Word at which the counters begin.
   * @param data Word at which the ring's bytes begin.
   * @param capacityBytes Length of the ring, a power of two.
   */
  constructor(words: Words, base: number, data: number, capacityBytes: number) {
    this.#words = words;
    this.#base = base;
    this.#data = data;
    this.#units = capacityBytes / UNIT_BYTES;
    this.#tail = words.load(base + AT.tail);
  }

  /**
   * Announces a record and writes its header.
   *
   * @param payloadBytes Length of the payload, at most `broadcastPayloadBytesMax`.
   * @param tag Passed on to the subscribers; any 32 bits but 0xffffffff.
   * @returns Where the payload goes, in bytes from the start of the ring.
   */
  claim(payloadBytes: number, tag: number): number {
    const words = this.#words;
    const needed = unitsOf(payloadBytes);
    const start = this.#tail & (this.#units - 1);
    const toEnd = this.#units - start;
    const padding = toEnd < needed ? toEnd : 0;
    words.store(this.#base + AT.tailIntent, (this.#tail + padding + needed) | 0);
    // Nothing may be written before the announcement can be seen.
    words.fence();
    if (padding > 0) this.#writeHeader(start, padding * UNIT_BYTES - HEADER_BYTES, PADDING_TAG);
    this.#claimedAt = (this.#tail + padding) | 0;
    this.#claimed = padding + needed;
    const unit = this.#claimedAt & (this.#units - 1);
    this.#writeHeader(unit, payloadBytes, tag);
    return unit * UNIT_BYTES + HEADER_BYTES;
  }

  /** Publishes the announced record, whose payload has been written. */
  publish(): void {
    this.#tail = (this.#tail + this.#claimed) | 0;
    this.#claimed = 0;
    this.#words.store(this.#base + AT.latest, this.#claimedAt);
    this.#words.store(this.#base + AT.tail, this.#tail);
  }

  #writeHeader(unit: number, length: number, tag: number): void {
    this.#words.set(this.#data + unit * UNIT_WORDS, length);
    this.#words.set(this.#data + unit * UNIT_WORDS + 1, tag);
  }
}

/** What `BroadcastSubscriber.next` found. */
export type BroadcastOutcome = "record" | "empty" | "lapped";

/** Copies a record's payload out of the ring: bytes from its start, and how many. */
export type CopyPayload = (offset: number, length: number) => void;

/** A subscribing side; any number may exist. It writes nothing. */
export class BroadcastSubscriber {
  readonly #words: Words;
  readonly #base: number;
  readonly #data: number;
  readonly #units: number;
  #cursor: number;
  #laps = 0;
  #lostUnits = 0;
  #length = 0;
  #tag = 0;

  /**
   * Begins behind the newest record.
   *
   * @param words The segment.
   * @param base Word at which the counters begin.
   * @param data Word at which the ring's bytes begin.
   * @param capacityBytes Length of the ring, a power of two.
   */
  constructor(words: Words, base: number, data: number, capacityBytes: number) {
    this.#words = words;
    this.#base = base;
    this.#data = data;
    this.#units = capacityBytes / UNIT_BYTES;
    this.#cursor = words.load(base + AT.tail);
  }

  /** How often the publisher has come round. */
  get laps(): number {
    return this.#laps;
  }

  /** How many bytes of the ring went by unread. */
  get lostBytes(): number {
    return this.#lostUnits * UNIT_BYTES;
  }

  /** Length of the payload that `next` copied, in bytes. */
  get length(): number {
    return this.#length;
  }

  /** Tag of the record that `next` copied. */
  get tag(): number {
    return this.#tag;
  }

  /**
   * Copies the next record out.
   *
   * @param copy Copies the payload; what it copied counts only when `"record"` is returned.
   * @returns `"lapped"` when records went by unread: the cursor is at the newest one now.
   */
  next(copy: CopyPayload): BroadcastOutcome {
    const words = this.#words;
    for (;;) {
      const tail = words.load(this.#base + AT.tail);
      if (tail === this.#cursor) return "empty";
      const unit = this.#cursor & (this.#units - 1);
      const length = words.get(this.#data + unit * UNIT_WORDS) >>> 0;
      const tag = words.get(this.#data + unit * UNIT_WORDS + 1);
      const units = unitsOf(length);
      const isInside = units <= this.#units - unit && units <= (tail - this.#cursor) >>> 0;
      if (isInside && tag !== PADDING_TAG) copy(unit * UNIT_BYTES + HEADER_BYTES, length);
      // All reads must be over before the publisher's announcement is looked at.
      words.fence();
      const intent = words.load(this.#base + AT.tailIntent);
      if ((intent - this.#cursor) >>> 0 > this.#units || !isInside) return this.#lap();
      this.#cursor = (this.#cursor + units) | 0;
      if (tag === PADDING_TAG) continue;
      this.#length = length;
      this.#tag = tag;
      return "record";
    }
  }

  #lap(): "lapped" {
    const latest = this.#words.load(this.#base + AT.latest);
    const skipped = (latest - this.#cursor) | 0;
    // A hostile publisher may name any position; only going forward counts as a loss.
    if (skipped > 0) this.#lostUnits += skipped;
    this.#laps++;
    this.#cursor = latest;
    return "lapped";
  }
}
