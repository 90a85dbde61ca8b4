/**
 * One lane as a subscriber reads it, whatever its records are and whether or not publishers wait.
 *
 * @module
 */

import { anchorOf } from "../flow/anchor.ts";
import {
  checkRecordsHere,
  codecOf,
  type PlaceReader,
  type RecordCodec,
  RecordMemory,
} from "../flow/record-codec.ts";
import type { Counters } from "../metrics/counters.ts";
import { ByteGatedReader, FixedGatedReader } from "../ring/broadcast-gated.ts";
import { FixedLappedReader } from "../ring/broadcast-lapped.ts";
import { ByteLappedReader } from "../ring/broadcast-lapped-bytes.ts";
import { UNIT_BYTES } from "../ring/broadcast-layout.ts";
import type { ByteReading, FixedReading, RecordPlace, Start } from "../ring/broadcast-reading.ts";
import type { Anchor } from "../struct/cursor.ts";
import type { Fields, StructSchema } from "../struct/struct-schema.ts";
import { CopiedRecords } from "./copied-records.ts";
import type { Topic } from "./topic.ts";

/** Is given each record in place. */
// biome-ignore lint/suspicious/noExplicitAny: typed by Subscriber.poll.
export type RecordHandler = (record: any) => void;

/** Returned by `take` when a record could not be decoded: it has been skipped and counted. */
export const UNREADABLE: unique symbol = Symbol("unreadable");

/** What part of a ring is handed out before it is released. */
const RELEASE_SHARE = 4;

/** What a reader reads. */
export interface Source {
  readonly topic: Topic;
  readonly lane: number;
  readonly start: Start;
  /** Whether publishers wait. */
  readonly isGating: boolean;
}

/** The subscribing side of a lane. */
export abstract class TopicReader {
  readonly lane: number;
  protected abstract readonly ring: FixedReading | ByteReading;
  protected readonly counters: Counters;
  /** How many slots or units the ring has. */
  protected readonly length: number;
  #unreadable = 0;
  #toldLost = 0;
  #toldLaps = 0;

  constructor({ topic, lane }: Source, length: number) {
    this.lane = lane;
    this.counters = topic.subscriberCounters(topic.segment.slot, lane);
    this.length = length;
  }

  /** Hands records out in place, and releases them; returns how many. None while `isLapped`. */
  abstract poll(handler: RecordHandler, limit: number): number;

  /** Copies the next record out; undefined when there is none, and while `isLapped`. */
  abstract take(): unknown;

  /** More than 0 when there are records; how many (or how long they are) is known roughly only. */
  available(): number {
    return this.ring.available();
  }

  /** Takes the record that `take` gave last back in, unless it has been released or lost. */
  putBack(): void {
    if (this.ring.putBack()) this.uncountRecord();
  }

  /** Says that all records that were handed out have been read; false when there were none. */
  release(): boolean {
    if (!this.ring.release()) return false;
    this.countRecords();
    return true;
  }

  /** Whether so much has been handed out that the publisher should get the room back. */
  get isReleaseDue(): boolean {
    return this.ring.unreleased * RELEASE_SHARE >= this.length;
  }

  /** How many impossible positions, lengths and contents were found. */
  get corruptions(): number {
    return this.ring.corruptions + this.#unreadable;
  }

  get lost(): number {
    return this.ring.lost;
  }

  get laps(): number {
    return this.ring.laps;
  }

  /** Whether records were lost that nobody has been told of. */
  get isLapped(): boolean {
    return this.ring.laps !== this.#toldLaps;
  }

  /** How many records were lost since this was last asked. */
  takeOverrun(): number {
    const lost = this.ring.lost - this.#toldLost;
    this.#toldLost = this.ring.lost;
    this.#toldLaps = this.ring.laps;
    this.counters.add("drops", lost);
    return lost;
  }

  /** Counts what has been released. */
  protected abstract countRecords(): void;

  /** Counts the record that was handed out last no more. */
  protected abstract uncountRecord(): void;

  protected unreadable(): typeof UNREADABLE {
    this.#unreadable++;
    return UNREADABLE;
  }
}

/** Begins to read a lane that is ready. */
export function openTopicReader(source: Source): TopicReader {
  const { struct } = source.topic.shape;
  return struct === undefined ? new VariableReader(source) : new FixedReader(source, struct);
}

/** Records of one size: slot after slot, in the ring or in a copy. */
class FixedReader extends TopicReader {
  protected readonly ring: FixedReading;
  readonly #schema: StructSchema<Fields>;
  readonly #view: DataView<ArrayBuffer>;
  readonly #cursor: object;
  /** Where the cursor stands. */
  readonly #anchor: Anchor;
  readonly #slotBytes: number;
  #records = 0;

  constructor(source: Source, schema: StructSchema<Fields>) {
    const { topic, lane, start } = source;
    const { ringBytes, slotBytes } = topic.geometry;
    super(source, ringBytes / slotBytes);
    const { words, segment } = topic;
    const place = topic.placeWord(lane, segment.slot);
    const base = topic.laneWord(lane);
    const slotCount = ringBytes / slotBytes;
    if (source.isGating) {
      const { buffer, byteOffset } = topic.ringOf(lane);
      this.ring = new FixedGatedReader(words, base, place, slotCount, start);
      this.#view = new DataView(buffer, byteOffset, ringBytes);
    } else {
      const copied = new CopiedRecords(topic.ringOf(lane), slotBytes);
      this.ring = new FixedLappedReader(words, base, place, slotCount, copied, start);
      this.#view = copied.memory.view;
    }
    this.#schema = schema;
    this.#cursor = schema.cursor(this.#view, 0, { access: "read" });
    this.#anchor = anchorOf(this.#cursor);
    this.#slotBytes = slotBytes;
  }

  poll(handler: RecordHandler, limit: number): number {
    const { ring } = this;
    const cursor = this.#cursor;
    const anchor = this.#anchor;
    const slotBytes = this.#slotBytes;
    const count = Math.min(ring.available(), limit);
    if (count === 0 || this.isLapped) return 0;
    let offset = ring.slot * slotBytes;
    let done = 0;
    try {
      while (done < count) {
        anchor.base = offset;
        offset += slotBytes;
        handler(cursor);
        // Counted when it has been handled: the record of a handler that throws comes again.
        done++;
      }
    } finally {
      ring.advance(done);
      this.#records += done;
      this.release();
    }
    return done;
  }

  take(): unknown {
    const { ring } = this;
    if (ring.available() === 0 || this.isLapped) return undefined;
    const offset = ring.slot * this.#slotBytes;
    ring.advance(1);
    this.#records++;
    try {
      return this.#schema.decode(this.#view, offset);
    } catch {
      return this.unreadable();
    }
  }

  protected countRecords(): void {
    this.counters.addRecords(this.#records, this.#records * this.#schema.size);
    this.#records = 0;
  }

  protected uncountRecord(): void {
    this.#records--;
  }
}

/** Records of any size, in the ring or in a copy. */
class VariableReader extends TopicReader {
  protected readonly ring: ByteReading;
  readonly #codec: RecordCodec;
  /** What records are copied into; undefined when they are read where they are. */
  readonly #copied: CopiedRecords | undefined;
  readonly #record: RecordPlace = { offset: 0, length: 0 };
  #memory: RecordMemory;
  #places: PlaceReader;
  #records = 0;
  #bytes = 0;

  constructor(source: Source) {
    const { topic, lane, start } = source;
    const { ringBytes } = topic.geometry;
    super(source, ringBytes / UNIT_BYTES);
    const { words, segment } = topic;
    const place = topic.placeWord(lane, segment.slot);
    const base = topic.laneWord(lane);
    const data = topic.ringOffset(lane) / 4;
    if (source.isGating) {
      this.ring = new ByteGatedReader(words, base, place, data, ringBytes, start);
      this.#memory = new RecordMemory(topic.ringOf(lane));
    } else {
      this.#copied = new CopiedRecords(topic.ringOf(lane), UNIT_BYTES);
      this.ring = new ByteLappedReader(words, base, place, data, ringBytes, this.#copied, start);
      this.#memory = this.#copied.memory;
    }
    this.#codec = codecOf(topic.shape);
    this.#places = this.#codec.places(this.#memory, "read");
  }

  poll(handler: RecordHandler, limit: number): number {
    let done = 0;
    let isHandling = false;
    try {
      // No more than a ring holds: somebody may write nonsense faster than it is skipped.
      for (let seen = 0; done < limit && seen < this.length; seen++) {
        const record = this.#next(true);
        if (record === undefined) break;
        if (record === UNREADABLE) continue;
        isHandling = true;
        handler(record);
        isHandling = false;
        done++;
      }
    } finally {
      if (isHandling) this.putBack();
      this.release();
    }
    return done;
  }

  take(): unknown {
    return this.#next(false);
  }

  protected countRecords(): void {
    this.counters.addRecords(this.#records, this.#bytes);
    this.#records = 0;
    this.#bytes = 0;
  }

  protected uncountRecord(): void {
    this.#records--;
    this.#bytes -= this.#record.length;
  }

  #next(isInPlace: boolean): unknown {
    const record = this.#record;
    checkRecordsHere(this.#memory.bytes);
    if (this.isLapped || !this.ring.take(record)) return undefined;
    const { offset, length } = record;
    this.#records++;
    this.#bytes += length;
    if (this.#copied !== undefined) this.#followCopy(this.#copied);
    try {
      // JSON's undefined does not exist, so that it can mean nothing.
      return isInPlace
        ? this.#places.at(offset, length)
        : this.#codec.decode(this.#memory, offset, length);
    } catch {
      return this.unreadable();
    }
  }

  /** The private memory is another one when it had to grow. */
  #followCopy({ memory }: CopiedRecords): void {
    if (memory === this.#memory) return;
    this.#memory = memory;
    this.#places = this.#codec.places(memory, "read");
  }
}
