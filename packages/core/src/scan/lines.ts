/**
 * A file as a sequence of lines.
 *
 * @module
 */
import { PrivateText } from "../private-text.ts";
import {
  checkBoolean,
  checkOptions,
  invalidType,
  type OptionNames,
  outOfRange,
} from "../validate.ts";
import type { ViewSource } from "../view.ts";
import { BytePlaces } from "./kernel/byte-places.ts";
import { eachLine } from "./kernel/line-ends.ts";
import { checkRange, SCAN_RANGE, type ScanRange, type Span } from "./range.ts";
import { indexOf } from "./search.ts";
import { SCAN_WINDOW_BYTES, windows } from "./windows.ts";

export const LINE_FEED = 0x0a;
export const CARRIAGE_RETURN = 0x0d;

/** The longest line in bytes: what a string and a buffer can hold without surprises. */
export const LINE_BYTES_MAX: number = 2 ** 29 - 1;

/** So much is copied and decoded at once, in bytes: the CPU's second cache has room for it. */
export const TEXT_BYTES: number = 1 << 18;

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
  return isRaw ? rawLines(source, span) : textLines(source, span);
}

/** Decodes many whole lines at once: one call for thousands of lines instead of one for each. */
function* textLines(source: ViewSource, span: Span): Generator<string, void> {
  const text = new PrivateText();
  for (const piece of wholeLines(source, lineSpan(source, span))) {
    for (let start = 0, end = 0; start < piece.length; start = end) {
      end = endOfText(piece, start);
      // What is longer than a window has been put together in private memory.
      const isShared = end - start <= SCAN_WINDOW_BYTES;
      const whole = isShared ? text.read(piece, start, end) : piece.toString("utf8", start, end);
      const texts = whole.split("\n");
      // Behind the last line feed: nothing, or the end of the file, where a "\r" ends no line.
      const last = texts.pop();
      for (const line of texts) yield line.endsWith("\r") ? line.slice(0, -1) : line;
      if (last) yield last;
    }
  }
}

/** The end of whole lines that begin somewhere: as many as are decoded at once, but one at least. */
function endOfText(piece: Buffer, start: number): number {
  const end = start + TEXT_BYTES;
  if (end >= piece.length) return piece.length;
  const last = piece.lastIndexOf(LINE_FEED, end - 1);
  if (last >= start) return last + 1;
  const next = piece.indexOf(LINE_FEED, end);
  return next < 0 ? piece.length : next + 1;
}

function* rawLines(source: ViewSource, span: Span): Generator<Uint8Array, void> {
  for (const piece of wholeLines(source, lineSpan(source, span))) {
    for (let start = 0; start < piece.length; ) {
      const found = piece.indexOf(LINE_FEED, start);
      const end = found < 0 ? piece.length : found;
      yield new Uint8Array(piece.buffer, piece.byteOffset + start, end - start);
      start = end + 1;
    }
  }
}

/** One line, and where it is. It is the same object for every line: what it tells holds until the next one is asked for. */
export interface LineCursor {
  /** What holds the line, and others beside it. */
  readonly bytes: Uint8Array;
  /** Index in `bytes` of its first byte. */
  readonly start: number;
  /** Index in `bytes` of its line feed, or of the end; a "\r" before it belongs to the line. */
  readonly end: number;
  /** Where it begins in the map, in bytes. */
  readonly offset: number;
  /** The line as text, decoded from UTF-8, without "\r". */
  text(): string;
}

/** Yields one cursor for every line; see `MemoryMappedFile.lineCursor`. */
export function lineCursor(source: ViewSource, range?: ScanRange): Generator<LineCursor, void> {
  const checked = checkOptions("range", range, SCAN_RANGE);
  return eachFoundLine(source, checkRange(source.capacity, checked));
}

function* eachFoundLine(source: ViewSource, range: Span): Generator<LineCursor, void> {
  const span = lineSpan(source, range);
  const places = new BytePlaces([LINE_FEED]);
  const line = new FoundLine();
  let offset = span.from;
  for (const piece of wholeLines(source, span)) {
    places.find(piece, 0);
    line.bytes = piece;
    let start = 0;
    for (let next = 0; start < piece.length; next++) {
      line.start = start;
      line.end = places.list[next] as number;
      line.offset = offset + start;
      yield line;
      start = line.end + 1;
    }
    offset += piece.length;
  }
}

/** The line that was found last. */
class FoundLine implements LineCursor {
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  offset = 0;
  readonly #text = new PrivateText();

  text(): string {
    const { bytes, start, end } = this;
    // Where the file ends without a line feed, a "\r" ends no line.
    const hasReturn = end > start && end < bytes.length && bytes[end - 1] === CARRIAGE_RETURN;
    return this.#text.read(bytes, start, hasReturn ? end - 1 : end);
  }
}

/** Calls for every line, without an object for each; see `MemoryMappedFile.forEachLine`. */
export function forEachLine(source: ViewSource, visit: LineVisitor, range?: ScanRange): void {
  if (typeof visit !== "function") throw invalidType("visit", "a function", visit);
  const checked = checkOptions("range", range, SCAN_RANGE);
  const span = lineSpan(source, checkRange(source.capacity, checked));
  let offset = span.from;
  for (const piece of wholeLines(source, span)) {
    eachLine(piece, visit, offset);
    offset += piece.length;
  }
}

/**
 * Yields pieces that end with a line feed (the last one may not). A line that crosses from one window into
 * the next is put together in a buffer of its own.
 */
function* wholeLines(source: ViewSource, span: Span): Generator<Buffer, void> {
  let carried: Buffer[] = [];
  let carriedBytes = 0;
  for (const { start, bytes } of windows(source, span)) {
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
