/**
 * Lines one by one, out of pieces of whole lines.
 *
 * These are generators in all but how they are written: to resume a generator costs more than to find a line.
 *
 * @module
 */
import { PrivateText } from "../private-text.ts";
import { BytePlaces } from "./kernel/byte-places.ts";
import type { LineCursor } from "./line-cursor.ts";
import { SCAN_WINDOW_BYTES } from "./windows.ts";

export const LINE_FEED = 0x0a;
export const CARRIAGE_RETURN = 0x0d;

/** So much is copied and decoded at once, in bytes: room for so long a string is found and given back at once. */
export const TEXT_BYTES: number = 1 << 16;

const NOTHING: Buffer = Buffer.alloc(0);

/** What all have in common: how they end. */
abstract class Lines<Line> extends Iterator<Line, void> implements Generator<Line, void> {
  readonly #pieces: Generator<Buffer, void>;

  /** @param pieces End with a line feed; the last one may not. */
  constructor(pieces: Generator<Buffer, void>) {
    super();
    this.#pieces = pieces;
  }

  abstract override next(): IteratorResult<Line, void>;

  override [Symbol.iterator](): this {
    return this;
  }

  override return(): IteratorResult<Line, void> {
    this.begin(NOTHING);
    this.#pieces.return();
    return { done: true, value: undefined };
  }

  override throw(error: unknown): IteratorResult<Line, void> {
    this.return();
    throw error;
  }

  override [Symbol.dispose](): void {
    this.return();
  }

  /** Begins with a piece. */
  protected abstract begin(piece: Buffer): void;

  /** Goes on with the next piece; there is none without a line. */
  protected nextPiece(): IteratorResult<Line, void> {
    this.begin(NOTHING);
    const { done, value } = this.#pieces.next();
    if (done) return { done, value: undefined };
    this.begin(value);
    return this.next();
  }
}

/** Lines as text. Many are decoded at once: one call for hundreds of lines instead of one for each. */
export class TextLines extends Lines<string> {
  readonly #private = new PrivateText();
  #piece = NOTHING;
  /** How far the piece has been decoded. */
  #decoded = 0;
  #text = "";
  /** Where the next line begins in the text. */
  #at = 0;

  override next(): IteratorResult<string, void> {
    const text = this.#text;
    const start = this.#at;
    if (start >= text.length)
      return this.#decoded < this.#piece.length ? this.#decode() : this.nextPiece();
    const found = text.indexOf("\n", start);
    // Behind the last line feed: the end of the file, where a "\r" ends no line.
    if (found < 0) {
      this.#at = text.length;
      return { done: false, value: text.slice(start) };
    }
    this.#at = found + 1;
    const hasReturn = found > start && text.charCodeAt(found - 1) === CARRIAGE_RETURN;
    return { done: false, value: text.slice(start, hasReturn ? found - 1 : found) };
  }

  protected override begin(piece: Buffer): void {
    this.#piece = piece;
    this.#decoded = 0;
    this.#text = "";
    this.#at = 0;
  }

  #decode(): IteratorResult<string, void> {
    const piece = this.#piece;
    const start = this.#decoded;
    const end = endOfText(piece, start);
    // What is longer than a window has been put together in private memory.
    const isShared = end - start <= SCAN_WINDOW_BYTES;
    this.#text = isShared
      ? this.#private.read(piece, start, end)
      : piece.toString("utf8", start, end);
    this.#decoded = end;
    this.#at = 0;
    return this.next();
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

/** Lines as bytes, each copied: an array of its own is made in less time than one on bytes that others have, too. */
export class RawLines extends Lines<Uint8Array> {
  readonly #places = new BytePlaces([LINE_FEED]);
  #bytes: Uint8Array = NOTHING;
  #at = 0;
  /** Which of the places ends the next line. */
  #next = 0;

  override next(): IteratorResult<Uint8Array, void> {
    const bytes = this.#bytes;
    const start = this.#at;
    if (start >= bytes.length) return this.nextPiece();
    const end = this.#places.list[this.#next++] as number;
    this.#at = end + 1;
    return { done: false, value: bytes.slice(start, end) };
  }

  protected override begin(piece: Buffer): void {
    this.#places.find(piece, 0);
    this.#bytes = new Uint8Array(piece.buffer, piece.byteOffset, piece.length);
    this.#at = 0;
    this.#next = 0;
  }
}

/** Where the first line begins in the map, in bytes. */
export interface FirstLine {
  offset: number;
}

/** One cursor for every line. */
export class CursorLines extends Lines<LineCursor> {
  readonly #places = new BytePlaces([LINE_FEED]);
  readonly #line = new FoundLine();
  readonly #first: FirstLine;
  /** Where the piece begins, from the first line on. */
  #offset = 0;
  #piece = NOTHING;
  #next = 0;

  /** @param first Known when the first piece is. */
  constructor(pieces: Generator<Buffer, void>, first: FirstLine) {
    super(pieces);
    this.#first = first;
  }

  override next(): IteratorResult<LineCursor, void> {
    const line = this.#line;
    const start = this.#next === 0 ? 0 : line.end + 1;
    if (start >= this.#piece.length) return this.nextPiece();
    line.start = start;
    line.end = this.#places.list[this.#next++] as number;
    line.offset = this.#first.offset + this.#offset + start;
    return { done: false, value: line };
  }

  protected override begin(piece: Buffer): void {
    this.#offset += this.#piece.length;
    this.#places.find(piece, 0);
    this.#piece = piece;
    this.#next = 0;
    // The last line stays where it is until another one has been found.
    if (piece.length > 0) this.#line.bytes = piece;
  }
}

/** The line that was found last. */
class FoundLine implements LineCursor {
  bytes: Buffer = NOTHING;
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
