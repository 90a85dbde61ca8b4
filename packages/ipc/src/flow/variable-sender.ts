/**
 * Sending records of any size: raw bytes, or JSON.
 *
 * @module
 */
import { NotSupportedError } from "@isthmus/core";
import { checkInteger, refuseAsync } from "@isthmus/core/internal";
import { sharedClock } from "../metrics/clock.ts";
import type { WaitOptions } from "../wait/wait-for.ts";
import {
  checkRecordsHere,
  codecOf,
  type PlaceReader,
  type RecordCodec,
  RecordMemory,
  tooLong,
} from "./record-codec.ts";
import { BURST_RECORDS, type FillInPlace, SendingEnd, type SendingLane } from "./sending-end.ts";

/** The sending side of a ring of records of any size. */
export interface VariableRing {
  /** The longest payload in bytes. */
  readonly payloadBytesMax: number;
  /** How far the next publication will go, as positions count. */
  readonly unpublished: number;
  /** Finds room for a payload; where it goes in bytes from the start of the ring, or -1 when there is none now. */
  claim(payloadBytes: number): number;
  /** Takes the claimed record, whose payload has been written, into the next publication. */
  commit(): void;
  publish(): void;
}

/** The lane of a sender of `bytes` or `json`. */
export class VariableSender extends SendingEnd {
  readonly #ring: VariableRing;
  readonly #codec: RecordCodec;
  readonly #memory: RecordMemory;
  /** Undefined when records cannot be written in place. */
  readonly #places: PlaceReader | undefined;
  readonly #now = sharedClock();
  readonly #timestampBytes: number;
  /** Records that have been written since the last publication, and the bytes of their payloads. */
  #records = 0;
  #bytes = 0;
  #isWriting = false;

  constructor(how: SendingLane, ring: VariableRing) {
    super(how);
    const { shape, geometry } = how.lanes;
    this.#ring = ring;
    this.#codec = codecOf(shape);
    this.#memory = new RecordMemory(how.lanes.ringOf(how.lane));
    this.#places =
      shape.mode === "bytes" ? this.#codec.places(this.#memory, "readWrite") : undefined;
    this.#timestampBytes = geometry.timestampBytes;
  }

  get recordBytesMax(): number {
    return this.#ring.payloadBytesMax - this.#timestampBytes;
  }

  send(record: unknown, options?: WaitOptions): void {
    this.checkFree(true);
    if (!this.attempt(record)) this.waitForRoom(() => this.attempt(record), options);
  }

  claim(fill: FillInPlace, options?: WaitOptions, lengthBytes?: number): void {
    this.checkFree(true);
    if (this.#places === undefined) {
      throw new NotSupportedError("Cannot write JSON in place: send() it");
    }
    const length = checkInteger("lengthBytes", lengthBytes, 0, Number.MAX_SAFE_INTEGER);
    const attempt = (): boolean => this.#fill(fill, length, this.#places as PlaceReader);
    if (!attempt()) this.waitForRoom(attempt, options);
  }

  protected get isBusy(): boolean {
    return this.#isWriting;
  }

  protected attempt(record: unknown): boolean {
    this.#isWriting = true;
    try {
      const length = this.#codec.measure(record);
      const offset = this.#find(length);
      if (offset < 0) return false;
      this.#codec.encode(this.#memory, offset, record);
      this.#commit(length);
    } finally {
      this.#endWriting();
    }
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
    // Nothing to do: what was being written is forgotten where it was begun.
  }

  protected interrupt(): void {
    // Nothing to do: every record is decided about when it has been written.
  }

  /** Has a place filled; false when there is no room. What throws commits nothing. */
  #fill(fill: FillInPlace, lengthBytes: number, places: PlaceReader): boolean {
    const offset = this.#find(lengthBytes);
    if (offset < 0) return false;
    this.#isWriting = true;
    try {
      refuseAsync(fill(places.at(offset, lengthBytes)) as unknown, "write");
      this.#commit(lengthBytes);
    } finally {
      this.#endWriting();
    }
    this.#written();
    return true;
  }

  /** Finds room; -1 when there is none now. */
  #find(lengthBytes: number): number {
    checkRecordsHere(this.#memory.bytes);
    const timestampBytes = this.#timestampBytes;
    const longestBytes = this.#ring.payloadBytesMax - timestampBytes;
    if (lengthBytes > longestBytes) {
      const { name } = this.lanes;
      throw tooLong(this.#codec.what, lengthBytes, {
        longestBytes,
        ringBytes: this.#memory.bytes.length,
        name,
      });
    }
    const payloadBytes = lengthBytes + timestampBytes;
    let offset = this.#ring.claim(payloadBytes);
    if (offset < 0 && this.makeRoom()) offset = this.#ring.claim(payloadBytes);
    if (timestampBytes === 0 || offset < 0) return offset;
    this.#memory.bytes.writeDoubleLE(this.#now(), offset);
    return offset + timestampBytes;
  }

  #commit(lengthBytes: number): void {
    this.#ring.commit();
    this.#records++;
    this.#bytes += lengthBytes;
  }

  /** Code of the user's has been run, and may have disposed the sender: its record still counts. */
  #endWriting(): void {
    this.#isWriting = false;
    if (this.isClosing) this.publishOrLeave();
  }

  /** Decides when the record that has just been written is to be seen. */
  #written(): void {
    const isLater = this.isRun && this.#records < BURST_RECORDS && this.idle[0] === 0;
    if (!isLater && !this.isClosing) this.publishOrLeave();
  }
}
