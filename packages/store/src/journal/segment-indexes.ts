/**
 * The indexes that one handle knows. They are read from files, made by going through segments, and kept for a few segments.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { INDEX_STRIDE_BYTES, SEGMENT } from "./journal-layout.ts";
import { RecordCursor } from "./record-cursor.ts";
import type { RecordFormat } from "./record-format.ts";
import { readHeader } from "./segment-header.ts";
import { decodeIndex, encodeIndex, IndexEntries, type SegmentIdentity } from "./segment-index.ts";
import type { JournalStorage } from "./storage.ts";

/** How many are kept. */
const KEPT = 4;
/** Who has gone through so much of a full segment goes on to its end, so that there is an index for the next one who asks. */
const WORTH_BYTES = 2 ** 18;
/** Records of one slice of work. */
const SLICE = 512;

/** The index of one segment, as far as it has been gone through. */
interface Making {
  readonly entries: IndexEntries;
  readonly cursor: RecordCursor | undefined;
  readonly identity: SegmentIdentity;
  /** The sequence and the time of the last record that was seen. */
  sequence: number;
  time: number;
  offset: number;
  isComplete: boolean;
}

/** What is wanted of an index: to know where a sequence is, or a time. */
export interface Wanted {
  readonly sequence: number;
  readonly time: number;
}

/** The indexes of a journal. */
export class SegmentIndexes {
  readonly #storage: JournalStorage;
  readonly #format: RecordFormat;
  /** By the segment's first sequence; the ones used last are the last. */
  readonly #kept = new Map<number, Making>();
  /** Segments whose files are not to be believed: they are made anew. */
  readonly #doubted = new Set<number>();

  constructor(storage: JournalStorage, format: RecordFormat) {
    this.#storage = storage;
    this.#format = format;
  }

  /**
   * Makes the index of a segment as far as is wanted, in slices.
   *
   * @param wanted A sequence, or a time, that must have been passed; whichever comes first.
   * @returns The entries, once they are there; undefined while there is more to do. Empty when nothing is known of the segment.
   */
  find(first: number, wanted: Wanted): IndexEntries | undefined {
    const making = this.#kept.get(first) ?? this.#begin(first);
    if (making === undefined) return new IndexEntries();
    this.#keep(first, making);
    return this.#isEnough(making, wanted) || this.#goOn(making, wanted)
      ? making.entries
      : undefined;
  }

  /** Forgets an index that has been found wrong, and its file, too. */
  drop(first: number): void {
    this.#kept.get(first)?.cursor?.close();
    this.#kept.delete(first);
    this.#doubted.add(first);
  }

  close(): void {
    for (const making of this.#kept.values()) making.cursor?.close();
    this.#kept.clear();
  }

  #keep(first: number, making: Making): void {
    this.#kept.delete(first);
    this.#kept.set(first, making);
    if (this.#kept.size <= KEPT) return;
    const [[oldest, old]] = this.#kept as unknown as [[number, Making]];
    old.cursor?.close();
    this.#kept.delete(oldest);
  }

  /** Undefined when the segment is none. */
  #begin(first: number): Making | undefined {
    const identity = readHeader(this.#storage, this.#format.id, first);
    if (identity === undefined) return undefined;
    const bytes = this.#doubted.has(first) ? undefined : this.#storage.readIndex(first);
    const entries = bytes && decodeIndex(identity, bytes);
    const progress = { sequence: first - 1, time: -Infinity, offset: SEGMENT.frames };
    if (entries !== undefined) {
      return { entries, cursor: undefined, identity, ...progress, isComplete: true };
    }
    const cursor = new RecordCursor(this.#storage, this.#format, first);
    return { entries: new IndexEntries(), cursor, identity, ...progress, isComplete: false };
  }

  #isEnough(making: Making, { sequence, time }: Wanted): boolean {
    if (making.isComplete) return true;
    const isPast = making.sequence >= sequence || making.time >= time;
    return isPast && making.offset < WORTH_BYTES;
  }

  /** Goes on by a slice; returns whether nothing more can be done now. */
  #goOn(making: Making, wanted: Wanted): boolean {
    const { cursor, entries, identity } = making;
    if (cursor === undefined) return true;
    for (let left = SLICE; left > 0; left--) {
      let step: ReturnType<RecordCursor["advance"]>;
      try {
        step = cursor.advance();
      } catch (error) {
        if (error instanceof CorruptSegmentError) return true;
        throw error;
      }
      // The last segment: there is no more yet.
      if (step === "end") return true;
      if (cursor.segment !== identity.first) {
        this.#complete(making);
        return true;
      }
      if (step === "gap") continue;
      const { sequence, time, frameSequence, frameOffset } = cursor;
      const last = entries.count === 0 ? -Infinity : entries.at(entries.count - 1).offset;
      if (sequence === frameSequence && frameOffset - last >= INDEX_STRIDE_BYTES) {
        entries.add(sequence, time, frameOffset);
      }
      making.sequence = sequence;
      making.time = time;
      making.offset = frameOffset;
      if (this.#isEnough(making, wanted)) return true;
    }
    return false;
  }

  #complete(making: Making): void {
    const { identity, entries, cursor } = making;
    making.isComplete = true;
    cursor?.close();
    if (this.#storage.writeIndex(identity.first, encodeIndex(identity, entries))) {
      this.#doubted.delete(identity.first);
    }
  }
}
