/**
 * What a journal has, as a program reads it.
 *
 * @module
 */
import type { JournalEntry, JournalSchema } from "@isthmus/store";
import { jsonValue } from "../output/json-value.ts";
import { isRecorded } from "./recording.ts";

/** An entry of a journal whose schema nobody knows before it is opened. */
export type AnyEntry = JournalEntry<JournalSchema>;

/**
 * The public record of `replay` and `journal export`; its fields are a contract: `record` has the value, `data_base64` the bytes of
 * a journal of bytes; those of a recording stand beside the sequence and the time.
 */
export function entryRecord(entry: AnyEntry): Readonly<Record<string, unknown>> {
  if (entry.gap !== undefined) return { gap: entry.gap };
  const { sequence, time: time_ms } = entry;
  const value: unknown = entry.value;
  if (value instanceof Uint8Array) {
    return { sequence, time_ms, data_base64: Buffer.from(value).toString("base64") };
  }
  if (isRecorded(value)) return { sequence, time_ms, ...value };
  return { sequence, time_ms, record: jsonValue(value) };
}
