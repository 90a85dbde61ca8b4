/**
 * Records as bytes, and what must be right about bytes that are to be a record.
 *
 * @module
 */
import { crcOf } from "./crc.ts";
import { ID_BYTES, paddedBytes, RECORD, TYPE } from "./journal-layout.ts";

/** Bytes in the forms in which records are read and written. */
export interface RecordBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** What bytes were found to be. */
export type Finding =
  | "record"
  | "seal"
  /** Nothing has been written here. */
  | "empty"
  /** Whatever else, also a record that is being written. */
  | "invalid"
  /** More bytes are needed to tell. */
  | "short";

/** The records of one journal: their CRCs have its id in them, and their place. */
export class RecordFormat {
  readonly id: Uint8Array;
  readonly #seed: number;
  /** Of the record that was examined last: its length with header and without padding, and its time. */
  size = 0;
  time = 0;

  constructor(id: Uint8Array) {
    this.id = id.slice(0, ID_BYTES);
    this.#seed = crcOf(this.id, 0, ID_BYTES, 0);
  }

  /** Writes the header of a record whose payload is there. */
  stamp(to: RecordBytes, at: number, size: number, sequence: number, time: number): void {
    this.#stamp(to, at, size, sequence, time, TYPE.record);
  }

  /** Writes the record that ends a segment. */
  stampSeal(to: RecordBytes, at: number, sequence: number, time: number): void {
    this.#stamp(to, at, RECORD.payload, sequence, time, TYPE.seal);
  }

  /**
   * Tells what is somewhere.
   *
   * @param end How far there are bytes.
   * @param room How many bytes of the segment there are from here on.
   * @param sequence Which record it must be.
   * @param floor The time before which it cannot be.
   */
  examine(
    { bytes, view }: RecordBytes,
    at: number,
    end: number,
    room: number,
    sequence: number,
    floor: number,
  ): Finding {
    if (room < RECORD.payload) return "invalid";
    if (end - at < RECORD.payload) return "short";
    const size = view.getUint32(at + RECORD.size, true);
    this.size = size;
    if (size === 0) return "empty";
    if (size < RECORD.payload || size > room) return "invalid";
    if (view.getFloat64(at + RECORD.sequence, true) !== sequence) return "invalid";
    const time = view.getFloat64(at + RECORD.time, true);
    if (!(time >= floor)) return "invalid";
    if (at + size > end) return "short";
    const type = view.getUint32(at + RECORD.type, true);
    if (type !== TYPE.record && type !== TYPE.seal) return "invalid";
    if (type === TYPE.record && paddedBytes(size) > room - RECORD.payload) return "invalid";
    const crc = view.getUint32(at + RECORD.crc, true);
    if (crcOf(bytes, at + RECORD.sequence, at + size, this.#seed ^ size) !== crc) return "invalid";
    this.time = time;
    return type === TYPE.record ? "record" : "seal";
  }

  #stamp(
    { bytes, view }: RecordBytes,
    at: number,
    size: number,
    sequence: number,
    time: number,
    type: number,
  ): void {
    view.setUint32(at + RECORD.size, size, true);
    view.setFloat64(at + RECORD.sequence, sequence, true);
    view.setFloat64(at + RECORD.time, time, true);
    view.setUint32(at + RECORD.type, type, true);
    view.setUint32(at + RECORD.type + 4, 0, true);
    const end = at + paddedBytes(size);
    for (let pad = at + size; pad < end; pad++) bytes[pad] = 0;
    const crc = crcOf(bytes, at + RECORD.sequence, at + size, this.#seed ^ size);
    view.setUint32(at + RECORD.crc, crc, true);
  }
}
