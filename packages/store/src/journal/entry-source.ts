/**
 * What a reading takes its entries from, and where a time is in a journal.
 *
 * @module
 */
import type { RecordCodec } from "@isthmus/ipc/internal";
import { RecordMemory } from "@isthmus/ipc/internal";
import { nextRecord, RECORD } from "./journal-layout.ts";
import type { JournalGap, JournalRecord } from "./journal-options.ts";
import type { RecordCursor } from "./record-cursor.ts";
import type { RecordFormat } from "./record-format.ts";
import { readHeader } from "./segment-header.ts";
import type { SegmentIndexes } from "./segment-indexes.ts";
import type { JournalStorage } from "./storage.ts";

/** What is read. */
export type Entry = JournalRecord<unknown> | JournalGap;

/** Work has been done, and there is more: ask again. */
export const BUSY = -1;

/** Entries one after the other. */
export interface EntrySource {
  /**
   * Takes the next entries.
   *
   * @param into Where they go, from its start on: one array for all, because one that grows takes as long as what is put into it.
   * @returns How many there are; 0 when there are none now; or `BUSY`.
   */
  take(into: Entry[]): number;
  close(): void;
}

/** What sources work with. */
export interface SourceParts {
  readonly storage: JournalStorage;
  readonly format: RecordFormat;
  readonly codec: RecordCodec;
  readonly indexes: SegmentIndexes;
}

/** Makes entries of the records where a cursor is. What runs for every record is written to a budget: see decision 0008. */
export class RecordDecoder {
  private readonly codec: RecordCodec;
  private source: Uint8Array<ArrayBuffer> | undefined;
  private memory: RecordMemory | undefined;

  constructor(codec: RecordCodec) {
    this.codec = codec;
  }

  /**
   * Takes what is left of a cursor's frame.
   *
   * @param into Where the records go, from `start` on.
   * @returns Where the next one would go.
   * @throws {CorruptSegmentError} When the first cannot be decoded; those before one that cannot be are taken.
   */
  takeFrame(cursor: RecordCursor, into: Entry[], start: number): number {
    const { codec } = this;
    const { view, time, next } = cursor;
    const memory = this.#memoryOf(cursor);
    const end = next + cursor.left;
    let at = cursor.place;
    let index = start;
    try {
      for (let sequence = next; sequence < end; sequence++) {
        const lengthBytes = view.getUint32(at + RECORD.length, true);
        const value = codec.decode(memory, at + RECORD.payload, lengthBytes);
        into[index++] = { sequence, time, value };
        at = nextRecord(at, lengthBytes);
      }
    } catch (error) {
      if (index === start) throw error;
    }
    cursor.place = at;
    cursor.next = next + index - start;
    cursor.left = end - cursor.next;
    return index;
  }

  #memoryOf({ bytes }: RecordCursor): RecordMemory {
    if (bytes !== this.source) {
      this.source = bytes;
      this.memory = new RecordMemory(bytes);
    }
    return this.memory as RecordMemory;
  }
}

/**
 * The segment in which the first record of a time or later may be: the last one with a record before it that is older.
 *
 * @returns Undefined when even the first segment has none.
 */
export function segmentOfTime({ storage, format }: SourceParts, time: number): number | undefined {
  const firsts = storage.segments();
  let found: number | undefined;
  for (let low = 0, high = firsts.length; low < high; ) {
    const middle = (low + high) >>> 1;
    // Of one that is damaged or has been removed nothing is known: the nearest one before it decides.
    let known = middle;
    let header = readHeader(storage, format.id, firsts[known] as number);
    while (header === undefined && known > low) {
      header = readHeader(storage, format.id, firsts[--known] as number);
    }
    if (header !== undefined && header.time < time) {
      found = header.first;
      low = middle + 1;
    } else high = known;
  }
  return found;
}
