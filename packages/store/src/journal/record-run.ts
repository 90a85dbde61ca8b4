/**
 * Records on their way into a journal. They are encoded before anybody waits: that runs a program's getters.
 *
 * @module
 */
import { outOfRange } from "@isthmus/core/internal";
import { type RecordCodec, RecordMemory } from "@isthmus/ipc/internal";
import { paddedBytes, RECORD } from "./journal-layout.ts";
import type { RecordFormat } from "./record-format.ts";

const FIRST_BYTES = 4096;
/** What has been reserved beyond this is given back. */
const KEPT_BYTES = 2 ** 22;

/** Records that fit: how many, what they take, and what the last one of them takes. */
export interface Fitting {
  readonly count: number;
  readonly bytes: number;
  readonly lastBytes: number;
}

/** Records that are appended together. */
export class RecordRun {
  readonly #codec: RecordCodec;
  readonly #payloadBytesMax: number;
  /** Of each record, with its header and without padding. */
  readonly #sizes: number[] = [];
  #memory = newMemory(FIRST_BYTES);
  #end = 0;
  #payloadBytes = 0;

  constructor(codec: RecordCodec, payloadBytesMax: number) {
    this.#codec = codec;
    this.#payloadBytesMax = payloadBytesMax;
  }

  /** Forgets all records. */
  clear(): void {
    this.#sizes.length = 0;
    this.#end = 0;
    this.#payloadBytes = 0;
    if (this.#memory.bytes.length > KEPT_BYTES) this.#memory = newMemory(FIRST_BYTES);
  }

  /**
   * Adds a record.
   *
   * @throws {TypeError | RangeError} When the schema does not allow it, or it is longer than a segment.
   */
  add(record: unknown): void {
    const lengthBytes = this.#codec.measure(record);
    if (lengthBytes > this.#payloadBytesMax) {
      throw outOfRange("record", `at most ${this.#payloadBytesMax} bytes`, lengthBytes);
    }
    const size = RECORD.payload + lengthBytes;
    const end = this.#end + paddedBytes(size);
    if (end > this.#memory.bytes.length) this.#grow(end);
    this.#codec.encode(this.#memory, this.#end + RECORD.payload, record);
    this.#sizes.push(size);
    this.#end = end;
    this.#payloadBytes += lengthBytes;
  }

  /** How many records there are. */
  get count(): number {
    return this.#sizes.length;
  }

  /** Bytes of their payloads. */
  get payloadBytes(): number {
    return this.#payloadBytes;
  }

  /** How many records from one on fit into so many bytes. */
  fitting(from: number, roomBytes: number): Fitting {
    let bytes = 0;
    let lastBytes = 0;
    let index = from;
    for (; index < this.#sizes.length; index++) {
      const more = paddedBytes(this.#sizes[index]!);
      if (bytes + more > roomBytes) break;
      bytes += more;
      lastBytes = more;
    }
    return { count: index - from, bytes, lastBytes };
  }

  /** Gives records their places in the journal. */
  stamp(
    format: RecordFormat,
    at: number,
    from: number,
    count: number,
    sequence: number,
    time: number,
  ): void {
    let start = at;
    for (let index = 0; index < count; index++) {
      const size = this.#sizes[from + index]!;
      format.stamp(this.#memory, start, size, sequence + index, time);
      start += paddedBytes(size);
    }
  }

  /**
   * Hands out the bytes of the records, with their headers and padding.
   *
   * @param mostBytes As many records at a time as fit into so many bytes; one that is longer comes alone.
   * @param visit Gets them, and how many they are.
   */
  forEachFrame(mostBytes: number, visit: (bytes: Uint8Array, count: number) => void): void {
    for (let from = 0, start = 0; from < this.count; ) {
      const fitting = this.fitting(from, mostBytes);
      const count = fitting.count || 1;
      const end = start + (fitting.bytes || paddedBytes(this.#sizes[from]!));
      visit(this.#memory.bytes.subarray(start, end), count);
      from += count;
      start = end;
    }
  }

  /** Where they are, from byte 0 on. */
  get memory(): RecordMemory {
    return this.#memory;
  }

  #grow(bytes: number): void {
    const memory = newMemory(Math.ceil((bytes * 1.5) / 8) * 8);
    memory.bytes.set(this.#memory.bytes.subarray(0, this.#end));
    this.#memory = memory;
  }
}

/** Memory for so many bytes of records. */
export function newMemory(bytes: number): RecordMemory {
  return new RecordMemory(new Uint8Array(new ArrayBuffer(bytes)));
}
