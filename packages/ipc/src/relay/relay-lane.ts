/**
 * One lane as somebody empties it who carries its records elsewhere: as bytes, with their positions, and not released before
 * they have arrived there.
 *
 * ```text
 *   records of one size     one behind the other
 *   records of any size     0 ┌ length   u32   bytes of the record
 *                           4 │ end      u32   position behind it, from the first one of the batch on
 *                           8 └ record   length bytes
 * ```
 *
 * @module
 */
import type { LaneReader } from "../flow/lane-reader.ts";
import type { RecordMemory } from "../flow/record-codec.ts";
import { LappedReader } from "../ring/broadcast-lapped.ts";
import type { ByteReading, FixedReading, RecordPlace } from "../ring/broadcast-reading.ts";

/** Bytes before each record of any size. */
const RELAY_RECORD_HEADER_BYTES = 8;

/** Records of one lane that follow each other. */
export interface RelayBatch {
  /** Position of the first one: that behind the last one of the batch before, unless something is missing between them. */
  readonly from: number;
  /** Position behind the last one. */
  readonly to: number;
  readonly count: number;
  /** How many are known to be missing before the first one. */
  readonly lost: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** What was handed out and has not been released. */
interface Handed {
  readonly to: number;
  readonly count: number;
  readonly bytes: number;
}

/** The lane. Positions count records of one size, else units of 8 bytes; they are whole numbers below 2^53. */
export class RelayLane {
  readonly lane: number;
  readonly #reader: LaneReader;
  readonly #oldest: () => number;
  readonly #onRelease: () => void;
  readonly #handed: Handed[] = [];
  readonly #place: RecordPlace = { offset: 0, length: 0 };
  #next: number;
  #released: number;
  #corruptions = 0;

  /**
   * @param reader The lane, nothing of which has been read.
   * @param position Where it is, in full.
   * @param oldest The oldest position that is still there.
   * @param onRelease Called when something was released.
   */
  constructor(reader: LaneReader, position: number, oldest: () => number, onRelease: () => void) {
    this.lane = reader.lane;
    this.#reader = reader;
    this.#next = position;
    this.#released = position;
    this.#oldest = oldest;
    this.#onRelease = onRelease;
  }

  /** Position of what `take` gives next. */
  get next(): number {
    return this.#next;
  }

  /** Everything before it has been released. */
  get released(): number {
    return this.#released;
  }

  /** More than 0 when there is something to be taken: roughly how much, as positions count. */
  available(): number {
    return this.#reader.ring.available();
  }

  /**
   * Copies records out. They stay where they are until `release`, where senders wait for that.
   *
   * @param bytesMax How many bytes of payload at most; one record is given, however long it is.
   * @returns Undefined when there is nothing.
   */
  take(bytesMax: number): RelayBatch | undefined {
    const { shape, geometry } = this.#reader.source;
    const batch =
      shape.struct === undefined
        ? this.#takeBytes(this.#reader.ring as ByteReading, bytesMax)
        : this.#takeSlots(this.#reader.ring as FixedReading, geometry.recordBytes, bytesMax);
    if (batch !== undefined) {
      const { to, count, payload } = batch;
      this.#handed.push({ to, count, bytes: payload.length });
    }
    return batch;
  }

  /** Gives back the room of everything before a position that was handed out. */
  release(to: number): void {
    if (to <= this.#released) return;
    const { counters } = this.#reader.source;
    while (this.#handed.length > 0 && (this.#handed[0] as Handed).to <= to) {
      const { count, bytes } = this.#handed.shift() as Handed;
      counters.addRecords(count, bytes);
    }
    this.#reader.ring.releaseTo(to);
    this.#released = to;
    this.#onRelease();
  }

  /**
   * Goes on at another position, at which a record begins.
   *
   * @returns Where it really goes on: further on, when what was there is gone.
   */
  goTo(position: number): number {
    this.#handed.length = 0;
    const { ring } = this.#reader;
    let at = Math.max(position, this.#oldest());
    ring.goTo(at);
    // Where publishers wait for this reader, they do from now on; what they had overwritten by then is gone.
    const oldest = this.#oldest();
    if (oldest > at) {
      at = oldest;
      ring.goTo(at);
    }
    this.#next = at;
    this.#released = Math.min(this.#released, at);
    return at;
  }

  #takeSlots(ring: FixedReading, recordBytes: number, bytesMax: number): RelayBatch | undefined {
    const { adjacent, from, lost } = this.#look(() => ring.adjacent());
    if (adjacent === 0) return undefined;
    const { slotBytes } = this.#reader.source.geometry;
    const count = Math.min(adjacent, Math.max(1, Math.floor(bytesMax / recordBytes)));
    const payload = Buffer.allocUnsafeSlow(count * recordBytes);
    const { bytes } = this.#memory;
    const at = ring.slot * slotBytes;
    if (slotBytes === recordBytes) {
      bytes.copy(payload, 0, at, at + payload.length);
    } else {
      for (let i = 0; i < count; i++) {
        const start = at + i * slotBytes;
        bytes.copy(payload, i * recordBytes, start, start + recordBytes);
      }
    }
    ring.advance(count);
    this.#next = from + count;
    return { from, to: this.#next, count, lost, payload };
  }

  #takeBytes(ring: ByteReading, bytesMax: number): RelayBatch | undefined {
    const { adjacent, from, lost } = this.#look(() => (ring.available() > 0 ? 1 : 0));
    if (adjacent === 0) return undefined;
    const { timestampBytes } = this.#reader.source.geometry;
    const place = this.#place;
    const { laps } = ring;
    const parts: Buffer[] = [];
    let length = 0;
    let to = from;
    // A lap in between ends the batch: what follows does not follow.
    while (length < bytesMax && ring.laps === laps && ring.corruptions === this.#corruptions) {
      if (!ring.take(place)) break;
      const head = Math.min(timestampBytes, place.length);
      const recordBytes = place.length - head;
      const entryBytes = RELAY_RECORD_HEADER_BYTES + recordBytes;
      if (length + entryBytes > bytesMax && length > 0) {
        ring.putBack();
        break;
      }
      to = this.#whole(to);
      const entry = Buffer.allocUnsafe(entryBytes);
      entry.writeUInt32LE(recordBytes, 0);
      entry.writeUInt32LE(to - from, 4);
      const start = place.offset + head;
      this.#memory.bytes.copy(entry, RELAY_RECORD_HEADER_BYTES, start, start + recordBytes);
      parts.push(entry);
      length += entryBytes;
    }
    if (parts.length === 0) return undefined;
    this.#next = to;
    const payload = Buffer.concat(parts, length) as Buffer<ArrayBuffer>;
    return { from, to, count: parts.length, lost, payload };
  }

  /** Looks for records; where they do not follow those before, `from` says where they are. */
  #look(adjacent: () => number): { adjacent: number; from: number; lost: number } {
    const { ring } = this.#reader;
    let count = adjacent();
    const isElsewhere = this.#reader.isLapped || ring.corruptions !== this.#corruptions;
    if (!isElsewhere) return { adjacent: count, from: this.#next, lost: 0 };
    this.#corruptions = ring.corruptions;
    const lost = this.#reader.takeOverrun();
    if (count === 0) count = adjacent();
    return { adjacent: count, from: this.#whole(this.#next), lost };
  }

  /** Where the ring is, in full: not before a position. */
  #whole(least: number): number {
    const { ring } = this.#reader;
    if (ring instanceof LappedReader) return ring.whole;
    return least + ((ring.position - (least | 0)) >>> 0);
  }

  /** Where records are read: what they are copied into is another one when it had to grow. */
  get #memory(): RecordMemory {
    const { copied, memory } = this.#reader.source;
    return copied?.memory ?? memory;
  }
}
