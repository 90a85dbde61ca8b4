/**
 * Finding and counting bytes and sequences of bytes.
 *
 * @module
 */
import { checkInteger } from "../validate.ts";
import type { ViewSource } from "../view.ts";
import { byteCounter } from "./kernel/byte-counter.ts";
import { type Needle, needleBytes } from "./needle.ts";
import { windows } from "./windows.ts";

/** Offset of the first match at or behind `from`, or -1; see `MemoryMappedFile.indexOf`. */
export function indexOf(source: ViewSource, needle: Needle, from = 0): number {
  const wanted = needleBytes(needle);
  checkInteger("from", from);
  const options = { from, to: source.capacity, overlap: wanted.length - 1 };
  for (const { start, bytes } of windows(source, options)) {
    const found = bytes.indexOf(wanted);
    if (found >= 0) return start + found;
  }
  return -1;
}

/** How often something occurs, without overlaps; see `MemoryMappedFile.count`. */
export function count(source: ViewSource, needle: Needle): number {
  const wanted = needleBytes(needle);
  return wanted.length === 1
    ? countByte(source, wanted[0] as number)
    : countSequence(source, wanted);
}

function countByte(source: ViewSource, wanted: number): number {
  const countIn = byteCounter(source.capacity);
  let total = 0;
  for (const { bytes } of windows(source, { from: 0, to: source.capacity })) {
    total += countIn(bytes, wanted);
  }
  return total;
}

function countSequence(source: ViewSource, wanted: Buffer): number {
  let total = 0;
  /** Where the next match may begin: behind the end of the last one. */
  let next = 0;
  const options = { from: 0, to: source.capacity, overlap: wanted.length - 1 };
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
