/**
 * A file as a sequence of records that something separates.
 *
 * @module
 */
import { checkOptions, type OptionNames, outOfRange } from "../validate.ts";
import type { ViewSource } from "../view.ts";
import { type Needle, needleBytes } from "./needle.ts";
import { checkRange, SCAN_RANGE, type ScanRange, type Span } from "./range.ts";
import { indexOf } from "./search.ts";
import { SCAN_WINDOW_BYTES, windows } from "./windows.ts";

/** The longest record that is put together from several windows, in bytes. */
const RECORD_BYTES_MAX = 2 ** 31 - 1;

/** What separates records, and where to look for them. */
export interface RecordOptions extends ScanRange {
  /** A byte, a text or bytes; `"\n"` unless given. */
  readonly separator?: Needle | undefined;
}

const RECORD_OPTIONS: OptionNames<RecordOptions> = { separator: true, ...SCAN_RANGE };

/** Yields what is between separators; see `MemoryMappedFile.records`. */
export function records(
  source: ViewSource,
  options?: RecordOptions,
  windowBytes: number = SCAN_WINDOW_BYTES,
): Generator<Uint8Array, void> {
  const checked = checkOptions("options", options, RECORD_OPTIONS);
  const { separator: given = "\n" } = checked;
  const separator = needleBytes(given, "separator");
  return eachRecord(source, separator, checkRange(source.capacity, checked), windowBytes);
}

function* eachRecord(
  source: ViewSource,
  separator: Buffer,
  { from, to }: Span,
  windowBytes: number,
): Generator<Uint8Array, void> {
  if (from >= to) return;
  // Of "----" only the first byte tells which two separate: such a separator is looked for from the start.
  const first = overlapsItself(separator) ? 0 : firstRecord(source, separator, from, to);
  if (first < 0) return;
  /** What earlier windows have of the record that goes on in this one. */
  let carried: Buffer[] = [];
  let recordStart = first;
  const span = { from: first, to: source.capacity, stride: windowBytes };
  for (const { start, bytes } of windows(source, { ...span, overlap: separator.length - 1 })) {
    // A separator belongs to the window in which it begins.
    const own = Math.min(windowBytes, bytes.length);
    let at = Math.max(0, recordStart - start);
    for (;;) {
      const found = bytes.indexOf(separator, at);
      if (found < 0 || found >= own) break;
      if (recordStart >= from) yield joined(carried, bytes.subarray(at, found), recordStart);
      carried = [];
      at = found + separator.length;
      recordStart = start + at;
      if (recordStart >= to) return;
    }
    if (at < own && recordStart >= from) carried.push(Buffer.from(bytes.subarray(at, own)));
  }
  if (carried.length > 0) yield joined(carried, Buffer.alloc(0), recordStart);
}

/** Where the first record begins that begins in a range, or -1. */
function firstRecord(source: ViewSource, separator: Buffer, from: number, to: number): number {
  if (from === 0) return 0;
  const before = Math.max(0, from - separator.length);
  const found = indexOf(source, separator, { offset: before, length: to - before });
  const start = found + separator.length;
  return found < 0 || start >= to ? -1 : start;
}

/** Whether two of them can share bytes: where one begins as it ends. */
function overlapsItself(separator: Buffer): boolean {
  for (let length = 1; length < separator.length; length++) {
    if (separator.subarray(0, length).equals(separator.subarray(-length))) return true;
  }
  return false;
}

/** The parts of a record as one; a copy only where there are several. */
function joined(carried: readonly Buffer[], last: Buffer, offset: number): Uint8Array {
  const whole = carried.length === 0 ? last : join(carried, last, offset);
  return new Uint8Array(whole.buffer, whole.byteOffset, whole.length);
}

function join(carried: readonly Buffer[], last: Buffer, offset: number): Buffer {
  const length = carried.reduce((sum, part) => sum + part.length, last.length);
  if (length <= RECORD_BYTES_MAX) return Buffer.concat([...carried, last]);
  const what = `length of the record at byte ${offset}`;
  throw outOfRange(what, `<= ${RECORD_BYTES_MAX} bytes`, length);
}
