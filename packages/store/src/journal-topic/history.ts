/**
 * The journal behind a topic.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { RecordMemory } from "@isthmus/ipc/internal";
import type { ReaderParts } from "../journal/journal-inside.ts";
import { LOOK_AGAIN_MS } from "../journal/live-head.ts";
import { type Gap, RecordCursor } from "../journal/record-cursor.ts";
import type { History } from "./joined-records.ts";
import type { PlacedRecord } from "./placed-record.ts";

/** So many records are rather passed over than looked for anew. */
const PASSED_RECORDS_MAX = 4096;

/** A journal as one subscriber reads it. */
export class JournalHistory implements History, PlacedRecord {
  readonly #parts: ReaderParts;
  #cursor: RecordCursor;
  #memory: RecordMemory;
  #source: Uint8Array<ArrayBuffer>;
  /** The sequence that it was sent to. */
  #sought = 1;
  #lookAt = 0;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#cursor = new RecordCursor(parts.storage, parts.format, 1);
    this.#source = this.#cursor.bytes;
    this.#memory = new RecordMemory(this.#source);
  }

  get noted(): number {
    return this.#parts.head().last;
  }

  get sequence(): number {
    return this.#cursor.sequence;
  }

  get time(): number {
    return this.#cursor.time;
  }

  get gap(): Gap {
    return this.#cursor.gap;
  }

  get memory(): RecordMemory {
    if (this.#source !== this.#cursor.bytes) {
      this.#source = this.#cursor.bytes;
      this.#memory = new RecordMemory(this.#source);
    }
    return this.#memory;
  }

  get payloadAt(): number {
    return this.#cursor.payloadAt;
  }

  get payloadBytes(): number {
    return this.#cursor.payloadBytes;
  }

  isLookDue(): boolean {
    const now = performance.now();
    if (now < this.#lookAt) return false;
    this.#lookAt = now + LOOK_AGAIN_MS;
    return true;
  }

  seek(sequence: number): void {
    this.#sought = sequence;
    const { next } = this.#cursor;
    if (next <= sequence && sequence - next < PASSED_RECORDS_MAX) {
      this.#cursor.skipTo(sequence);
      return;
    }
    const { storage, format } = this.#parts;
    this.#cursor.close();
    this.#cursor = new RecordCursor(storage, format, sequence);
  }

  /** @throws {CorruptSegmentError} When the journal ends before a record that has been handed out: nobody knows what will come there. */
  advance(): "record" | "gap" | "end" {
    const step = this.#cursor.advance();
    if (step !== "end") return step;
    this.#lookAt = performance.now() + LOOK_AGAIN_MS;
    const { next } = this.#cursor;
    if (next >= this.#sought) return step;
    throw new CorruptSegmentError(
      `Cannot go on with record ${this.#sought} of the journal: it ends with ${next - 1} now; begin again from there`,
    );
  }

  close(): void {
    this.#cursor.close();
  }
}
