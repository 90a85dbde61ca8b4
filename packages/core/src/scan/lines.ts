/**
 * A file as a sequence of lines.
 *
 * @module
 */
import {
  checkBoolean,
  checkOptions,
  checkSynchronous,
  type OptionNames,
  outOfRange,
} from "../validate.ts";
import type { ViewSource } from "../view.ts";
import { eachLine } from "./kernel/line-ends.ts";
import type { LineCursor } from "./line-cursor.ts";
import { CursorLines, type FirstLine, LINE_FEED, RawLines, TextLines } from "./line-iterators.ts";
import { checkRange, SCAN_RANGE, type ScanRange, type Span } from "./range.ts";
import { indexOf } from "./search.ts";
import { windows } from "./windows.ts";

/** The longest line in bytes: what a string and a buffer can hold without surprises. */
export const LINE_BYTES_MAX: number = 2 ** 29 - 1;

/** How lines are given. */
export interface LineOptions extends ScanRange {
  /** Whether to yield the bytes between line feeds instead of text. */
  readonly raw?: boolean | undefined;
}

/**
 * Is told of a line.
 *
 * @param bytes What holds the line, and others beside it; valid until the call returns.
 * @param start Index in `bytes` of the line's first byte.
 * @param end Index in `bytes` of its line feed, or of the end; a "\r" before it belongs to the line.
 * @param offset Where the line begins in the map, in bytes.
 */
export type LineVisitor = (bytes: Uint8Array, start: number, end: number, offset: number) => void;

const LINE_OPTIONS: OptionNames<LineOptions> = { raw: true, ...SCAN_RANGE };

/**
 * Yields a map's lines in order; see `MemoryMappedFile.lines`.
 */
export function lines(
  source: ViewSource,
  options?: LineOptions,
): Generator<string, void> | Generator<Uint8Array, void> {
  const checked = checkOptions("options", options, LINE_OPTIONS);
  const { raw = false } = checked;
  const isRaw = checkBoolean("raw", raw);
  const span = checkRange(source.capacity, checked);
  const pieces = linesOf(source, span);
  return isRaw ? new RawLines(pieces) : new TextLines(pieces);
}

/** Yields one cursor for every line; see `MemoryMappedFile.lineCursor`. */
export function lineCursor(source: ViewSource, range?: ScanRange): Generator<LineCursor, void> {
  const checked = checkOptions("range", range, SCAN_RANGE);
  const first = { offset: 0 };
  return new CursorLines(linesOf(source, checkRange(source.capacity, checked), first), first);
}

/** Calls for every line, without an object for each; see `MemoryMappedFile.forEachLine`. */
export function forEachLine(source: ViewSource, visit: LineVisitor, range?: ScanRange): void {
  checkSynchronous("visit", visit, "lines");
  const checked = checkOptions("range", range, SCAN_RANGE);
  const span = lineSpan(source, checkRange(source.capacity, checked));
  let offset = span.from;
  for (const piece of wholeLines(source, span)) {
    eachLine(piece, visit, offset);
    offset += piece.length;
  }
}

/** The lines that begin in a range, in pieces; nothing is looked at before the first one is asked for. */
function* linesOf(source: ViewSource, range: Span, first?: FirstLine): Generator<Buffer, void> {
  const span = lineSpan(source, range);
  if (first !== undefined) first.offset = span.from;
  yield* wholeLines(source, span);
}

/**
 * Yields pieces that end with a line feed (the last one may not). A line that crosses from one window into
 * the next is put together in a buffer of its own.
 */
function* wholeLines(source: ViewSource, span: Span): Generator<Buffer, void> {
  let carried: Buffer[] = [];
  let carriedBytes = 0;
  for (const { start, bytes } of windows(source, { ...span, isRead: true })) {
    let from = 0;
    if (carriedBytes > 0) {
      const found = bytes.indexOf(LINE_FEED);
      from = found < 0 ? bytes.length : found + 1;
      carriedBytes += from;
      if (carriedBytes > LINE_BYTES_MAX) throw lineTooLong(start);
      carried.push(found < 0 ? Buffer.from(bytes) : bytes.subarray(0, from));
      if (found < 0) continue;
      yield Buffer.concat(carried);
      carried = [];
      carriedBytes = 0;
    }
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    if (end > from) yield bytes.subarray(from, end);
    const rest = Math.max(from, end);
    if (rest < bytes.length) {
      carried = [Buffer.from(bytes.subarray(rest))];
      carriedBytes = bytes.length - rest;
    }
  }
  if (carriedBytes > 0) yield Buffer.concat(carried);
}

/** The lines that begin in a part of a map, as a part of their own: from the first one's first byte to the last one's end. */
function lineSpan(source: ViewSource, { from, to }: Span): Span {
  const first = firstLine(source, from, to);
  return first < 0 ? { from: to, to } : { from: first, to: lineEnd(source, to) };
}

/** Where the first line begins that begins in a range, or -1. */
function firstLine(source: ViewSource, from: number, to: number): number {
  if (from >= to) return -1;
  if (from === 0) return 0;
  // The line feed before the range begins a line in it; one at its end begins a line behind it.
  const found = indexOf(source, LINE_FEED, { offset: from - 1, length: to - from });
  return found < 0 ? -1 : found + 1;
}

/** Where the line ends that holds the last byte before `to`, with its line feed. */
function lineEnd(source: ViewSource, to: number): number {
  // The end of the map need not be looked at: the file may have been truncated, which is told when a scan gets there.
  if (to === source.capacity) return to;
  const found = indexOf(source, LINE_FEED, { offset: to - 1 });
  return found < 0 ? source.capacity : found + 1;
}

/** What is thrown when a line is longer than {@link LINE_BYTES_MAX}. */
export function lineTooLong(before: number): RangeError {
  return outOfRange(
    `length of the line before byte ${before}`,
    `<= ${LINE_BYTES_MAX} bytes`,
    "more",
  );
}
