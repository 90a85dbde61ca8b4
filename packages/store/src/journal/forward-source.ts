/**
 * The records from a sequence or a time on.
 *
 * @module
 */
import { type PlaceReader, RecordMemory } from "@isthmus/ipc/internal";
import {
  BUSY,
  type Entry,
  type EntrySource,
  RecordDecoder,
  type SourceParts,
  segmentOfTime,
} from "./entry-source.ts";
import { SEGMENT } from "./journal-layout.ts";
import { type Gap, RecordCursor, type Visit } from "./record-cursor.ts";
import { readHeader } from "./segment-header.ts";
import type { IndexEntry } from "./segment-index.ts";

/** Frames that are passed over between two looks at the clock. */
const SLICE = 512;
/** How many records are passed over rather than looked for in an index. */
const FEW = 2048;
/** When so many bytes of frames have been made entries they are handed out. */
const AHEAD_BYTES = 2 ** 13;

/** Entries in order. Each comes once; what is missing is told. */
export class ForwardSource implements EntrySource {
  readonly #parts: SourceParts;
  readonly #decoder: RecordDecoder;
  readonly #from: number;
  readonly #time: number;
  #cursor: RecordCursor | undefined;
  /** Whether an index has led to a wrong place already. */
  #isMisled = false;
  /** Whether all frames so far were too old. */
  #isEarly: boolean;
  /** What was missing behind the last one that was too old. */
  #gap: Gap | undefined;

  /**
   * @param from The sequence to begin with.
   * @param time Or the time, in milliseconds since 1970; -Infinity for none.
   */
  constructor(parts: SourceParts, from: number, time: number) {
    this.#parts = parts;
    this.#decoder = new RecordDecoder(parts.codec);
    this.#from = from;
    this.#time = time;
    this.#isEarly = time > -Infinity;
  }

  /** The sequence of the record that comes next; undefined as long as it is looked for. */
  get next(): number | undefined {
    return this.#cursor?.next;
  }

  take(into: Entry[]): number {
    const cursor = this.#cursor ?? this.#seek();
    if (cursor === undefined) return BUSY;
    if (this.#isEarly) {
      if (this.#passOver(cursor) === BUSY) return BUSY;
      const gap = this.#takeGap();
      if (gap !== undefined) into[0] = { gap };
      if (gap !== undefined) return 1;
      if (this.#isEarly) return 0;
    }
    return this.#collect(cursor, into);
  }

  close(): void {
    this.#cursor?.close();
  }

  /**
   * Gives all that is there to a function, in place.
   *
   * @returns How many records there were; less when the function has returned false.
   */
  visit(visit: Visit, onGap: (gap: Gap) => void): number {
    const cursor = this.#find();
    const gap = this.#takeGap();
    if (gap !== undefined) onGap(gap);
    let count = 0;
    let source: Uint8Array | undefined;
    let places: PlaceReader | undefined;
    for (;;) {
      const step = cursor.advanceToFrame();
      if (step === "end") return count;
      if (step === "gap") {
        onGap(cursor.gap);
        continue;
      }
      if (places === undefined || source !== cursor.bytes) {
        source = cursor.bytes;
        places = this.#parts.codec.places(new RecordMemory(cursor.bytes), "read");
      }
      const { next } = cursor;
      const isOver = cursor.visitFrame(places, visit);
      count += cursor.next - next;
      if (isOver) return count;
    }
  }

  /** Takes as many frames as make some kilobytes, as far as they are there. */
  #collect(cursor: RecordCursor, into: Entry[]): number {
    let count = 0;
    try {
      for (let room = AHEAD_BYTES; room > 0; room -= cursor.offset - cursor.frameOffset) {
        const step = cursor.advanceToFrame();
        if (step === "end") break;
        if (step === "gap") into[count++] = { gap: cursor.gap };
        else count = this.#decoder.takeFrame(cursor, into, count);
      }
    } catch (cause) {
      // What is in order comes first; the next call finds the same.
      if (count === 0) throw cause;
    }
    return count;
  }

  /** Finds where to begin, and passes over what is too old. */
  #find(): RecordCursor {
    for (;;) {
      const cursor = this.#cursor ?? this.#seek();
      if (cursor === undefined) continue;
      if (!this.#isEarly || this.#passOver(cursor) !== BUSY) return cursor;
    }
  }

  /** Passes over what is too old, until there is something else or nothing more. */
  #passOver(cursor: RecordCursor): typeof BUSY | undefined {
    for (let left = SLICE; left > 0; left--) {
      const step = cursor.advanceToFrame();
      if (step === "end") return undefined;
      if (step === "gap") {
        this.#gap = { from: this.#gap?.from ?? cursor.gap.from, to: cursor.gap.to };
      } else if (cursor.time < this.#time) {
        this.#gap = undefined;
        cursor.passFrame();
      } else {
        this.#isEarly = false;
        return undefined;
      }
    }
    return BUSY;
  }

  #takeGap(): Gap | undefined {
    const gap = this.#gap;
    this.#gap = undefined;
    return gap;
  }

  /** Finds where to begin; undefined while there is more to do. */
  #seek(): RecordCursor | undefined {
    const { storage, format, indexes } = this.#parts;
    const time = this.#time;
    const isTimed = time > -Infinity;
    const first = isTimed
      ? segmentOfTime(this.#parts, time)
      : storage.segments().findLast((one) => one <= this.#from);
    const from = isTimed ? (first ?? storage.segments()[0] ?? 1) : this.#from;
    const cursor = new RecordCursor(storage, format, from);
    if (first !== undefined && (isTimed || from > first) && !this.#isMisled) {
      if (!isTimed && this.#landNear(cursor, first)) return this.#cursor;
      const sequence = isTimed ? Infinity : from;
      const entries = indexes.find(first, { sequence, time: isTimed ? time : Infinity });
      if (entries === undefined) return undefined;
      const entry = isTimed ? entries.before(time) : entries.upTo(from);
      const isUseful = entry !== undefined && entry.offset > SEGMENT.frames;
      if (isUseful && !cursor.land(first, entry, isTimed ? time : Infinity)) {
        this.#isMisled = true;
        indexes.drop(first);
      }
    }
    this.#cursor = cursor;
    return cursor;
  }

  /** Goes to the last record that is known to be on the disk, where it is a little before the one to begin with. */
  #landNear(cursor: RecordCursor, first: number): boolean {
    const mark = readHeader(this.#parts.storage, this.#parts.format.id, first)?.mark;
    const isNear = mark !== undefined && isBehind(mark, this.#from, first);
    if (!isNear || !cursor.land(first, mark, Infinity)) return false;
    this.#cursor = cursor;
    return true;
  }
}

function isBehind({ sequence }: IndexEntry, from: number, first: number): boolean {
  return sequence >= first && sequence <= from && from - sequence < FEW;
}
