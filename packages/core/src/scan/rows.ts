/**
 * A file as a table: rows of fields, as in CSV and its relatives.
 *
 * The format is that of RFC 4180, read as leniently as Python's `csv` does: rows end with "\n" or "\r\n", or with the file; a
 * quote in the middle of a field is a character like others, and so is what comes behind a closing one.
 *
 * @module
 */
import { PrivateText } from "../private-text.ts";
import { checkOptions, invalidType, type OptionNames, outOfRange } from "../validate.ts";
import type { ViewSource } from "../view.ts";
import { BytePlaces } from "./kernel/byte-places.ts";
import { CARRIAGE_RETURN, LINE_FEED } from "./line-iterators.ts";
import { checkRange, SCAN_RANGE, type ScanRange, type Span } from "./range.ts";
import { indexOf } from "./search.ts";
import { windows } from "./windows.ts";

const BYTE_ORDER_MARK = Buffer.from("\ufeff");

/** The longest row in bytes: a longer one has a quote that nobody closes. */
const ROW_BYTES_MAX = 64 << 20;

/** How much is looked at in one go, in bytes: where its delimiters are takes four bytes each. */
const WINDOW_BYTES = 2 << 20;

/** How much of the next window each one also shows, one part of so many: most rows that cross are no longer. */
const OVERLAP_PART = 32;

const NOTHING: Buffer = Buffer.alloc(0);

/** How many fields a row has room for at first. */
const FIELDS = 64;

/** What separates fields, and where to look for rows. */
export interface RowOptions extends ScanRange {
  /** What is between two fields: one character of ASCII. Default `","`. */
  readonly delimiter?: string | undefined;
  /** What is around a field that has delimiters or line feeds in it: one character of ASCII, or `null`. Default `'"'`. */
  readonly quote?: string | null | undefined;
}

const ROW_OPTIONS: OptionNames<RowOptions> = { delimiter: true, quote: true, ...SCAN_RANGE };

/**
 * One row, and where its fields are. It is the same object for every row: what it tells holds until the next one is
 * asked for.
 */
export interface Row {
  /** How many fields it has; at least 1. */
  readonly length: number;
  /** Where it begins in the map, in bytes. */
  readonly offset: number;
  /** What holds the row, and others beside it. */
  readonly bytes: Uint8Array;
  /**
   * Index in `bytes` of a field's first byte, behind its quote.
   *
   * @param field Which one, from 0.
   */
  start(field: number): number;
  /**
   * Index in `bytes` of a field's end, before its quote.
   *
   * @param field Which one, from 0.
   */
  end(field: number): number;
  /**
   * Whether a field has quotes in it, so that its text is not what stands there: `text` has them read.
   *
   * @param field Which one, from 0.
   */
  isEscaped(field: number): boolean;
  /**
   * A field as text, decoded from UTF-8.
   *
   * @param field Which one, from 0.
   */
  text(field: number): string;
  /** All fields as text. */
  texts(): string[];
}

/** Yields the rows of a table; see `MemoryMappedFile.rows`. */
export function rows(
  source: ViewSource,
  options?: RowOptions,
  windowBytes: number = WINDOW_BYTES,
): Generator<Row, void> {
  const checked = checkOptions("options", options, ROW_OPTIONS);
  const { delimiter = ",", quote = '"' } = checked;
  const row = new FoundRow(
    checkCharacter("delimiter", delimiter),
    quote === null ? -1 : checkCharacter("quote", quote),
  );
  if (delimiter === quote) throw outOfRange("quote", "another character than delimiter", quote);
  return eachRow(source, checkRange(source.capacity, checked), row, windowBytes);
}

function* eachRow(
  source: ViewSource,
  { from, to }: Span,
  row: FoundRow,
  windowBytes: number,
): Generator<Row, void> {
  if (from >= to) return;
  /** What earlier windows have of a row that did not end in them. */
  let carried = NOTHING;
  const overlap = Math.floor(windowBytes / OVERLAP_PART);
  const mark = { offset: 0, length: Math.min(BYTE_ORDER_MARK.length, source.capacity) };
  const isMarked = from === 0 && indexOf(source, BYTE_ORDER_MARK, mark) === 0;
  let nextRow = isMarked ? BYTE_ORDER_MARK.length : from;
  const span = { from, to: source.capacity, stride: windowBytes, overlap };
  for (const { start, bytes } of windows(source, span)) {
    const piece = carried.length === 0 ? bytes : Buffer.concat([carried, bytes]);
    const base = start - carried.length;
    // A row belongs to the window in which it begins.
    const own = Math.min(start + windowBytes, source.capacity) - base;
    let at = nextRow - base;
    row.begin(piece, at, base, base + piece.length === source.capacity);
    while (at < own && base + at < to) {
      const next = row.find(at);
      if (next < 0) break;
      yield row;
      at = next;
    }
    nextRow = base + at;
    if (nextRow >= to) return;
    carried = at < own ? Buffer.from(piece.subarray(at, own)) : NOTHING;
    if (carried.length > ROW_BYTES_MAX) throw rowTooLong(nextRow);
  }
}

/** The row that was found last. */
class FoundRow implements Row {
  readonly #quote: number;
  readonly #places: BytePlaces;
  /** Which place is next. */
  #next = 0;
  readonly #text = new PrivateText();
  #bytes = NOTHING;
  #base = 0;
  #isLast = false;
  offset = 0;
  #length = 0;
  #starts = new Uint32Array(FIELDS);
  #ends = new Uint32Array(FIELDS);
  #escapes = new Uint8Array(FIELDS);
  /** Whether the text between quotes that was passed last has quotes in it. */
  #hasQuotes = false;

  constructor(delimiter: number, quote: number) {
    this.#quote = quote;
    this.#places = new BytePlaces([delimiter, LINE_FEED, quote < 0 ? LINE_FEED : quote]);
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  start(field: number): number {
    return this.#starts[this.#check(field)] as number;
  }

  end(field: number): number {
    return this.#ends[this.#check(field)] as number;
  }

  isEscaped(field: number): boolean {
    return this.#escapes[this.#check(field)] !== 0;
  }

  text(field: number): string {
    const text = this.#text.read(this.#bytes, this.start(field), this.end(field));
    return this.isEscaped(field) ? this.#unescape(text) : text;
  }

  texts(): string[] {
    return Array.from({ length: this.#length }, (_, field) => this.text(field));
  }

  /**
   * Begins with other bytes.
   *
   * @param bytes What holds the next rows.
   * @param from Where the first of them begins.
   * @param base Where `bytes` begins in the map.
   * @param isLast Whether the file ends with `bytes`.
   */
  begin(bytes: Buffer, from: number, base: number, isLast: boolean): void {
    this.#bytes = bytes;
    this.#base = base;
    this.#isLast = isLast;
    this.#next = 0;
    this.#places.find(bytes, from);
  }

  /**
   * Finds the fields of a row.
   *
   * @param from Where it begins: behind the one that was found last.
   * @returns Where the next row begins, or -1 when this one goes on behind the end of the bytes.
   */
  find(from: number): number {
    const bytes = this.#bytes;
    const quote = this.#quote;
    const { list } = this.#places;
    this.#length = 0;
    this.offset = this.#base + from;
    for (let start = from; ; ) {
      const closed = bytes[start] === quote ? this.#closingQuote() : start;
      if (closed < 0) return -1;
      let at = list[this.#next++] as number;
      while (bytes[at] === quote) at = list[this.#next++] as number;
      const isEnd = at === bytes.length;
      if (isEnd && !this.#isLast) return -1;
      if (!isEnd && bytes[at] !== LINE_FEED) {
        this.#add(start, closed, at);
        start = at + 1;
        continue;
      }
      // What ends with the file has no line end to take off.
      const isCrlf = !isEnd && at > closed && bytes[at - 1] === CARRIAGE_RETURN;
      this.#add(start, closed, isCrlf ? at - 1 : at);
      return isEnd ? at : at + 1;
    }
  }

  /** Where the text between quotes ends that begins at the next place: behind its closing quote, or -1 as `find` does. */
  #closingQuote(): number {
    const bytes = this.#bytes;
    const quote = this.#quote;
    const { list } = this.#places;
    this.#hasQuotes = false;
    this.#next++;
    for (;;) {
      let at = list[this.#next++] as number;
      while (at < bytes.length && bytes[at] !== quote) at = list[this.#next++] as number;
      if (at === bytes.length) {
        // What ends the field is the end, once more.
        this.#next--;
        return this.#isLast ? at : -1;
      }
      // Of two, both stand for one; whether there is another one cannot be seen yet at the end.
      if (at + 1 === bytes.length && !this.#isLast) return -1;
      if (bytes[at + 1] !== quote) return at + 1;
      this.#next++;
      this.#hasQuotes = true;
    }
  }

  /**
   * Notes a field.
   *
   * @param closed Where its text between quotes has ended; its start when it has none.
   */
  #add(start: number, closed: number, end: number): void {
    const field = this.#length++;
    if (field === this.#starts.length) this.#grow();
    const isQuoted = closed > start;
    const isClosed = closed > start + 1 && this.#bytes[closed - 1] === this.#quote;
    const isWhole = isClosed && closed === end && !this.#hasQuotes;
    this.#starts[field] = isWhole ? start + 1 : start;
    this.#ends[field] = isWhole ? end - 1 : end;
    this.#escapes[field] = isQuoted && !isWhole ? 1 : 0;
  }

  #grow(): void {
    const length = this.#starts.length * 2;
    const old = [this.#starts, this.#ends, this.#escapes] as const;
    this.#starts = new Uint32Array(length);
    this.#ends = new Uint32Array(length);
    this.#escapes = new Uint8Array(length);
    this.#starts.set(old[0]);
    this.#ends.set(old[1]);
    this.#escapes.set(old[2]);
  }

  /** Reads a field that begins with a quote: up to the closing one two stand for one, behind it each for itself. */
  #unescape(field: string): string {
    const quote = String.fromCharCode(this.#quote);
    let end = 1;
    for (; end < field.length; end++) {
      if (field[end] !== quote) continue;
      if (field[end + 1] !== quote) break;
      end++;
    }
    return field.slice(1, end).replaceAll(quote + quote, quote) + field.slice(end + 1);
  }

  #check(field: number): number {
    if (Number.isInteger(field) && field >= 0 && field < this.#length) return field;
    throw outOfRange("field", `an integer from 0 to ${this.#length - 1}`, field);
  }
}

function checkCharacter(name: string, value: unknown): number {
  if (typeof value !== "string") throw invalidType(name, "a string", value);
  const code = value.charCodeAt(0);
  const isPossible = code !== LINE_FEED && code !== CARRIAGE_RETURN && code < 0x80;
  if (value.length === 1 && isPossible) return code;
  throw outOfRange(name, "one character of ASCII that ends no line", value);
}

function rowTooLong(offset: number): RangeError {
  const most = `<= ${ROW_BYTES_MAX} bytes, with every quote closed`;
  return outOfRange(`length of the row at byte ${offset}`, most, "more");
}
