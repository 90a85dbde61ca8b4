/**
 * How often each byte value occurs.
 *
 * @module
 */
import { checkOptions } from "../validate.ts";
import type { ViewSource } from "../view.ts";
import { checkRange, SCAN_RANGE, type ScanRange } from "./range.ts";
import { windows } from "./windows.ts";

const BYTE_VALUES = 256;

/** Counts per byte value; see `MemoryMappedFile.histogram`. */
export function histogram(source: ViewSource, range?: ScanRange): Float64Array {
  const span = checkRange(source.capacity, checkOptions("range", range, SCAN_RANGE));
  const totals = new Float64Array(BYTE_VALUES);
  for (const { bytes } of windows(source, span)) {
    addCounts(bytes, totals);
  }
  return totals;
}

/**
 * Counts in four tables at once: a run of equal bytes would otherwise wait for its own last addition, byte
 * by byte. A window is far too short for a 32-bit count to overflow.
 */
function addCounts(bytes: Uint8Array, totals: Float64Array): void {
  const tables = new Uint32Array(4 * BYTE_VALUES);
  const whole = bytes.length - (bytes.length % 4);
  for (let i = 0; i < whole; i += 4) {
    tables[bytes[i] as number]!++;
    tables[BYTE_VALUES + (bytes[i + 1] as number)]!++;
    tables[2 * BYTE_VALUES + (bytes[i + 2] as number)]!++;
    tables[3 * BYTE_VALUES + (bytes[i + 3] as number)]!++;
  }
  for (let i = whole; i < bytes.length; i++) tables[bytes[i] as number]!++;
  for (let i = 0; i < tables.length; i++) totals[i % BYTE_VALUES]! += tables[i] as number;
}
