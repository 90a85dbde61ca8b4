/**
 * How often each byte value occurs.
 *
 * @module
 */
import { checkOptions } from "../validate.ts";
import type { ViewSource } from "../view.ts";
import { addPlainly, byteHistogram } from "./kernel/byte-histogram.ts";
import { checkRange, SCAN_RANGE, type ScanRange } from "./range.ts";
import { windows } from "./windows.ts";

const BYTE_VALUES = 256;

/** Counts per byte value; see `MemoryMappedFile.histogram`. */
export function histogram(source: ViewSource, range?: ScanRange): Float64Array {
  const span = checkRange(source.capacity, checkOptions("range", range, SCAN_RANGE));
  const totals = new Float64Array(BYTE_VALUES);
  const addCounts = byteHistogram(span.to - span.from);
  const isCopied = addCounts !== addPlainly;
  for (const { bytes, copy } of windows(source, { ...span, isCopied })) {
    addCounts(bytes, totals, copy);
  }
  return totals;
}
