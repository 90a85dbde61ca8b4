/**
 * Going through the records of a journal, whoever writes them meanwhile. Nothing is mapped and nothing is locked: bytes are copied
 * out first and looked at then.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { refuseAsync } from "@isthmus/core/internal";
import type { PlaceReader } from "@isthmus/ipc/internal";
import {
  FRAME,
  FRAME_BYTES_MIN,
  nextRecord,
  paddedBytes,
  RECORD,
  SEGMENT,
} from "./journal-layout.ts";
import type { Finding, RecordBytes, RecordFormat } from "./record-format.ts";
import { decodeHeader, decodeSynced } from "./segment-header.ts";
import type { IndexEntry } from "./segment-index.ts";
import type { JournalStorage, ReadableSegment } from "./storage.ts";

const READ_BYTES = 2 ** 18;
/** How much is read where the end may be. */
const TAIL_BYTES = 2 ** 12;

/** Gets a record in place, its sequence and its time; false ends it. */
export type Visit = (record: unknown, sequence: number, time: number) => unknown;

/** What is missing: the first and the last of the sequences. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** A place between two records. What runs for every record is written to a budget: see decision 0008. */
export class RecordCursor implements RecordBytes {
  readonly #storage: JournalStorage;
  readonly #format: RecordFormat;
  #file: ReadableSegment | undefined;
  #first = 0;
  #segmentBytes = 0;
  /** Where in the segment the next frame begins, and the time before which it cannot be. */
  #at = 0;
  #floor = 0;
  /** The sequence of the record that comes next; at the end it is the one that is waited for. */
  next: number;
  /** How many records of this frame come next, and where in `bytes` the first of them is. */
  left = 0;
  place = 0;
  /** What is before it is passed over. */
  #from: number;
  /** What has been read: the bytes of the segment from `#start` to `#end`. */
  #start = 0;
  #end = 0;
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(new ArrayBuffer(TAIL_BYTES));
  view: DataView<ArrayBuffer> = new DataView(this.bytes.buffer);
  /** Of the record that was found: its sequence, its time, and where in `bytes` its payload is. */
  sequence = 0;
  time = 0;
  payloadAt = 0;
  payloadBytes = 0;
  /** Where the frame of that record begins in the segment, and with which record. */
  frameOffset = 0;
  frameSequence = 0;
  /** What was found missing. */
  gap: Gap = { from: 0, to: 0 };

  /** @param from The sequence to begin with. */
  constructor(storage: JournalStorage, format: RecordFormat, from: number) {
    this.#storage = storage;
    this.#format = format;
    this.#from = from;
    this.next = from;
  }

  /** Passes over what is before a record. */
  skipTo(sequence: number): void {
    this.#from = Math.max(this.#from, sequence);
    this.#passOver();
  }

  /**
   * Goes on by one record.
   *
   * @returns `"end"` when nothing more has been written yet.
   * @throws {CorruptSegmentError} When the last segment is none.
   */
  advance(): "record" | "gap" | "end" {
    if (this.left === 0) {
      const step = this.advanceToFrame();
      if (step !== "frame") return step;
    }
    const at = this.place;
    const lengthBytes = this.view.getUint32(at + RECORD.length, true);
    this.left--;
    this.place = nextRecord(at, lengthBytes);
    this.sequence = this.next++;
    this.payloadAt = at + RECORD.payload;
    this.payloadBytes = lengthBytes;
    return "record";
  }

  /** Gives what is left of this frame to a function, in place; returns whether that has said `false`, which ends it. */
  visitFrame(places: PlaceReader, visit: Visit): boolean {
    const { view, time, next } = this;
    let at = this.place;
    for (let sequence = next, end = next + this.left; sequence < end; sequence++) {
      const lengthBytes = view.getUint32(at + RECORD.length, true);
      const record = places.at(at + RECORD.payload, lengthBytes);
      at = nextRecord(at, lengthBytes);
      const result = visit(record, sequence, time);
      if (result !== undefined) refuseAsync(result, "visit", "for await");
      if (result !== false) continue;
      this.next = sequence + 1;
      return true;
    }
    this.passFrame();
    return false;
  }

  /** Passes over what is left of this frame. */
  passFrame(): void {
    this.next += this.left;
    this.left = 0;
  }

  /** The segment in which this is, by its first sequence; 0 before the first step. */
  get segment(): number {
    return this.#first;
  }

  /** Where in that segment the next frame begins, in bytes. */
  get offset(): number {
    return this.#at;
  }

  /**
   * Goes to a frame before the record to begin with, instead of passing over those before it. Call it before anything else.
   *
   * @param first The segment.
   * @param time The frame's time must be before it, in milliseconds since 1970.
   * @returns Whether that frame is there; when it is not, nothing has changed.
   */
  land(first: number, { sequence, offset }: IndexEntry, time: number): boolean {
    try {
      if (!this.#open(first)) return false;
    } catch (error) {
      if (error instanceof CorruptSegmentError) return false;
      throw error;
    }
    if (this.#look(offset, sequence) === "frame" && this.#format.time < time) {
      this.#at = offset;
      this.next = sequence;
      return true;
    }
    this.close();
    return false;
  }

  /** Up to which sequence everything is on the disk, as the segment says in which this is. */
  get synced(): number {
    const file = this.#file;
    return file === undefined ? 0 : this.#readSynced(file);
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.left = 0;
  }

  /** Goes into the next frame with a record to hand out, unless this one has more. */
  advanceToFrame(): "frame" | "gap" | "end" {
    if (this.left > 0) return "frame";
    this.#from = Math.max(this.#from, this.next);
    for (;;) {
      const step = this.#step();
      if (step === "frame") {
        this.#passOver();
        if (this.left > 0) return step;
      } else if (step === "end" || (step === "gap" && this.#tell())) return step;
    }
  }

  /** Passes over the records of this frame that are not asked for. */
  #passOver(): void {
    for (; this.left > 0 && this.next < this.#from; this.left--) {
      this.place = nextRecord(this.place, this.view.getUint32(this.place + RECORD.length, true));
      this.next++;
    }
  }

  #step(): "frame" | "gap" | "moved" | "end" {
    const file = this.#file;
    if (file === undefined) {
      const firsts = this.#storage.segments();
      const index = firsts.findLastIndex((first) => first <= this.next);
      return this.#enter(firsts.slice(Math.max(index, 0)));
    }
    let finding = this.#look(this.#at, this.next);
    if (finding !== "frame" && finding !== "seal") finding = this.#lookAgain();
    if (finding === "frame") return this.#take();
    const successors = this.#storage.segments().filter((first) => first > this.#first);
    if (finding === "seal") return this.#enter(successors);
    const limit = successors[0] ?? this.#readSynced(file) + 1;
    if (successors.length === 0 && this.next >= limit) return "end";
    // What was written before the successor was, or before it was said to be on the disk, is seen now.
    finding = this.#lookAgain();
    if (finding === "frame") return this.#take();
    const step = finding === "seal" ? undefined : this.#resync(limit);
    if (step !== undefined) return step;
    if (finding === "seal" || successors.length > 0) return this.#enter(successors);
    this.#miss(limit);
    return "gap";
  }

  /** Goes into the frame that was looked at. */
  #take(): "frame" {
    const { size, time, count } = this.#format;
    this.time = this.#floor = time;
    this.frameOffset = this.#at;
    this.frameSequence = this.next;
    this.left = count;
    this.place = this.#at - this.#start + FRAME.records;
    this.#at += paddedBytes(size);
    return "frame";
  }

  /** Enters the first of some segments that can be read. */
  #enter(firsts: readonly number[]): "gap" | "moved" | "end" {
    for (const first of firsts) {
      try {
        if (!this.#open(first)) continue;
      } catch (error) {
        if (!(error instanceof CorruptSegmentError) || first === firsts.at(-1)) throw error;
        continue;
      }
      if (this.next < first) {
        this.#miss(first);
        return "gap";
      }
      this.next = first;
      return "moved";
    }
    const last = firsts.at(-1);
    if (last === undefined) return "end";
    // All of them have been removed since they were listed, which the last one never is.
    return this.#enter(this.#storage.segments().filter((first) => first > last));
  }

  #open(first: number): boolean {
    const file = this.#storage.openForReading(first);
    // It has been removed since it was listed.
    if (file === undefined) return false;
    try {
      const head = new Uint8Array(SEGMENT.frames);
      const bytes = head.subarray(0, file.read(0, head));
      const header = decodeHeader(bytes, file.lengthBytes, this.#format.id, first);
      this.#file?.close();
      this.#file = file;
      this.#first = first;
      this.#segmentBytes = header.segmentBytes;
      this.#at = SEGMENT.frames;
      this.#floor = header.time;
      this.#start = this.#end = 0;
      return true;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Notes that the records from the next one to one before another are missing. */
  #miss(next: number): void {
    this.gap = { from: this.next, to: next - 1 };
    this.next = next;
  }

  /** Whether what is missing was asked for. */
  #tell(): boolean {
    const from = Math.max(this.gap.from, this.#from);
    if (from > this.gap.to) return false;
    this.gap = { from, to: this.gap.to };
    this.#from = this.gap.to + 1;
    return true;
  }

  /**
   * Finds the next whole frame behind a place where there is none.
   *
   * @param limit The sequence before which its first record must be.
   * @returns Undefined when there is none in this segment.
   */
  #resync(limit: number): "gap" | "moved" | undefined {
    for (let at = this.#at + 8; this.#has(at, FRAME_BYTES_MIN); at += 8) {
      const sequence = this.view.getFloat64(at - this.#start + FRAME.sequence, true);
      const isPossible =
        Number.isSafeInteger(sequence) && sequence >= this.next && sequence < limit;
      if (!isPossible || this.#look(at, sequence) !== "frame") continue;
      this.#at = at;
      if (sequence === this.next) return "moved";
      this.#miss(sequence);
      return "gap";
    }
    return undefined;
  }

  #readSynced(file: ReadableSegment): number {
    const head = new Uint8Array(SEGMENT.syncedCrc + 4);
    if (file.read(0, head) < head.length) return this.#first - 1;
    return decodeSynced(head, this.#first, this.#segmentBytes);
  }

  #look(at: number, sequence: number): Finding {
    // Whoever looked for the next whole frame may have read on.
    if (at < this.#start) this.#end = this.#start = at;
    for (;;) {
      const from = at - this.#start;
      const end = this.#end - this.#start;
      const room = this.#segmentBytes - at;
      const finding = this.#format.examine(this, from, end, room, sequence, this.#floor);
      if (finding !== "short") return finding;
      const wanted = end - from < FRAME_BYTES_MIN ? FRAME_BYTES_MIN : this.#format.size;
      if (!this.#fill(at, wanted, READ_BYTES)) return "invalid";
    }
  }

  /** Looks once more, at what is in the file now. */
  #lookAgain(): Finding {
    if (!this.#fill(this.#at, FRAME_BYTES_MIN, TAIL_BYTES)) return "invalid";
    return this.#look(this.#at, this.next);
  }

  #has(at: number, bytes: number): boolean {
    return at + bytes <= this.#end || this.#fill(at, bytes, READ_BYTES);
  }

  /** Reads on from a place; returns whether there is as much as wanted. */
  #fill(at: number, wanted: number, more: number): boolean {
    const room = Math.max(wanted, more);
    if (this.bytes.length < room) {
      this.bytes = new Uint8Array(new ArrayBuffer(room));
      this.view = new DataView(this.bytes.buffer);
    }
    const into = this.bytes.subarray(0, room);
    this.#end = this.#start = at;
    this.#end += this.#file?.read(at, into) ?? 0;
    return this.#end - at >= wanted;
  }
}
