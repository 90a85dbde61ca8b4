/**
 * Finding and counting bytes and sequences of bytes.
 *
 * @module
 */
import { checkInteger, checkOptions } from "../validate.ts";
import type { ViewSource } from "../view.ts";
import { byteCounter } from "./kernel/byte-counter.ts";
import { type Needle, needleBytes } from "./needle.ts";
import { checkRange, SCAN_RANGE, type ScanRange, type Span } from "./range.ts";
import { SCAN_WINDOW_BYTES, windows } from "./windows.ts";

/** A part of a map, or the first byte of one that goes on to the end. */
export type SearchRange = number | ScanRange;

/** Offset of the first match inside the range, or -1; see `MemoryMappedFile.indexOf`. */
export function indexOf(source: ViewSource, needle: Needle, range: SearchRange = 0): number {
  const wanted = needleBytes(needle);
  const options = { ...searchSpan(source, range), overlap: wanted.length - 1 };
  for (const { start, bytes } of windows(source, options)) {
    const found = bytes.indexOf(wanted);
    if (found >= 0) return start + found;
  }
  return -1;
}

/** Offset of the last match inside the range, or -1; see `MemoryMappedFile.lastIndexOf`. */
export function lastIndexOf(source: ViewSource, needle: Needle, range?: ScanRange): number {
  const wanted = needleBytes(needle);
  const { from, to } = checkRange(source.capacity, checkOptions("range", range, SCAN_RANGE));
  // From the end, for logs are read there: one window after the other, each with the bytes of the one behind it.
  for (let end = to; end > from; end -= SCAN_WINDOW_BYTES) {
    const start = Math.max(from, end - SCAN_WINDOW_BYTES);
    const reach = Math.min(to, end + wanted.length - 1);
    for (const { bytes } of windows(source, { from: start, to: reach, stride: reach - start })) {
      const found = bytes.lastIndexOf(wanted);
      if (found >= 0) return start + found;
    }
  }
  return -1;
}

/** How often something occurs, without overlaps; see `MemoryMappedFile.count`. */
export function count(source: ViewSource, needle: Needle, range?: ScanRange): number {
  const wanted = needleBytes(needle);
  const span = checkRange(source.capacity, checkOptions("range", range, SCAN_RANGE));
  return wanted.length === 1
    ? countByte(source, wanted[0] as number, span)
    : countSequence(source, wanted, span);
}

/** A number is a first byte, which may be behind the end. */
function searchSpan(source: ViewSource, range: SearchRange): Span {
  if (typeof range === "object" && range !== null) {
    return checkRange(source.capacity, checkOptions("range", range, SCAN_RANGE));
  }
  return { from: checkInteger("from", range), to: source.capacity };
}

function countByte(source: ViewSource, wanted: number, span: Span): number {
  const countIn = byteCounter(span.to - span.from);
  let total = 0;
  for (const { bytes } of windows(source, span)) total += countIn(bytes, wanted);
  return total;
}

function countSequence(source: ViewSource, wanted: Buffer, span: Span): number {
  let total = 0;
  /** Where the next match may begin: behind the end of the last one. */
  let next = 0;
  const options = { ...span, overlap: wanted.length - 1 };
  for (const { start, bytes } of windows(source, options)) {
    for (;;) {
      const found = bytes.indexOf(wanted, Math.max(0, next - start));
      if (found < 0) break;
      total++;
      next = start + found + wanted.length;
    }
  }
  return total;
}
