/**
 * Reading requests or replies out of one ring of a lane.
 *
 * @module
 */
import { PrivateText } from "@isthmus/core/internal";
import {
  checkRecordsHere,
  type PlaceReader,
  type RecordCodec,
  RecordMemory,
} from "../flow/record-codec.ts";
import { Counters } from "../metrics/counters.ts";
import { type ByteRecord, ByteRingConsumer } from "../ring/byte-ring.ts";
import type { SharedWords } from "../words.ts";
import type { RingPlace, Service } from "./service.ts";
import { MESSAGE, MESSAGE_HEADER_BYTES } from "./service-layout.ts";

/** The reading end of a ring. After `next`, the fields say what the message is. */
export class MessageReader {
  readonly counters: Counters;
  readonly #ring: ByteRingConsumer;
  readonly #words: SharedWords;
  readonly #data: number;
  readonly #memory: RecordMemory;
  readonly #codec: RecordCodec;
  readonly #places: PlaceReader;
  readonly #text = new PrivateText();
  readonly #record: ByteRecord = { offset: 0, length: 0, tag: 0 };
  id = 0;
  generation = 0;
  detail = 0;
  #offset = 0;
  #length = 0;
  #messages = 0;
  #bytes = 0;
  #corruptions = 0;

  /** @param countersOffset Where this side's counters of the ring begin in the segment, in bytes. */
  constructor(service: Service, place: RingPlace, countersOffset: number, codec: RecordCodec) {
    const { mapping } = service.segment.memory;
    this.#words = service.words;
    this.#data = place.offset / 4;
    this.#ring = new ByteRingConsumer(service.words, place.base, this.#data, place.lengthBytes);
    this.#memory = new RecordMemory(mapping.bytesApart(place.offset, place.lengthBytes));
    this.counters = new Counters(mapping, countersOffset);
    this.#codec = codec;
    this.#places = codec.places(this.#memory, "read");
  }

  /** Whether there is something to read. */
  get isReady(): boolean {
    return this.#ring.available() > 0;
  }

  /** Goes to the next message; false when there is none. It stays in the ring until `release`. */
  next(): boolean {
    const record = this.#record;
    checkRecordsHere(this.#memory.bytes);
    while (this.#ring.take(record)) {
      if (record.length < MESSAGE_HEADER_BYTES) {
        this.#countCorruption();
        continue;
      }
      const word = this.#data + record.offset / 4;
      this.id = record.tag;
      this.generation = this.#words.get(word + MESSAGE.generation);
      this.detail = this.#words.get(word + MESSAGE.detail);
      this.#offset = record.offset + MESSAGE_HEADER_BYTES;
      this.#length = record.length - MESSAGE_HEADER_BYTES;
      this.#messages++;
      this.#bytes += this.#length;
      return true;
    }
    return false;
  }

  /**
   * Copies the body out.
   *
   * @throws {CorruptSegmentError} When it cannot be a record; it is counted.
   */
  decode(): unknown {
    try {
      return this.#codec.decode(this.#memory, this.#offset, this.#length);
    } catch (error) {
      this.#countCorruption();
      throw error;
    }
  }

  /**
   * Hands the body out in place, of use until the next message.
   *
   * @throws {CorruptSegmentError} When it cannot be a record; it is counted.
   */
  inPlace(): unknown {
    try {
      return this.#places.at(this.#offset, this.#length);
    } catch (error) {
      this.#countCorruption();
      throw error;
    }
  }

  /** The body as text, a copy. */
  text(): string {
    return this.#text.read(this.#memory.bytes, this.#offset, this.#offset + this.#length);
  }

  /** Gives back the room of all messages so far; false when there were none. */
  release(): boolean {
    if (this.#ring.unreleased === 0) {
      this.#noteCorruptions();
      return false;
    }
    this.#ring.release();
    this.counters.addRecords(this.#messages, this.#bytes);
    this.#messages = 0;
    this.#bytes = 0;
    this.#noteCorruptions();
    return true;
  }

  #countCorruption(): void {
    this.counters.add("corruptions", 1);
  }

  #noteCorruptions(): void {
    const { corruptions } = this.#ring;
    if (corruptions === this.#corruptions) return;
    this.counters.add("corruptions", corruptions - this.#corruptions);
    this.#corruptions = corruptions;
  }
}
