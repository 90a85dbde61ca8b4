/**
 * What is removed of a journal: whole segments, the oldest first, and never the one that is appended to.
 *
 * @module
 */
import type { RecordFormat } from "./record-format.ts";
import { readHeader } from "./segment-header.ts";
import type { JournalStorage } from "./storage.ts";
import { Tailers } from "./tailer.ts";

/** How much is kept. */
export interface Limits {
  readonly maxBytes: number | undefined;
  readonly maxAgeMs: number | undefined;
  /** Whether what a named tailer has not handled yet is kept in any case. */
  readonly keepForTailers: boolean;
}

/**
 * Removes what is beyond the limits. Only who has the turn may do that. Each removal is on the disk before the next one begins, so that
 * the segments that are left after a crash are the latest ones.
 *
 * @param segmentBytes Of each segment.
 * @param roomBytes So many bytes are about to be added.
 * @returns How many segments were removed.
 */
export function removeOld(
  storage: JournalStorage,
  format: RecordFormat,
  segmentBytes: number,
  { maxBytes = Infinity, maxAgeMs = Infinity, keepForTailers }: Limits,
  roomBytes: number,
): number {
  if (maxBytes === Infinity && maxAgeMs === Infinity) return 0;
  const firsts = storage.segments();
  let bytes = firsts.length * segmentBytes + roomBytes;
  let handled: number | undefined;
  let removed = 0;
  for (let index = 0; index + 1 < firsts.length; index++) {
    const next = firsts[index + 1] as number;
    const isTooOld = (): boolean => {
      // The time of the last record of this segment stands in the next one.
      const time = readHeader(storage, format.id, next)?.time;
      return time !== undefined && Date.now() - time > maxAgeMs;
    };
    if (bytes <= maxBytes && (maxAgeMs === Infinity || !isTooOld())) break;
    handled ??= keepForTailers ? new Tailers(storage, format.id).least() : Infinity;
    if (next - 1 > handled) break;
    storage.remove(firsts[index] as number);
    bytes -= segmentBytes;
    removed++;
  }
  return removed;
}
