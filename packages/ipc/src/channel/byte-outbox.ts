/**
 * Sending records of any size: raw bytes, or JSON.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { checkInteger, invalidType, outOfRange } from "@isthmus/core/internal";
import { textOfRecord } from "../flow/json.ts";
import { checkRecordsHere } from "../flow/record-codec.ts";
import { sharedClock } from "../metrics/clock.ts";
import { ByteRingProducer } from "../ring/byte-ring.ts";
import type { WaitOptions } from "../wait/wait-for.ts";
import type { Channel } from "./channel.ts";
import { BURST_RECORDS, type FillInPlace, Outbox, refuseAsync } from "./outbox.ts";

/** The lane of a producer of `bytes`, and what it shares with one of `json`. */
export class BytesOutbox extends Outbox {
  protected readonly memory: Buffer<ArrayBuffer>;
  readonly #ring: ByteRingProducer;
  /** Records that have been written since the last publication, and the bytes of their payloads. */
  #records = 0;
  #bytes = 0;
  readonly #now = sharedClock();
  readonly #timestampBytes: number;
  #isFilling = false;

  constructor(channel: Channel, lane: number, isFailing: boolean) {
    super(channel, lane, isFailing);
    const { ringBytes } = channel.geometry;
    const { buffer, byteOffset } = channel.ringOf(lane);
    const data = channel.ringOffset(lane) / 4;
    this.#timestampBytes = channel.geometry.timestampBytes;
    this.#ring = new ByteRingProducer(channel.words, channel.laneWord(lane), data, ringBytes);
    this.memory = Buffer.from(buffer, byteOffset, ringBytes);
  }

  send(record: unknown, options?: WaitOptions): void {
    this.checkFree(true);
    if (!this.attempt(record)) this.waitForRoom(() => this.attempt(record), options);
  }

  claim(write: FillInPlace, options?: WaitOptions, lengthBytes?: number): void {
    this.checkFree(true);
    if (!this.#fill(write, lengthBytes)) {
      this.waitForRoom(() => this.#fill(write, lengthBytes), options);
    }
    this.#written();
  }

  protected get isBusy(): boolean {
    return this.#isFilling;
  }

  protected attempt(record: unknown): boolean {
    if (!this.write(record)) return false;
    this.#written();
    return true;
  }

  protected release(): boolean {
    if (this.#records === 0) return false;
    this.#ring.publish();
    this.counters.addRecords(this.#records, this.#bytes);
    this.#records = 0;
    this.#bytes = 0;
    return true;
  }

  protected abandon(): void {
    if (!this.#isFilling) return;
    this.#isFilling = false;
    if (this.isClosing) this.settle();
  }

  protected interrupt(): void {
    // Nothing to do: every record is decided about when it has been written.
  }

  /** Writes a record; false when there is no room. */
  protected write(record: unknown): boolean {
    if (!(record instanceof Uint8Array)) throw invalidType("record", "a Uint8Array", record);
    const { length } = record;
    const offset = this.find(length);
    if (offset < 0) return false;
    this.memory.set(record, offset);
    this.commit(length);
    return true;
  }

  /** Finds room; -1 when there is none now. */
  protected find(lengthBytes: number): number {
    checkRecordsHere(this.memory);
    const timestampBytes = this.#timestampBytes;
    const longest = this.#ring.payloadBytesMax - timestampBytes;
    if (lengthBytes > longest) {
      throw outOfRange(
        "record",
        `<= ${longest} bytes in "${this.channel.name}" (half of its capacityBytes, less ${8 + timestampBytes})`,
        `${lengthBytes} bytes`,
      );
    }
    const offset = this.#ring.claim(lengthBytes + timestampBytes, 0);
    if (timestampBytes === 0 || offset < 0) return offset;
    this.memory.writeDoubleLE(this.#now(), offset);
    return offset + timestampBytes;
  }

  protected commit(lengthBytes: number): void {
    this.#ring.commit();
    this.#records++;
    this.#bytes += lengthBytes;
  }

  /** Has a place filled; false when there is no room. What throws commits nothing. */
  #fill(write: FillInPlace, lengthBytes: number | undefined): boolean {
    this.checkInPlace();
    const length = checkInteger("lengthBytes", lengthBytes, 0, Number.MAX_SAFE_INTEGER);
    const offset = this.find(length);
    if (offset < 0) return false;
    const { buffer, byteOffset } = this.memory;
    this.#isFilling = true;
    refuseAsync(write(new Uint8Array(buffer, byteOffset + offset, length)), "write");
    this.#isFilling = false;
    this.commit(length);
    return true;
  }

  /** Throws unless records can be written in place. */
  protected checkInPlace(): void {
    // Bytes can.
  }

  /** Decides when the record that has just been written is to be seen. */
  #written(): void {
    const isLater = this.isRun && this.#records < BURST_RECORDS && this.idle[0] === 0;
    if (!isLater) this.settle();
  }
}

/** The lane of a producer of `json`. */
export class JsonOutbox extends BytesOutbox {
  protected override write(record: unknown): boolean {
    const text = textOfRecord(record);
    const length = Buffer.byteLength(text);
    const offset = this.find(length);
    if (offset < 0) return false;
    this.memory.write(text, offset, length, "utf8");
    this.commit(length);
    return true;
  }

  protected override checkInPlace(): void {
    throw new NotSupportedError("Cannot write JSON in place: send() it");
  }
}
