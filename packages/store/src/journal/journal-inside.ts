/**
 * What the ends of a topic take from a journal that somebody has opened.
 *
 * @module
 */

import type { RecordCodec } from "@isthmus/ipc/internal";
import type { JournalReadOptions } from "./journal-options.ts";
import type { LiveHead } from "./live-head.ts";
import type { RecordFormat } from "./record-format.ts";
import type { RecordRun } from "./record-run.ts";
import type { JournalStorage } from "./storage.ts";
import type { Tailer } from "./tailer.ts";

/** What a reader works with. */
export interface ReaderParts {
  readonly storage: JournalStorage;
  readonly format: RecordFormat;
  readonly codec: RecordCodec;
  /** Opened when somebody waits. */
  readonly head: () => LiveHead;
  /** Ends loops in silence. */
  readonly disposed: AbortSignal;
}

/** Told of records that have been appended, while nobody else can append. */
export type OnAppended = (run: RecordRun) => void;

/** The inside of one journal's handle. */
export interface JournalInside {
  readonly parts: ReaderParts;
  /** As `Journal.appendAll`. */
  append(records: Iterable<unknown>, onAppended: OnAppended, frameBytesMax: number): number;
  /** With which sequence, and from which time on, a reader begins. */
  startOf(from: NonNullable<JournalReadOptions["from"]>): ReadStart;
  /** The sequence behind the last record. */
  end(): number;
  /** Opens a named tailer, or makes one with nothing handled. */
  tailer(name: string): Tailer;
}

/** Where a reader begins: with the first record from a sequence on that is not older than a time. */
export interface ReadStart {
  readonly sequence: number;
  readonly time: number;
}

const INSIDES = new WeakMap<object, JournalInside>();

/** Makes the inside of a journal known. */
export function setInside(journal: object, inside: JournalInside): void {
  INSIDES.set(journal, inside);
}

/** The inside of a journal; undefined for whatever else. */
export function insideOf(journal: object): JournalInside | undefined {
  return INSIDES.get(journal);
}
