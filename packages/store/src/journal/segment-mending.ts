/**
 * What whoever has the turn does to the segment that is appended to, but for appending.
 *
 * @module
 */
import type { DataRange } from "@isthmus/core/internal";
import { FRAME, FRAME_BYTES_MIN, paddedBytes, SEGMENT } from "./journal-layout.ts";
import type { RecordFormat } from "./record-format.ts";
import { decodeMark, decodeSynced, markCrc, syncedCrc } from "./segment-header.ts";
import type { FramePlace } from "./segment-index.ts";
import type { WritableSegment } from "./storage.ts";

/** A mark is so far behind the last one, in bytes. */
const MARK_STRIDE_BYTES = 4096;
/** So much is looked at, cleared or written again at once. */
const STEP_BYTES = 2 ** 20;

/** When segments end, but for being full. */
export interface RollOptions {
  /** The age of its first record at which a segment ends with the next append, in milliseconds. */
  readonly segmentMaxAgeMs?: number | undefined;
  /** Called before a segment of so many bytes is made. */
  readonly onRoll?: ((bytes: number) => void) | undefined;
  /** Throws when others may have the turn, too; asked before an append, once a millisecond. */
  readonly checkTurn?: (() => void) | undefined;
}

/** Whether the first record of a segment is so old that the segment is to end. */
export function isOld(
  file: WritableSegment,
  now: number,
  { segmentMaxAgeMs }: RollOptions,
): boolean {
  if (segmentMaxAgeMs === undefined) return false;
  return now - file.view.getFloat64(SEGMENT.frames + FRAME.time, true) >= segmentMaxAgeMs;
}

/**
 * The last frame that is known to be on the disk with everything before it; undefined where it is not what a mark says.
 *
 * @param floor The time before which it cannot be.
 */
export function findMark(
  format: RecordFormat,
  file: WritableSegment,
  floor: number,
): FramePlace | undefined {
  const mark = decodeMark(file.bytes);
  if (mark === undefined || mark.sequence > syncedOf(file)) return undefined;
  const { offset, sequence } = mark;
  const end = file.lengthBytes;
  const finding = format.examine(file, offset, end, end - offset, sequence, floor);
  return finding === "frame" ? mark : undefined;
}

/** Up to which sequence a segment says that it is on the disk. */
export function syncedOf({ bytes, first, lengthBytes }: WritableSegment): number {
  return decodeSynced(bytes, first, lengthBytes);
}

/**
 * Says up to which sequence a segment is on the disk.
 *
 * @param mark The last frame of those; at 0 when it is not known.
 */
export function storeSynced(file: WritableSegment, sequence: number, mark: FramePlace): void {
  file.storeNumber(SEGMENT.synced, sequence);
  file.store(SEGMENT.syncedCrc, syncedCrc(file.bytes));
  // Whoever opens the journal looks at what is behind the mark: it need not be the last one.
  const ahead = mark.offset - file.view.getUint32(SEGMENT.markOffset, true);
  if (mark.offset === 0 || (ahead >= 0 && ahead < MARK_STRIDE_BYTES)) return;
  file.storeNumber(SEGMENT.mark, mark.sequence);
  file.store(SEGMENT.markOffset, mark.offset);
  file.store(SEGMENT.markCrc, markCrc(file.bytes));
}

/** Makes everything from a place on zero; returns whether anything was not. */
export function clearFrom(file: WritableSegment, start: number): boolean {
  const ranges = dataFrom(file, start);
  if (ranges.length === 0) return false;
  const found = new Uint8Array(STEP_BYTES);
  const zeros = new Uint8Array(STEP_BYTES);
  let isChanged = false;
  for (const range of ranges) {
    for (let at = range.start; at < range.end; at += STEP_BYTES) {
      const length = Math.min(STEP_BYTES, range.end - at);
      const count = file.read(at, found.subarray(0, length));
      if (Buffer.compare(found.subarray(0, count), zeros.subarray(0, count)) === 0) continue;
      // The first word last: whoever comes next clears the rest as long as it is not zero.
      const skipped = at === start ? 4 : 0;
      file.write(at + skipped, zeros.subarray(skipped, length));
      isChanged = true;
    }
  }
  if (isChanged && file.load(start) !== 0) file.store(start, 0);
  return isChanged;
}

/**
 * Where there may be something that is not zero. All of it is found before any is looked at: a look at a hole makes something of it and
 * of what the kernel reads ahead, so that the next one would go through all of a segment that is nearly empty.
 */
function dataFrom(file: WritableSegment, start: number): DataRange[] {
  const found: DataRange[] = [];
  for (let at = start; at < file.lengthBytes; ) {
    const range = file.nextData(at);
    if (range === undefined) break;
    at = Math.min(range.end, file.lengthBytes);
    if (range.start < at) found.push({ start: range.start, end: at });
  }
  return found;
}

/** Writes everything before a place once more: what the kernel takes for written may not be. */
export function writeAgain(file: WritableSegment, end: number): void {
  for (let at = 0; at < end; at += STEP_BYTES) {
    file.write(at, file.bytes.slice(at, Math.min(at + STEP_BYTES, end)));
  }
}

/**
 * The last whole record behind damage.
 *
 * @param start Where the damage begins.
 * @param next The sequence that was expected there.
 * @param floor The time before which none can be.
 */
export function lastWhole(
  format: RecordFormat,
  file: WritableSegment,
  start: number,
  next: number,
  floor: number,
): { readonly sequence: number; readonly time: number } | undefined {
  const end = file.lengthBytes;
  let last: { readonly sequence: number; readonly time: number } | undefined;
  for (let at = start + 8; at < end - FRAME_BYTES_MIN; ) {
    const sequence = file.view.getFloat64(at + FRAME.sequence, true);
    const isLater = sequence >= next && sequence > (last?.sequence ?? 0);
    const isPossible = Number.isSafeInteger(sequence) && isLater;
    const time = last?.time ?? floor;
    const finding = isPossible && format.examine(file, at, end, end - at, sequence, time);
    if (finding === "frame") {
      last = { sequence: sequence + format.count - 1, time: format.time };
      at += paddedBytes(format.size);
    } else at += 8;
  }
  return last;
}
