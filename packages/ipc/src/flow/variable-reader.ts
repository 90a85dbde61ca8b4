/**
 * One lane of records of any size as a receiving end empties it.
 *
 * @module
 */
import { refuseAsync } from "@isthmus/core/internal";
import type { ByteReading } from "../ring/broadcast-reading.ts";
import { type ByteRecord, UNIT_BYTES } from "../ring/byte-ring.ts";
import type { CopiedRecords } from "./copied-records.ts";
import {
  checkFits,
  LaneReader,
  type LaneToRead,
  type RecordHandler,
  UNREADABLE,
} from "./lane-reader.ts";
import {
  checkRecordsHere,
  codecOf,
  type PlaceReader,
  type RecordCodec,
  type RecordMemory,
} from "./record-codec.ts";
import { TIMESTAMP_BYTES } from "./record-layout.ts";
import type { TravelTimes } from "./travel-times.ts";

/** Records of any size: bytes, and JSON. */
export class VariableReader extends LaneReader {
  readonly ring: ByteReading;
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
        const result = handler(record);
        if (result !== undefined) refuseAsync(result, "handler", "for await");
        isHandling = false;
        done++;
      }
    } finally {
      if (isHandling) this.putBack();
      this.release();
    }
    return done;
  }

  take(into?: Uint8Array): unknown {
    return this.#next(false, into);
  }

  skipOlder(): number {
    const { ring } = this;
    const record = this.#record;
    let passed = 0;
    let bytes = 0;
    checkRecordsHere(this.#memory.bytes);
    while (passed < this.#recordsMax && !this.isLapped && ring.take(record)) {
      passed++;
      bytes += record.length;
    }
    if (passed === 0) return 0;
    this.records += passed;
    this.bytes += bytes;
    this.putBack();
    this.release();
    return passed - 1;
  }

  putBack(): void {
    if (!this.ring.putBack()) return;
    this.records--;
    this.bytes -= this.#record.length;
  }

  #next(isInPlace: boolean, into?: Uint8Array): unknown {
    const record = this.#record;
    checkRecordsHere(this.#memory.bytes);
    if (this.isLapped || !this.ring.take(record)) return undefined;
    if (this.#copied !== undefined) this.#followCopy(this.#copied);
    if (into !== undefined) this.#checkFits(into);
    if (this.#times !== undefined) this.#takeTime(record, this.#times);
    const { offset, length } = record;
    this.records++;
    this.bytes += length;
    if (into !== undefined) return this.#copy(into);
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

  #copy(into: Uint8Array): number {
    const { offset, length } = this.#record;
    into.set(this.#memory.bytes.subarray(offset, offset + length));
    return length;
  }

  /** Takes the record back in when it does not fit. */
  #checkFits(into: Uint8Array): void {
    const timeBytes = this.#times === undefined ? 0 : TIMESTAMP_BYTES;
    try {
      checkFits(into, Math.max(0, this.#record.length - timeBytes));
    } catch (error) {
      this.ring.putBack();
      throw error;
    }
  }

  /** The private memory is another one when it had to grow. */
  #followCopy({ memory }: CopiedRecords): void {
    if (memory === this.#memory) return;
    this.#memory = memory;
    this.#places = this.#codec.places(memory, "read");
  }
}
