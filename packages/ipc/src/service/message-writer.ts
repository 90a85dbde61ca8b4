/**
 * Writing requests or replies into one ring of a lane.
 *
 * @module
 */
import { type PlaceReader, type RecordCodec, RecordMemory, tooLong } from "../flow/record-codec.ts";
import { Counters } from "../metrics/counters.ts";
import { ByteRingProducer } from "../ring/byte-ring.ts";
import { postpone } from "../wait/before-sleep.ts";
import type { WaitCell } from "../wait/wait-cell.ts";
import type { SharedWords } from "../words.ts";
import type { RingPlace, Service } from "./service.ts";
import { MESSAGE, MESSAGE_HEADER_BYTES } from "./service-layout.ts";

/** Messages of one synchronous run that are published together. */
const BURST_MESSAGES = 64;

/** What a writer writes and for whom. */
export interface WriterSpec {
  readonly service: Service;
  readonly place: RingPlace;
  /** Where this side's counters of the ring begin in the segment, in bytes. */
  readonly countersOffset: number;
  readonly codec: RecordCodec;
  /** Woken after publishing. */
  readonly cell: WaitCell;
}

/**
 * The writing end of a ring. The first message of a synchronous run is published at once, and so is every one while
 * the other side sleeps; the rest of the run together: every 64, and when it ends.
 */
export class MessageWriter {
  readonly counters: Counters;
  /** The longest body in bytes. */
  readonly bodyBytesMax: number;
  readonly #ring: ByteRingProducer;
  readonly #words: SharedWords;
  /** Word at which the ring's bytes begin. */
  readonly #data: number;
  readonly #memory: RecordMemory;
  readonly #codec: RecordCodec;
  readonly #name: string;
  readonly #cell: WaitCell;
  readonly #postponed = { run: () => this.flush(), end: () => this.#endRun() };
  #isPostponed = false;
  #isClosed = false;
  /** Messages, and bytes of their bodies, that have been committed since the last publication. */
  #messages = 0;
  #bytes = 0;

  constructor({ service, place, countersOffset, codec, cell }: WriterSpec) {
    const { mapping } = service.segment.memory;
    this.#words = service.words;
    this.#data = place.offset / 4;
    this.#ring = new ByteRingProducer(service.words, place.base, this.#data, place.lengthBytes);
    this.bodyBytesMax = this.#ring.payloadBytesMax - MESSAGE_HEADER_BYTES;
    this.#memory = new RecordMemory(mapping.bytesApart(place.offset, place.lengthBytes));
    this.counters = new Counters(mapping, countersOffset);
    this.#codec = codec;
    this.#name = service.name;
    this.#cell = cell;
  }

  /**
   * Writes a message whose body is a record; false when there is no room.
   *
   * @throws {TypeError | RangeError} When the schema does not allow the record, or it is too long for the ring.
   */
  write(id: number, generation: number, detail: number, record: unknown): boolean {
    const length = this.#measure(record);
    const offset = this.#claim(length, id, generation, detail);
    if (offset < 0) return false;
    this.#codec.encode(this.#memory, offset, record);
    this.#commit(length);
    return true;
  }

  /** Writes a message whose body is ready; false when there is no room. */
  writeBody(id: number, generation: number, detail: number, body: Uint8Array): boolean {
    const offset = this.#claim(body.length, id, generation, detail);
    if (offset < 0) return false;
    this.#memory.bytes.set(body, offset);
    this.#commit(body.length);
    return true;
  }

  /**
   * Finds room for a message whose body is written in place, then `commitPlace`.
   *
   * @returns Where its body goes, or -1 when there is no room.
   */
  claimPlace(id: number, generation: number, detail: number, lengthBytes: number): number {
    return this.#claim(lengthBytes, id, generation, detail);
  }

  /** Takes what was written in place into the next publication. */
  commitPlace(lengthBytes: number): void {
    this.#commit(lengthBytes);
  }

  /** Encodes a record over what `claimPlace` found. */
  encodeAt(offset: number, record: unknown): void {
    this.#codec.encode(this.#memory, offset, record);
  }

  /** Bodies of this ring as they are written in place. */
  places(): PlaceReader {
    return this.#codec.places(this.#memory, "readWrite");
  }

  /**
   * Encodes a record into memory of its own, to be written later.
   *
   * @throws {TypeError | RangeError} As `write`.
   */
  pack(record: unknown): Uint8Array<ArrayBuffer> {
    const body = new Uint8Array(this.#measure(record));
    this.#codec.encode(new RecordMemory(body), 0, record);
    return body;
  }

  /** Makes all messages visible and wakes the other side. */
  flush(): void {
    if (this.#messages === 0 || this.#isClosed) return;
    this.#ring.publish();
    this.counters.addRecords(this.#messages, this.#bytes);
    this.#messages = 0;
    this.#bytes = 0;
    this.#cell.wake();
  }

  /** Publishes what there is, and writes nothing any more. */
  close(): void {
    this.flush();
    this.#isClosed = true;
  }

  /** Whether it writes nothing any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  #measure(record: unknown): number {
    const length = this.#codec.measure(record);
    if (length <= this.bodyBytesMax) return length;
    throw tooLong(this.#codec.what, length, {
      longestBytes: this.bodyBytesMax,
      ringBytes: this.#memory.bytes.length,
      name: this.#name,
    });
  }

  #claim(bodyBytes: number, id: number, generation: number, detail: number): number {
    const offset = this.#ring.claim(MESSAGE_HEADER_BYTES + bodyBytes, id);
    if (offset < 0) {
      // The other side must see what takes the room.
      this.flush();
      return -1;
    }
    const word = this.#data + offset / 4;
    this.#words.set(word + MESSAGE.generation, generation);
    this.#words.set(word + MESSAGE.detail, detail);
    return offset + MESSAGE_HEADER_BYTES;
  }

  #commit(bodyBytes: number): void {
    this.#ring.commit();
    this.#messages++;
    this.#bytes += bodyBytes;
    if (this.#isPostponed && this.#messages < BURST_MESSAGES && !this.#cell.isAwaited) return;
    this.flush();
    if (this.#isPostponed) return;
    this.#isPostponed = true;
    postpone(this.#postponed);
  }

  #endRun(): void {
    this.#isPostponed = false;
    if (this.#isClosed) return;
    this.flush();
    this.counters.touch();
  }
}
