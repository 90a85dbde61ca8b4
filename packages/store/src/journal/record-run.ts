/**
 * Records on their way into a journal, in frames as they will lie there. They are encoded before anybody waits: that runs a program's
 * getters.
 *
 * @module
 */
import { outOfRange } from "@isthmus/core/internal";
import { type RecordCodec, RecordMemory } from "@isthmus/ipc/internal";
import {
  FRAME,
  FRAME_BYTES_MAX,
  FRAME_BYTES_MIN,
  nextRecord,
  paddedBytes,
  RECORD,
} from "./journal-layout.ts";
import type { RecordFormat } from "./record-format.ts";

const FIRST_BYTES = 4096;
/** What has been reserved beyond this is given back. */
const KEPT_BYTES = 2 ** 22;

/** Records that are appended together. */
export class RecordRun {
  private readonly codec: RecordCodec;
  private readonly payloadBytesMax: number;
  private frameBytesMax = 0;
  /** Where the last frame begins, how many records it has, and where the next one of it goes. */
  private frame = 0;
  private frameCount = 0;
  private at: number = FRAME.records;
  /** Where the frames are, from byte 0 on. */
  memory: RecordMemory = newMemory(FIRST_BYTES);
  /** Where the last one ends, with its padding. */
  end = 0;
  /** How many records there are. */
  count = 0;
  /** Bytes of their payloads. */
  payloadBytes = 0;

  constructor(codec: RecordCodec, payloadBytesMax: number, frameBytesMax?: number) {
    this.codec = codec;
    this.payloadBytesMax = payloadBytesMax;
    this.clear(frameBytesMax);
  }

  /**
   * Forgets all records.
   *
   * @param frameBytesMax Frames that are longer have one record only.
   */
  clear(frameBytesMax: number = FRAME_BYTES_MAX): void {
    this.frameBytesMax = Math.min(frameBytesMax, this.payloadBytesMax + FRAME_BYTES_MIN);
    this.frame = 0;
    this.frameCount = 0;
    this.at = FRAME.records;
    this.end = 0;
    this.count = 0;
    this.payloadBytes = 0;
    if (this.memory.bytes.length > KEPT_BYTES) this.memory = newMemory(FIRST_BYTES);
  }

  /**
   * Adds a record.
   *
   * @throws {TypeError | RangeError} When the schema does not allow it, or it is longer than a segment.
   */
  add(record: unknown): void {
    const lengthBytes = this.codec.measure(record);
    if (lengthBytes > this.payloadBytesMax) {
      throw outOfRange("record", `at most ${this.payloadBytesMax} bytes`, lengthBytes);
    }
    let at = this.at;
    if (at + RECORD.payload + lengthBytes - this.frame > this.frameBytesMax) {
      at = this.#beginFrame();
    }
    const next = nextRecord(at, lengthBytes);
    if (next + RECORD.payload > this.memory.bytes.length) this.#grow(next + RECORD.payload);
    const memory = this.memory;
    const { view } = memory;
    // What is behind the payload, up to where the next one begins, or the next frame.
    view.setUint32(next - 8, 0, true);
    view.setUint32(next - 4, 0, true);
    view.setUint32(next, 0, true);
    view.setUint32(at + RECORD.length, lengthBytes, true);
    this.codec.encode(memory, at + RECORD.payload, record);
    const size = at + RECORD.payload + lengthBytes - this.frame;
    view.setUint32(this.frame + FRAME.size, size, true);
    view.setUint32(this.frame + FRAME.count, ++this.frameCount, true);
    this.at = next;
    this.end = this.frame + paddedBytes(size);
    this.count++;
    this.payloadBytes += lengthBytes;
  }

  /** Where those frames end, from one on, that fit into so many bytes. */
  fitting(from: number, roomBytes: number): number {
    let end = from;
    while (end < this.end) {
      const next = this.#behind(end);
      if (next - from > roomBytes) break;
      end = next;
    }
    return end;
  }

  /** Gives frames their places in the journal; returns how many records they have. */
  stamp(format: RecordFormat, start: number, end: number, sequence: number, time: number): number {
    let next = sequence;
    for (let frame = start; frame < end; frame = this.#behind(frame)) {
      format.stamp(this.memory, frame, next, time);
      next += this.#countAt(frame);
    }
    return next - sequence;
  }

  /** Hands out the bytes of each frame, with its padding, and how many records it has. */
  forEachFrame(visit: (bytes: Uint8Array, count: number) => void): void {
    for (let frame = 0; frame < this.end; ) {
      const next = this.#behind(frame);
      visit(this.memory.bytes.subarray(frame, next), this.#countAt(frame));
      frame = next;
    }
  }

  #countAt(frame: number): number {
    return this.memory.view.getUint32(frame + FRAME.count, true);
  }

  /** Where the frame behind another one begins. */
  #behind(frame: number): number {
    return frame + paddedBytes(this.memory.view.getUint32(frame + FRAME.size, true));
  }

  /** Begins another frame, unless this one has no record yet; returns where its first record goes. */
  #beginFrame(): number {
    this.frame = this.end;
    this.frameCount = 0;
    this.at = this.frame + FRAME.records;
    return this.at;
  }

  #grow(bytes: number): void {
    const memory = newMemory(Math.ceil((bytes * 1.5) / 8) * 8);
    memory.bytes.set(this.memory.bytes.subarray(0, this.end));
    this.memory = memory;
  }
}

/** Memory for so many bytes of frames. */
export function newMemory(bytes: number): RecordMemory {
  return new RecordMemory(new Uint8Array(new ArrayBuffer(bytes)));
}
