/**
 * Stands in for `flow/record-codec.ts`: a record is one word, so that the model sees where it goes.
 *
 * @module
 */
import type { Words } from "../../../../src/words.ts";

const RECORD_BYTES = 4;

/** A part of a model's memory that a mapping would hand out as bytes. */
export interface Stretch {
  readonly words: Words;
  /** Where it begins, in bytes. */
  readonly offset: number;
}

/** Memory of the model, or an array of this process's own. */
export class RecordMemory {
  readonly #place: Stretch | Uint8Array;

  constructor(place: Stretch | Uint8Array) {
    this.#place = place;
  }

  /** As much of a `Buffer` as is used of it. */
  get bytes(): { set(body: Uint8Array, offset: number): void } {
    return { set: (body, offset) => this.put(offset, viewOf(body).getInt32(0, true)) };
  }

  put(offset: number, record: number): void {
    const place = this.#place;
    if (place instanceof Uint8Array) viewOf(place).setInt32(offset, record, true);
    else place.words.set((place.offset + offset) / 4, record);
  }

  take(offset: number): number {
    const place = this.#place;
    if (place instanceof Uint8Array) return viewOf(place).getInt32(offset, true);
    return place.words.get((place.offset + offset) / 4);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** As much of a `RecordCodec` as is used of it. */
interface WordCodec {
  readonly what: string;
  readonly sizeBytes: undefined;
  measure(record: number): number;
  encode(memory: RecordMemory, offset: number, record: number): void;
  decode(memory: RecordMemory, offset: number): number;
  places(memory: RecordMemory): { at(offset: number): number };
}

const CODEC: WordCodec = {
  what: "record",
  sizeBytes: undefined,
  measure: () => RECORD_BYTES,
  encode: (memory, offset, record) => memory.put(offset, record),
  decode: (memory, offset) => memory.take(offset),
  places: (memory) => ({ at: (offset) => memory.take(offset) }),
};

/** See `record-codec.ts`. */
export function codecOf(): WordCodec {
  return CODEC;
}

/** The model's memory cannot be transferred away. */
export function checkRecordsHere(): void {}

/** Rings of models have room for every record. */
export function tooLong(what: string): RangeError {
  return new RangeError(`no ring of a model takes this ${what}`);
}
