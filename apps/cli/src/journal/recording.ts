/**
 * What `record` writes and `replay` reads: a journal of JSON with what `tail --json` prints.
 *
 * @module
 */
import type { RecordTail, TailedRecord } from "@isthmus/ipc";
import { tailRecord, valueIn } from "../watch/record-text.ts";

/** A record of a recording. */
export type Recorded = Readonly<Record<string, unknown>>;

/** What is recorded of something that has passed. */
export function recordedOf(tail: RecordTail, record: TailedRecord): Recorded {
  return tailRecord(tail.name, record, valueIn(tail, record));
}

/** What is recorded of something too long for a journal: that it has passed. */
export function withoutContent({ record: _, data_base64: __, ...rest }: Recorded): Recorded {
  return rest;
}

/** What is recorded of what has passed too fast. */
export function missedOf({ name, kind }: RecordTail, missed: number): Recorded {
  return { [kind === "queue" ? "queue" : "channel"]: name, missed };
}

/** Whether a value of JSON is what `record` writes. */
export function isRecorded(value: unknown): value is Recorded {
  if (typeof value !== "object" || value === null) return false;
  const isCounted = "missed" in value || "bytes" in value;
  return isCounted && nameOf(value as Recorded) !== undefined;
}

/** Which name was recorded. */
export function nameOf({ channel, queue }: Recorded): string | undefined {
  const name = channel ?? queue;
  return typeof name === "string" ? name : undefined;
}
