/**
 * A file as a sequence of lines.
 *
 * @module
 */
import { PrivateText } from "../private-text.ts";
import { checkBoolean, checkOptions, type OptionNames, outOfRange } from "../validate.ts";
import type { ViewSource } from "../view.ts";
import { SCAN_WINDOW_BYTES, windows } from "./windows.ts";

const LINE_FEED = 0x0a;

/** The longest line in bytes: what a string and a buffer can hold without surprises. */
const LINE_BYTES_MAX = 2 ** 29 - 1;

/** So much is copied and decoded at once, in bytes: the CPU's second cache has room for it. */
export const TEXT_BYTES: number = 1 << 18;

/** How lines are given. */
export interface LineOptions {
  /** Whether to yield the bytes between line feeds instead of text. */
  readonly raw?: boolean | undefined;
}

const LINE_OPTIONS: OptionNames<LineOptions> = { raw: true };

/**
 * Yields a map's lines in order; see `MemoryMappedFile.lines`.
 */
export function lines(
  source: ViewSource,
  options?: LineOptions,
): Generator<string, void> | Generator<Uint8Array, void> {
  const { raw = false } = checkOptions("options", options, LINE_OPTIONS);
  return checkBoolean("raw", raw) ? rawLines(source) : textLines(source);
}

/** Decodes many whole lines at once: one call for thousands of lines instead of one for each. */
function* textLines(source: ViewSource): Generator<string, void> {
  const text = new PrivateText();
  for (const piece of wholeLines(source)) {
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

function* rawLines(source: ViewSource): Generator<Uint8Array, void> {
  for (const piece of wholeLines(source)) {
    for (let start = 0; start < piece.length; ) {
      const found = piece.indexOf(LINE_FEED, start);
      const end = found < 0 ? piece.length : found;
      yield new Uint8Array(piece.buffer, piece.byteOffset + start, end - start);
      start = end + 1;
    }
  }
}

/**
 * Yields pieces that end with a line feed (the last one may not). A line that crosses from one window into
 * the next is put together in a buffer of its own.
 */
function* wholeLines(source: ViewSource): Generator<Buffer, void> {
  let carried: Buffer[] = [];
  let carriedBytes = 0;
  for (const { start, bytes } of windows(source, { from: 0, to: source.capacity })) {
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

function lineTooLong(before: number): RangeError {
  return outOfRange(
    `length of the line before byte ${before}`,
    `<= ${LINE_BYTES_MAX} bytes`,
    "more",
  );
}
