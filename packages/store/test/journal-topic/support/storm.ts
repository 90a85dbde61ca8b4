/**
 * What processes of a storm agree on.
 *
 * @module
 */
import type { bytes } from "@isthmus/ipc";
import type { JournalEntry } from "../../../src/index.ts";
import { isWholeStormRecord } from "../../journal/support/storm-record.ts";

export const TOPIC = "storm";
/** Room for some twenty records: the rings come round all the time. */
export const RING: { readonly capacityBytes: number } = { capacityBytes: 2 ** 15 };

/** What is noted of a record. */
export function lineOf(entry: JournalEntry<typeof bytes>): string {
  if (entry.gap !== undefined) return `gap ${entry.gap.from} ${entry.gap.to}`;
  const { sequence, value } = entry;
  const what = isWholeStormRecord(value) ? Bun.hash.adler32(value) : "torn";
  return `${sequence} ${value.length} ${what}`;
}
