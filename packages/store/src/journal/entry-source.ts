/**
 * What a reading takes its entries from, and where a time is in a journal.
 *
 * @module
 */
import type { RecordCodec } from "@isthmus/ipc/internal";
import { RecordMemory } from "@isthmus/ipc/internal";
import type { JournalGap, JournalRecord } from "./journal-options.ts";
import type { RecordCursor } from "./record-cursor.ts";
import type { RecordFormat } from "./record-format.ts";
import { readHeader } from "./segment-header.ts";
import type { SegmentIndexes } from "./segment-indexes.ts";
import type { JournalStorage } from "./storage.ts";

/** What is read. */
export type Entry = JournalRecord<unknown> | JournalGap;

/** Work has been done, and there is more: ask again. */
export const BUSY = 0;

/** Entries one after the other. */
export interface EntrySource {
  /** The next entry; undefined when there is none now. */
  take(): Entry | typeof BUSY | undefined;
  close(): void;
}

/** What sources work with. */
export interface SourceParts {
  readonly storage: JournalStorage;
  readonly format: RecordFormat;
  readonly codec: RecordCodec;
  readonly indexes: SegmentIndexes;
}

/** Makes values of the records where a cursor is. */
export class RecordDecoder {
  private readonly codec: RecordCodec;
  private source: Uint8Array<ArrayBuffer> | undefined;
  private memory: RecordMemory | undefined;

  constructor(codec: RecordCodec) {
    this.codec = codec;
  }

  /** The record that the cursor has found last. */
  decode(cursor: RecordCursor): JournalRecord<unknown> {
    const { bytes, sequence, time } = cursor;
    if (bytes !== this.source) {
      this.source = bytes;
      this.memory = new RecordMemory(bytes);
    }
    const memory = this.memory as RecordMemory;
    const value = this.codec.decode(memory, cursor.payloadAt, cursor.payloadBytes);
    return { sequence, time, value };
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
