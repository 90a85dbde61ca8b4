/**
 * Whether a file is UTF-8, asked of the engine: its check costs less than getting at the pages (decision 0014).
 *
 * @module
 */
import { isUtf8 as isUtf8Bytes } from "node:buffer";
import { checkOptions } from "../validate.ts";
import type { ViewSource } from "../view.ts";
import { checkRange, SCAN_RANGE, type ScanRange } from "./range.ts";
import { SCAN_WINDOW_BYTES, windows } from "./windows.ts";

/** The longest character but its last byte. */
const PART_BYTES_MAX = 3;

/** Whether all of a range is UTF-8; see `MemoryMappedFile.isUtf8`. */
export function isUtf8(
  source: ViewSource,
  range?: ScanRange,
  windowBytes: number = SCAN_WINDOW_BYTES,
): boolean {
  const span = checkRange(source.capacity, checkOptions("range", range, SCAN_RANGE));
  /** The beginning of a character that goes on in the next window. */
  let part = Buffer.alloc(0);
  for (const { bytes } of windows(source, { ...span, stride: windowBytes, isRead: true })) {
    const missing = Math.min(lengthOf(part[0]) - part.length, bytes.length);
    part = Buffer.concat([part, bytes.subarray(0, missing)]);
    if (part.length < lengthOf(part[0])) continue;
    if (!isUtf8Bytes(part)) return false;
    const end = Math.max(missing, bytes.length - unfinished(bytes));
    if (!isUtf8Bytes(bytes.subarray(missing, end))) return false;
    part = Buffer.from(bytes.subarray(end));
  }
  return isUtf8Bytes(part);
}

/** How many bytes a character has, by its first one; 0 without one, and 1 where none begins so. */
function lengthOf(first: number | undefined): number {
  if (first === undefined) return 0;
  if (first < 0xc0) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** How many bytes at the end are the beginning of a character that goes on. */
function unfinished(bytes: Buffer): number {
  for (let count = 1; count <= Math.min(PART_BYTES_MAX, bytes.length); count++) {
    const length = lengthOf(bytes[bytes.length - count]);
    if (length > 1) return length > count ? count : 0;
  }
  return 0;
}
