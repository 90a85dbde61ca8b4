/**
 * One lane as a receiving end empties it, whatever its records are, and whether they are read in the ring or in a copy.
 *
 * @module
 */

import type { Counters } from "../metrics/counters.ts";
import type { ByteReading, FixedReading } from "../ring/broadcast-reading.ts";
import { type ByteRecord, UNIT_BYTES } from "../ring/byte-ring.ts";
import type { Anchor } from "../struct/cursor.ts";
import type { Fields, StructSchema } from "../struct/struct-schema.ts";
import { anchorOf } from "./anchor.ts";
import type { CopiedRecords } from "./copied-records.ts";
import {
  checkRecordsHere,
  codecOf,
  type PlaceReader,
  type RecordCodec,
  type RecordMemory,
} from "./record-codec.ts";
import { TIMESTAMP_BYTES } from "./record-layout.ts";
import type { SchemaShape } from "./record-schema.ts";
import type { RecordGeometry } from "./record-segment.ts";
import type { TravelTimes } from "./travel-times.ts";

/** Is given each record in place. */
// biome-ignore lint/suspicious/noExplicitAny: typed by Receiver.poll.
export type RecordHandler = (record: any) => void;

/** Returned by `take` when a record could not be decoded: it has been skipped and counted. */
export const UNREADABLE: unique symbol = Symbol("unreadable");

/** What part of a ring is handed out before it is released. */
const RELEASE_SHARE = 4;

/** A lane, and where what is read from it is counted. */
export interface LaneToRead {
  readonly lane: number;
  readonly shape: SchemaShape;
  readonly geometry: RecordGeometry;
  readonly counters: Counters;
  /** Where its records are read: in the ring, or where they are copied to. */
  readonly memory: RecordMemory;
  /** What records are copied into; undefined when they are read in the ring. */
  readonly copied?: CopiedRecords | undefined;
  /** Undefined when records do not tell when they were sent. */
  readonly times?: TravelTimes | undefined;
}

/** The receiving side of a lane. */
export abstract class LaneReader {
  readonly lane: number;
  protected abstract readonly ring: FixedReading | ByteReading;
  readonly #counters: Counters;
  /** How much is handed out before it is to be released, in slots or units. */
  readonly #dueLength: number;
  /** What has been handed out and is counted with its release. */
  protected records = 0;
  protected bytes = 0;
  #unreadable = 0;
  #toldLost = 0;
  #toldLaps = 0;

  /**
   * @param source The lane.
   * @param length How many slots or units the ring has.
   */
  constructor({ lane, counters }: LaneToRead, length: number) {
    this.lane = lane;
    this.#counters = counters;
    this.#dueLength = length / RELEASE_SHARE;
  }

  /** Hands records out in place, and releases them; returns how many. None while `isLapped`. */
  abstract poll(handler: RecordHandler, limit: number): number;

  /** Copies the next record out; undefined when there is none, and while `isLapped`. It stays until `release`. */
  abstract take(): unknown;

  /** Takes the record that `take` gave last back in, unless it has been released or lost. */
  abstract putBack(): void;

  /** More than 0 when there are records; how many (or how long they are) is known roughly only. */
  available(): number {
    return this.ring.available();
  }

  /** Says that all records that were handed out have been read; false when there were none. */
  release(): boolean {
    if (!this.ring.release()) return false;
    this.#counters.addRecords(this.records, this.bytes);
    this.records = 0;
    this.bytes = 0;
    return true;
  }

  /** Whether so much has been handed out that the sender should get the room back. */
  get isReleaseDue(): boolean {
    return this.ring.unreleased >= this.#dueLength;
  }

  /** How many impossible positions, lengths and contents were found. */
  get corruptions(): number {
    return this.ring.corruptions + this.#unreadable;
  }

  /** How many records were overwritten before they were read. */
  get lost(): number {
    return this.ring.lost;
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
    this.#counters.add("drops", lost);
    return lost;
  }

  protected unreadable(): typeof UNREADABLE {
    this.#unreadable++;
    return UNREADABLE;
  }
}

/** Records of one size: slot after slot. */
export class StructReader extends LaneReader {
  protected readonly ring: FixedReading;
  readonly #schema: StructSchema<Fields>;
  readonly #view: DataView<ArrayBuffer>;
  readonly #cursor: object;
  /** Where the cursor stands. */
  readonly #anchor: Anchor;
  readonly #slotBytes: number;
  readonly #times: TravelTimes | undefined;
  /** What the user gave to the `poll` that is running. */
  #handler: RecordHandler = () => {};
  /** One function for all polls: a closure for each would be garbage. */
  readonly #noteAndHandle: RecordHandler = (cursor) => {
    this.#noteTime(this.#anchor.base);
    this.#handler(cursor);
  };

  constructor(source: LaneToRead, ring: FixedReading, schema: StructSchema<Fields>) {
    const { ringBytes, slotBytes } = source.geometry;
    super(source, ringBytes / slotBytes);
    this.ring = ring;
    this.#schema = schema;
    this.#view = source.memory.view;
    this.#cursor = schema.cursor(this.#view, 0, { access: "read" });
    this.#anchor = anchorOf(this.#cursor);
    this.#slotBytes = slotBytes;
    this.#times = source.times;
  }

  poll(handler: RecordHandler, limit: number): number {
    if (this.#times === undefined) return this.#handOut(handler, limit);
    this.#handler = handler;
    return this.#handOut(this.#noteAndHandle, limit);
  }

  take(): unknown {
    const { ring } = this;
    if (ring.available() === 0 || this.isLapped) return undefined;
    const offset = ring.slot * this.#slotBytes;
    ring.advance(1);
    this.#count(1);
    this.#noteTime(offset);
    try {
      return this.#schema.decode(this.#view, offset);
    } catch {
      return this.unreadable();
    }
  }

  putBack(): void {
    if (this.ring.putBack()) this.#count(-1);
  }

  #handOut(handler: RecordHandler, limit: number): number {
    const { ring } = this;
    const cursor = this.#cursor;
    const anchor = this.#anchor;
    const slotBytes = this.#slotBytes;
    const count = Math.min(ring.adjacent(), limit);
    if (count === 0 || this.isLapped) return 0;
    let at = ring.slot * slotBytes;
    let done = 0;
    try {
      while (done < count) {
        anchor.base = at;
        at += slotBytes;
        handler(cursor);
        // Counted when it has been handled: the record of a handler that throws comes again.
        done++;
      }
    } finally {
      ring.advance(done);
      this.#count(done);
      this.release();
    }
    return done;
  }

  #count(records: number): void {
    this.records += records;
    this.bytes += records * this.#schema.size;
  }

  /** The time at which a record was sent is the last in its slot. */
  #noteTime(offset: number): void {
    this.#times?.note(this.#view.getFloat64(offset + this.#slotBytes - TIMESTAMP_BYTES, true));
  }
}

/** Records of any size: bytes, and JSON. */
export class VariableReader extends LaneReader {
  protected readonly ring: ByteReading;
  readonly #codec: RecordCodec;
  readonly #copied: CopiedRecords | undefined;
  readonly #times: TravelTimes | undefined;
  readonly #record: ByteRecord = { offset: 0, length: 0, tag: 0 };
  /** How many records the ring can have. */
  readonly #recordsMax: number;
  #memory: RecordMemory;
  #places: PlaceReader;

  constructor(source: LaneToRead, ring: ByteReading) {
    const recordsMax = source.geometry.ringBytes / UNIT_BYTES;
    super(source, recordsMax);
    this.ring = ring;
    this.#codec = codecOf(source.shape);
    this.#copied = source.copied;
    this.#times = source.times;
    this.#recordsMax = recordsMax;
    this.#memory = source.memory;
    this.#places = this.#codec.places(this.#memory, "read");
  }

  poll(handler: RecordHandler, limit: number): number {
    let done = 0;
    let isHandling = false;
    try {
      // No more than a ring holds: somebody may write nonsense faster than it is skipped.
      for (let seen = 0; done < limit && seen < this.#recordsMax; seen++) {
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

  putBack(): void {
    if (!this.ring.putBack()) return;
    this.records--;
    this.bytes -= this.#record.length;
  }

  #next(isInPlace: boolean): unknown {
    const record = this.#record;
    checkRecordsHere(this.#memory.bytes);
    if (this.isLapped || !this.ring.take(record)) return undefined;
    if (this.#copied !== undefined) this.#followCopy(this.#copied);
    if (this.#times !== undefined) this.#takeTime(record, this.#times);
    const { offset, length } = record;
    this.records++;
    this.bytes += length;
    try {
      // JSON's undefined does not exist, so that it can mean nothing.
      return isInPlace
        ? this.#places.at(offset, length)
        : this.#codec.decode(this.#memory, offset, length);
    } catch {
      return this.unreadable();
    }
  }

  /** Takes the time at which a record was sent from the front of its payload; without one, it is of time 0. */
  #takeTime(record: ByteRecord, times: TravelTimes): void {
    const bytes = Math.min(TIMESTAMP_BYTES, record.length);
    times.note(bytes === TIMESTAMP_BYTES ? this.#memory.bytes.readDoubleLE(record.offset) : 0);
    record.offset += bytes;
    record.length -= bytes;
  }

  /** The private memory is another one when it had to grow. */
  #followCopy({ memory }: CopiedRecords): void {
    if (memory === this.#memory) return;
    this.#memory = memory;
    this.#places = this.#codec.places(memory, "read");
  }
}
