/**
 * Frames of records as bytes, and what must be right about bytes that are to be a frame.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { crcOf } from "./crc.ts";
import {
  FRAME,
  FRAME_BYTES_MIN,
  ID_BYTES,
  isTime,
  nextRecord,
  paddedBytes,
  RECORD,
  RECORD_BYTES_MIN,
} from "./journal-layout.ts";

/** Bytes in the forms in which records are read and written. */
export interface RecordBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** What bytes were found to be. */
export type Finding =
  | "frame"
  | "seal"
  /** Nothing has been written here. */
  | "empty"
  /** Whatever else, also a frame that is being written. */
  | "invalid"
  /** More bytes are needed to tell. */
  | "short";

/** The frames of one journal: their CRCs have its id in them, and their place. */
export class RecordFormat {
  readonly id: Uint8Array;
  readonly #seed: number;
  /** Of the frame that was examined last: its length with header and without padding, its time, and how many records it has. */
  size = 0;
  time = 0;
  count = 0;

  constructor(id: Uint8Array) {
    this.id = id.slice(0, ID_BYTES);
    this.#seed = crc32(this.id);
  }

  /** Gives a frame, whose size, count and records are there, its place in the journal. */
  stamp(to: RecordBytes, at: number, sequence: number, time: number): void {
    const { view } = to;
    const size = view.getUint32(at + FRAME.size, true);
    view.setFloat64(at + FRAME.sequence, sequence, true);
    view.setFloat64(at + FRAME.time, time, true);
    const crc = crcOf(to, at + FRAME.sequence, at + size, this.#seed ^ size);
    view.setUint32(at + FRAME.crc, crc, true);
  }

  /** Writes the frame that ends a segment. */
  stampSeal(to: RecordBytes, at: number, sequence: number, time: number): void {
    to.view.setUint32(at + FRAME.size, FRAME_BYTES_MIN, true);
    to.view.setUint32(at + FRAME.count, 0, true);
    to.view.setUint32(at + FRAME.records, 0, true);
    this.stamp(to, at, sequence, time);
  }

  /**
   * Tells what is somewhere.
   *
   * @param end How far there are bytes.
   * @param room How many bytes of the segment there are from here on.
   * @param sequence With which record it must begin.
   * @param floor The time before which it cannot be.
   */
  examine(
    from: RecordBytes,
    at: number,
    end: number,
    room: number,
    sequence: number,
    floor: number,
  ): Finding {
    if (room < FRAME_BYTES_MIN) return "invalid";
    if (end - at < FRAME_BYTES_MIN) return "short";
    const { view } = from;
    const size = view.getUint32(at + FRAME.size, true);
    this.size = size;
    if (size === 0) return "empty";
    if (size < FRAME_BYTES_MIN || size > room) return "invalid";
    if (view.getFloat64(at + FRAME.sequence, true) !== sequence) return "invalid";
    const time = view.getFloat64(at + FRAME.time, true);
    if (!(time >= floor) || !isTime(time)) return "invalid";
    const count = view.getUint32(at + FRAME.count, true);
    if (count > 0 && paddedBytes(size) > room - FRAME_BYTES_MIN) return "invalid";
    if (at + size > end) return "short";
    const crc = view.getUint32(at + FRAME.crc, true);
    if (crcOf(from, at + FRAME.sequence, at + size, this.#seed ^ size) !== crc) return "invalid";
    if (!hasRecords(view, at, size, count)) return "invalid";
    this.time = time;
    this.count = count;
    return count > 0 ? "frame" : "seal";
  }
}

/** Whether so many records are in a frame and nothing else. */
function hasRecords(view: DataView, start: number, size: number, count: number): boolean {
  if (count === 0) return size === FRAME_BYTES_MIN;
  if (count > size / RECORD_BYTES_MIN) return false;
  const end = start + size;
  let at = start + FRAME.records;
  for (let left = count; ; left--) {
    const lengthBytes = view.getUint32(at + RECORD.length, true);
    const stop = at + RECORD.payload + lengthBytes;
    if (left === 1 || stop > end) return stop === end;
    at = nextRecord(at, lengthBytes);
    if (at + RECORD.payload > end) return false;
  }
}
