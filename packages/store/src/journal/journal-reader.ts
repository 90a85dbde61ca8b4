/**
 * Reading a journal as a loop.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import { isTurnDue, takeTurn } from "@isthmus/core/internal";
import { type RecordCodec, RecordMemory } from "@isthmus/ipc/internal";
import { SEGMENT } from "./journal-layout.ts";
import type { CheckedRead, JournalGap, JournalRecord } from "./journal-options.ts";
import type { LiveHead } from "./live-head.ts";
import { RecordCursor } from "./record-cursor.ts";
import type { RecordFormat } from "./record-format.ts";
import { decodeHeader } from "./segment-header.ts";
import type { JournalStorage } from "./storage.ts";

/** What a reader works with. */
export interface ReaderParts {
  readonly storage: JournalStorage;
  readonly format: RecordFormat;
  readonly codec: RecordCodec;
  /** Opened when somebody waits. */
  readonly head: () => LiveHead;
  /** Ends the loop in silence. */
  readonly disposed: AbortSignal;
}

/**
 * The records from a sequence on.
 *
 * @param time Those before it, in milliseconds since 1970, are passed over.
 */
export async function* readRecords(
  { storage, format, codec, head, disposed }: ReaderParts,
  { follow, signal }: CheckedRead,
  from: number,
  time: number,
): AsyncGenerator<JournalRecord<unknown> | JournalGap, void> {
  const either = signal === undefined ? disposed : AbortSignal.any([signal, disposed]);
  const cursor = new RecordCursor(storage, format, from);
  let memory = new RecordMemory(cursor.bytes);
  let source = cursor.bytes;
  const place = follow ? head().follow("") : undefined;
  try {
    place?.note(cursor.next - 1);
    for (;;) {
      if (either.aborted) {
        signal?.throwIfAborted();
        return;
      }
      const seen = follow ? head().appends : 0;
      const step = cursor.advance();
      if (step === "record") {
        if (cursor.bytes !== source) {
          source = cursor.bytes;
          memory = new RecordMemory(source);
        }
        const value = codec.decode(memory, cursor.payloadAt, cursor.payloadBytes);
        if (cursor.time >= time) yield { sequence: cursor.sequence, time: cursor.time, value };
        place?.note(cursor.next - 1);
      } else if (step === "gap") yield { gap: cursor.gap };
      else if (follow) await waitForMore(head(), seen, either);
      else return;
      if (isTurnDue()) await takeTurn();
    }
  } finally {
    place?.[Symbol.dispose]();
    cursor.close();
  }
}

async function waitForMore(head: LiveHead, seen: number, signal: AbortSignal): Promise<void> {
  try {
    await head.wait(seen, signal);
  } catch (error) {
    // The loop says why it ends.
    if (!signal.aborted) throw error;
  }
}

/** The sequence with which the segment begins in which the first record of a time may be. */
export function firstBefore(storage: JournalStorage, id: Uint8Array, time: number): number {
  for (const first of storage.segments().reverse()) {
    if (timeBefore(storage, id, first) < time) return first;
  }
  return 0;
}

function timeBefore(storage: JournalStorage, id: Uint8Array, first: number): number {
  const file = storage.openForReading(first);
  if (file === undefined) return Infinity;
  try {
    const head = new Uint8Array(SEGMENT.records);
    return decodeHeader(head.subarray(0, file.read(0, head)), file.lengthBytes, id, first).time;
  } catch (error) {
    if (error instanceof CorruptSegmentError) return Infinity;
    throw error;
  } finally {
    file.close();
  }
}
