/**
 * One lane as a receiving end empties it, whatever its records are, and whether they are read in the ring or in a copy.
 *
 * @module
 */
import { outOfRange, refuseAsync } from "@isthmus/core/internal";
import type { Counters } from "../metrics/counters.ts";
import type { ByteReading, FixedReading } from "../ring/broadcast-reading.ts";
import type { Anchor } from "../struct/cursor.ts";
import type { Fields, StructSchema } from "../struct/struct-schema.ts";
import { anchorOf } from "./anchor.ts";
import type { CopiedRecords } from "./copied-records.ts";
import type { RecordMemory } from "./record-codec.ts";
import { TIMESTAMP_BYTES } from "./record-layout.ts";
import type { SchemaShape } from "./record-schema.ts";
import type { RecordGeometry } from "./record-segment.ts";
import type { TravelTimes } from "./travel-times.ts";

/** Is given each record in place. */
// biome-ignore lint/suspicious/noExplicitAny: typed by Receiver.poll.
export type RecordHandler = (record: any) => unknown;

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
  /** Its positions. */
  abstract readonly ring: FixedReading | ByteReading;
  /** What it was made of. */
  readonly source: LaneToRead;
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
  constructor(source: LaneToRead, length: number) {
    this.source = source;
    this.lane = source.lane;
    this.#counters = source.counters;
    this.#dueLength = length / RELEASE_SHARE;
  }

  /** Hands records out in place, and releases them; returns how many. None while `isLapped`. */
  abstract poll(handler: RecordHandler, limit: number): number;

  /**
   * Copies the next record out; undefined when there is none, and while `isLapped`. It stays until `release`.
   *
   * @param into Where the record's bytes are copied to, instead of being decoded.
   * @returns The record; its length if `into` is given.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when `into` is too small: nothing has been taken.
   */
  abstract take(into?: Uint8Array): unknown;

  /** Passes over all that is there but the newest record, and gives its room back; returns over how many. */
  abstract skipOlder(): number;

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

/**
 * Checks that there is room for the bytes of a record.
 *
 * @throws {RangeError} `ERR_OUT_OF_RANGE`
 */
export function checkFits({ length }: Uint8Array, recordBytes: number): void {
  if (recordBytes <= length) return;
  throw outOfRange("buffer.length", `>= ${recordBytes}, the length of the next record`, length);
}

/** Records of one size: slot after slot. */
export class StructReader extends LaneReader {
  readonly ring: FixedReading;
  readonly #schema: StructSchema<Fields>;
  readonly #view: DataView<ArrayBuffer>;
  readonly #cursor: object;
  /** Where the cursor stands. */
  readonly #anchor: Anchor;
  readonly #slotBytes: number;
  readonly #slotCount: number;
  readonly #times: TravelTimes | undefined;
  /** What the user gave to the `poll` that is running. */
  #handler: RecordHandler = () => {};
  /** One function for all polls: a closure for each would be garbage. */
  readonly #noteAndHandle: RecordHandler = (cursor) => {
    this.#noteTime(this.#anchor.base);
    return this.#handler(cursor);
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
    this.#slotCount = ringBytes / slotBytes;
    this.#times = source.times;
  }

  poll(handler: RecordHandler, limit: number): number {
    if (this.#times === undefined) return this.#handOut(handler, limit);
    this.#handler = handler;
    return this.#handOut(this.#noteAndHandle, limit);
  }

  take(into?: Uint8Array): unknown {
    const { ring } = this;
    if (ring.available() === 0 || this.isLapped) return undefined;
    if (into !== undefined) checkFits(into, this.#schema.size);
    const offset = ring.slot * this.#slotBytes;
    ring.advance(1);
    this.#count(1);
    this.#noteTime(offset);
    if (into !== undefined) return this.#copy(offset, into);
    try {
      return this.#schema.decode(this.#view, offset);
    } catch {
      return this.unreadable();
    }
  }

  #copy(offset: number, into: Uint8Array): number {
    const { buffer, byteOffset } = this.#view;
    const { size } = this.#schema;
    into.set(new Uint8Array(buffer, byteOffset + offset, size));
    return size;
  }

  putBack(): void {
    if (this.ring.putBack()) this.#count(-1);
  }

  skipOlder(): number {
    const { ring } = this;
    let passed = 0;
    // No more than a ring holds: somebody may send faster than this passes, for ever.
    while (passed < this.#slotCount) {
      const count = ring.adjacent();
      if (count === 0 || this.isLapped) break;
      // The last one is handed out alone, so that it alone can be put back.
      ring.advance(count - 1);
      ring.advance(1);
      passed += count;
    }
    if (passed === 0) return 0;
    this.#count(passed);
    this.putBack();
    this.release();
    return passed - 1;
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
        const result = handler(cursor);
        if (result !== undefined) refuseAsync(result, "handler", "for await");
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
