/**
 * One lane as the consumer empties it, whatever its records are.
 *
 * @module
 */
import { PrivateText } from "@isthmus/core/internal";
import { anchorOf } from "../flow/anchor.ts";
import { checkRecordsHere } from "../flow/record-codec.ts";
import type { Counters } from "../metrics/counters.ts";
import { type ByteRecord, ByteRingConsumer, UNIT_BYTES } from "../ring/byte-ring.ts";
import { FixedRingConsumer } from "../ring/fixed-ring.ts";
import type { Anchor } from "../struct/cursor.ts";
import type { Fields, StructSchema } from "../struct/struct-schema.ts";
import type { Channel } from "./channel.ts";
import { TIMESTAMP_BYTES } from "./channel-layout.ts";
import type { TravelTimes } from "./travel-times.ts";

/** Is given each record in place. */
// biome-ignore lint/suspicious/noExplicitAny: typed by Consumer.poll.
export type RecordHandler = (record: any) => void;

/** Returned by `take` when a record could not be decoded: it has been skipped and counted. */
export const UNREADABLE: unique symbol = Symbol("unreadable");

/** What part of a ring is handed out before it is released. */
const RELEASE_SHARE = 4;

/** The consuming side of a lane. */
export interface LaneReader {
  /** More than 0 when there are records; how many (or how long they are) is known roughly only. */
  available(): number;
  /** Hands records out in place and releases those that were; returns how many. */
  poll(handler: RecordHandler, limit: number): number;
  /** Copies the next record out; undefined when there is none. It stays in the ring until `release`. */
  take(): unknown;
  /** Takes the record that `take` gave last back in, unless it has been released. */
  putBack(): void;
  /** Gives the room of all records that were handed out back to the producer; false when there were none. */
  release(): boolean;
  /** Whether so much has been handed out that the producer should get the room back. */
  readonly isReleaseDue: boolean;
  /** How many impossible positions, lengths and contents were found. */
  readonly corruptions: number;
}

/** A lane, and where what is read from it is counted. */
export interface LaneToRead {
  readonly channel: Channel;
  readonly lane: number;
  readonly counters: Counters;
  /** Undefined when records do not tell when they were sent. */
  readonly times: TravelTimes | undefined;
}

/** Begins to read a lane that is ready. */
export function openLaneReader(lane: LaneToRead): LaneReader {
  const { struct, mode } = lane.channel.shape;
  if (struct !== undefined) return new FixedReader(lane, struct);
  return mode === "bytes" ? new BytesReader(lane) : new JsonReader(lane);
}

/** Records of one size: slot after slot. */
class FixedReader implements LaneReader {
  readonly #ring: FixedRingConsumer;
  readonly #schema: StructSchema<Fields>;
  readonly #view: DataView<ArrayBuffer>;
  readonly #cursor: object;
  /** Where the cursor stands. */
  readonly #anchor: Anchor;
  readonly #slotBytes: number;
  /** How many slots the ring has. */
  readonly #ringLength: number;
  readonly #counters: Counters;
  readonly #times: TravelTimes | undefined;
  /** What the user gave to the `poll` that is running. */
  #handler: RecordHandler = () => {};
  /** One function for all polls: a closure for each would be garbage. */
  readonly #noteAndHandle: RecordHandler = (cursor) => {
    this.#noteTime(this.#anchor.base);
    this.#handler(cursor);
  };
  #unreadable = 0;

  constructor({ channel, lane, counters, times }: LaneToRead, schema: StructSchema<Fields>) {
    const { ringBytes, slotBytes } = channel.geometry;
    const { buffer, byteOffset } = channel.ringOf(lane);
    this.#ring = new FixedRingConsumer(
      channel.words,
      channel.laneWord(lane),
      ringBytes / slotBytes,
    );
    this.#schema = schema;
    this.#view = new DataView(buffer, byteOffset, ringBytes);
    this.#cursor = schema.cursor(this.#view, 0, { access: "read" });
    this.#anchor = anchorOf(this.#cursor);
    this.#slotBytes = slotBytes;
    this.#ringLength = ringBytes / slotBytes;
    this.#counters = counters;
    this.#times = times;
  }

  get corruptions(): number {
    return this.#ring.corruptions + this.#unreadable;
  }

  get isReleaseDue(): boolean {
    return this.#ring.unreleased * RELEASE_SHARE >= this.#ringLength;
  }

  available(): number {
    return this.#ring.available();
  }

  poll(handler: RecordHandler, limit: number): number {
    if (this.#times === undefined) return this.#handOut(handler, limit);
    this.#handler = handler;
    return this.#handOut(this.#noteAndHandle, limit);
  }

  #handOut(handler: RecordHandler, limit: number): number {
    const ring = this.#ring;
    const cursor = this.#cursor;
    const anchor = this.#anchor;
    const slotBytes = this.#slotBytes;
    const count = Math.min(ring.adjacent(), limit);
    if (count === 0) return 0;
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
      this.release();
    }
    return done;
  }

  take(): unknown {
    const ring = this.#ring;
    if (ring.available() === 0) return undefined;
    const offset = ring.slot * this.#slotBytes;
    ring.advance(1);
    this.#noteTime(offset);
    try {
      return this.#schema.decode(this.#view, offset);
    } catch {
      this.#unreadable++;
      return UNREADABLE;
    }
  }

  putBack(): void {
    this.#ring.putBack();
  }

  release(): boolean {
    const records = this.#ring.unreleased;
    if (records === 0) return false;
    this.#ring.release();
    this.#counters.addRecords(records, records * this.#schema.size);
    return true;
  }

  /** The time at which a record was sent is the last in its slot. */
  #noteTime(offset: number): void {
    this.#times?.note(this.#view.getFloat64(offset + this.#slotBytes - TIMESTAMP_BYTES, true));
  }
}

/** Records of any size, what `BytesReader` and `JsonReader` share. */
abstract class VariableReader implements LaneReader {
  protected readonly memory: Buffer<ArrayBuffer>;
  readonly #ring: ByteRingConsumer;
  /** How many units the ring has. */
  readonly #ringLength: number;
  readonly #counters: Counters;
  readonly #record: ByteRecord = { offset: 0, length: 0, tag: 0 };
  readonly #times: TravelTimes | undefined;
  #unreadable = 0;
  #records = 0;
  #bytes = 0;

  constructor({ channel, lane, counters, times }: LaneToRead) {
    const { ringBytes } = channel.geometry;
    const { buffer, byteOffset } = channel.ringOf(lane);
    const data = channel.ringOffset(lane) / 4;
    this.#ring = new ByteRingConsumer(channel.words, channel.laneWord(lane), data, ringBytes);
    this.memory = Buffer.from(buffer, byteOffset, ringBytes);
    this.#ringLength = ringBytes / UNIT_BYTES;
    this.#counters = counters;
    this.#times = times;
  }

  get corruptions(): number {
    return this.#ring.corruptions + this.#unreadable;
  }

  get isReleaseDue(): boolean {
    return this.#ring.unreleased * RELEASE_SHARE >= this.#ringLength;
  }

  available(): number {
    return this.#ring.available();
  }

  poll(handler: RecordHandler, limit: number): number {
    let done = 0;
    let isHandling = false;
    try {
      while (done < limit) {
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
    if (!this.#ring.putBack()) return;
    this.#records--;
    this.#bytes -= this.#record.length;
  }

  release(): boolean {
    if (this.#ring.unreleased === 0) return false;
    this.#ring.release();
    this.#counters.addRecords(this.#records, this.#bytes);
    this.#records = 0;
    this.#bytes = 0;
    return true;
  }

  /** What a record is to the user; a copy of its own unless `inPlace`. */
  protected abstract decode(offset: number, length: number, inPlace: boolean): unknown;

  #next(inPlace: boolean): unknown {
    const record = this.#record;
    checkRecordsHere(this.memory);
    if (!this.#ring.next(record)) return undefined;
    if (this.#times !== undefined) this.#takeTime(record, this.#times);
    this.#records++;
    this.#bytes += record.length;
    try {
      return this.decode(record.offset, record.length, inPlace);
    } catch {
      this.#unreadable++;
      return UNREADABLE;
    }
  }

  /** Takes the time at which a record was sent from the front of its payload; without one, it is of time 0. */
  #takeTime(record: ByteRecord, times: TravelTimes): void {
    const bytes = Math.min(TIMESTAMP_BYTES, record.length);
    times.note(bytes === TIMESTAMP_BYTES ? this.memory.readDoubleLE(record.offset) : 0);
    record.offset += bytes;
    record.length -= bytes;
  }
}

class BytesReader extends VariableReader {
  protected decode(offset: number, length: number, inPlace: boolean): Uint8Array<ArrayBuffer> {
    const { buffer, byteOffset } = this.memory;
    const view = new Uint8Array(buffer, byteOffset + offset, length);
    return inPlace ? view : view.slice();
  }
}

class JsonReader extends VariableReader {
  readonly #text = new PrivateText();

  protected decode(offset: number, length: number): unknown {
    return JSON.parse(this.#text.read(this.memory, offset, offset + length));
  }
}
