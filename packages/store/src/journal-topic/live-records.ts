/**
 * The rings of a topic that has a journal, as one subscriber reads them: each of their records is a frame of the journal as it lies
 * there.
 *
 * @module
 */
import { type bytes, Subscriber } from "@isthmus/ipc";
import { RecordMemory } from "@isthmus/ipc/internal";
import {
  FRAME,
  FRAME_BYTES_MIN,
  nextRecord,
  paddedBytes,
  RECORD,
} from "../journal/journal-layout.ts";
import { RecordFormat } from "../journal/record-format.ts";
import type { Live } from "./joined-records.ts";
import type { PlacedRecord } from "./placed-record.ts";
import { isOfRing, ringOptions, type TopicSizes, type TopicVerb } from "./topic-options.ts";

/** So many frames are copied out at a time, while fewer records than that wait here. */
const FRAMES_MAX = 64;
const FIRST_BYTES = 65_536;
/** What has been reserved beyond this is given back. */
const KEPT_BYTES = 2 ** 22;

interface Found {
  readonly sequence: number;
  readonly time: number;
  readonly payloadAt: number;
  readonly payloadBytes: number;
}

/** What has been published and is copied out. */
export class LiveRecords implements Live, PlacedRecord {
  readonly #name: string;
  readonly #sizes: TopicSizes;
  readonly #format: RecordFormat;
  #subscriber: Subscriber<typeof bytes> | undefined;
  #memory = newMemory(FIRST_BYTES);
  #end = 0;
  /** In order; those before `#at` have been dropped. */
  #found: Found[] = [];
  #at = 0;
  /** Records that were published and are none of the journal. */
  foreign = 0;
  readonly #handler = (record: Uint8Array): void => {
    if (!this.#take(record)) this.foreign++;
  };

  constructor(verb: TopicVerb, name: string, sizes: TopicSizes, id: Uint8Array) {
    this.#name = name;
    this.#sizes = sizes;
    this.#format = new RecordFormat(id);
    this.#subscriber = this.#subscribe(verb);
  }

  get #first(): Found | undefined {
    return this.#found[this.#at];
  }

  get sequence(): number {
    return this.#first?.sequence ?? 0;
  }

  get time(): number {
    return this.#first?.time ?? 0;
  }

  get memory(): RecordMemory {
    return this.#memory;
  }

  get payloadAt(): number {
    return this.#first?.payloadAt ?? 0;
  }

  get payloadBytes(): number {
    return this.#first?.payloadBytes ?? 0;
  }

  /** Whether this call created the topic. */
  get createdNew(): boolean {
    return this.#subscriber?.createdNew ?? false;
  }

  drop(): void {
    this.#at++;
    if (this.#at < this.#found.length) return;
    this.#found = [];
    this.#at = 0;
    this.#end = 0;
    if (this.#memory.bytes.length > KEPT_BYTES) this.#memory = newMemory(FIRST_BYTES);
  }

  fetch(): boolean {
    const limit = FRAMES_MAX - (this.#found.length - this.#at);
    if (limit <= 0 || this.#subscriber === undefined) return false;
    const before = this.#found.length;
    try {
      this.#subscriber.poll(this.#handler, { limit });
    } catch (error) {
      this.#giveUp(error);
    }
    this.#sort(before);
    return this.#found.length > before;
  }

  /** Joins those who publish now, when they have gone elsewhere: the topic's file has been removed. */
  reconnect(): void {
    try {
      if (this.#subscriber?.isReachable === true) return;
      this.#subscriber?.dispose();
      this.#subscriber = undefined;
      this.#subscriber = this.#subscribe("createOrOpen");
    } catch (error) {
      // The journal has everything; the next look tries again.
      if (!isOfRing(error)) throw error;
    }
  }

  close(): void {
    this.#subscriber?.dispose();
  }

  #subscribe(verb: TopicVerb): Subscriber<typeof bytes> {
    const options = { ...ringOptions(this.#sizes), onSlow: "lap" } as const;
    return Subscriber[verb](this.#name, options);
  }

  #giveUp(error: unknown): void {
    // Somebody has cut the topic's file off, or its storage has failed. The journal has everything.
    if (!isOfRing(error)) throw error;
    this.#subscriber?.dispose();
    this.#subscriber = undefined;
  }

  /** Copies a frame out; false when it is none of the journal. */
  #take(frame: Uint8Array): boolean {
    const start = this.#end;
    const end = start + frame.length;
    if (end > this.#memory.bytes.length) this.#grow(end);
    const memory = this.#memory;
    memory.bytes.set(frame, start);
    if (frame.length < FRAME_BYTES_MIN) return false;
    const first = memory.view.getFloat64(start + FRAME.sequence, true);
    if (!Number.isSafeInteger(first) || first < 1) return false;
    const finding = this.#format.examine(memory, start, end, Infinity, first, 0);
    if (finding !== "frame") return false;
    const { size, time, count } = this.#format;
    this.#end = start + paddedBytes(size);
    for (let index = 0, at = start + FRAME.records; index < count; index++) {
      const payloadBytes = memory.view.getUint32(at + RECORD.length, true);
      const payloadAt = at + RECORD.payload;
      this.#found.push({ sequence: first + index, time, payloadAt, payloadBytes });
      at = nextRecord(at, payloadBytes);
    }
    return true;
  }

  /** Publishers take turns, and their lanes are read one after the other. */
  #sort(from: number): void {
    const found = this.#found;
    for (let i = Math.max(from, this.#at + 1); i < found.length; i++) {
      if (found[i]!.sequence > found[i - 1]!.sequence) continue;
      const left = found.slice(this.#at).sort((a, b) => a.sequence - b.sequence);
      this.#found = left;
      this.#at = 0;
      return;
    }
  }

  #grow(bytes: number): void {
    const memory = newMemory(Math.ceil((bytes * 1.5) / 8) * 8);
    memory.bytes.set(this.#memory.bytes.subarray(0, this.#end));
    this.#memory = memory;
  }
}

function newMemory(bytes: number): RecordMemory {
  return new RecordMemory(new Uint8Array(new ArrayBuffer(bytes)));
}
