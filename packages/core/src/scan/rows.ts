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
import { LINE_FEED } from "./lines.ts";
import { checkRange, SCAN_RANGE, type ScanRange } from "./range.ts";
import { SCAN_WINDOW_BYTES, windows } from "./windows.ts";

const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from("\ufeff");

/** The longest row in bytes: a longer one has a quote that nobody closes. */
const ROW_BYTES_MAX = 64 << 20;

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
  /** Index in `bytes` of a field's first byte, behind its quote. */
  start(field: number): number;
  /** Index in `bytes` of a field's end, before its quote. */
  end(field: number): number;
  /** Whether a field has quotes in it, so that its text is not what stands there: `text` has them read. */
  isEscaped(field: number): boolean;
  /** A field as text, decoded from UTF-8. */
  text(field: number): string;
  /** All fields as text. */
  texts(): string[];
}

/** Yields the rows of a table; see `MemoryMappedFile.rows`. */
export function* rows(
  source: ViewSource,
  options?: RowOptions,
  windowBytes: number = SCAN_WINDOW_BYTES,
): Generator<Row, void> {
  const checked = checkOptions("options", options, ROW_OPTIONS);
  const { delimiter = ",", quote = '"' } = checked;
  const row = new FoundRow(
    checkCharacter("delimiter", delimiter),
    quote === null ? -1 : checkCharacter("quote", quote),
  );
  if (delimiter === quote) throw outOfRange("quote", "another character than delimiter", quote);
  const { from, to } = checkRange(source.capacity, checked);
  if (from >= to) return;
  let carried = Buffer.alloc(0);
  for (const { start, bytes } of windows(source, {
    from,
    to: source.capacity,
    stride: windowBytes,
  })) {
    const piece = carried.length === 0 ? bytes : Buffer.concat([carried, bytes]);
    const base = start - carried.length;
    const isLast = start + bytes.length === source.capacity;
    let at = base === 0 ? markLength(piece, isLast) : 0;
    while (at >= 0 && at < piece.length && base + at < to) {
      const next = row.find(piece, at, base, isLast);
      if (next < 0) break;
      yield row;
      at = next;
    }
    if (base + at >= to) return;
    carried = Buffer.from(piece.subarray(Math.max(0, at)));
    if (carried.length > ROW_BYTES_MAX) throw rowTooLong(base + at);
  }
}

/** The row that was found last. */
class FoundRow implements Row {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #text = new PrivateText();
  #bytes: Buffer = Buffer.alloc(0);
  #offset = 0;
  #length = 0;
  #starts = new Uint32Array(FIELDS);
  #ends = new Uint32Array(FIELDS);
  #escapes = new Uint8Array(FIELDS);
  /** Whether the text between quotes that was passed last has quotes in it. */
  #hasQuotes = false;

  constructor(delimiter: number, quote: number) {
    this.#delimiter = delimiter;
    this.#quote = quote;
  }

  get length(): number {
    return this.#length;
  }

  get offset(): number {
    return this.#offset;
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
   * Finds the fields of a row.
   *
   * @param bytes What holds it.
   * @param from Where it begins.
   * @param base Where `bytes` begins in the map.
   * @param isLast Whether the file ends with `bytes`.
   * @returns Where the next row begins, or -1 when this one goes on behind the end of `bytes`.
   */
  find(bytes: Buffer, from: number, base: number, isLast: boolean): number {
    const delimiter = this.#delimiter;
    this.#bytes = bytes;
    this.#offset = base + from;
    this.#length = 0;
    for (let at = from; ; at++) {
      const start = at;
      const closed = bytes[at] === this.#quote ? this.#closingQuote(at, isLast) : at;
      if (closed < 0) return -1;
      at = closed;
      for (; at < bytes.length; at++) {
        const byte = bytes[at];
        if (byte === delimiter || byte === LINE_FEED) break;
      }
      if (at === bytes.length && !isLast) return -1;
      const isRowEnd = bytes[at] !== delimiter || at === bytes.length;
      // What ends with the file has no line end to take off.
      const isCrlf =
        isRowEnd && at > closed && at < bytes.length && bytes[at - 1] === CARRIAGE_RETURN;
      this.#add(start, closed, isCrlf ? at - 1 : at);
      if (isRowEnd) return Math.min(at + 1, bytes.length);
    }
  }

  /** Where the text between quotes that begins somewhere has ended: behind its closing quote, or -1 as `find` does. */
  #closingQuote(from: number, isLast: boolean): number {
    const bytes = this.#bytes;
    this.#hasQuotes = false;
    for (let at = from + 1; ; at += 2) {
      at = bytes.indexOf(this.#quote, at);
      if (at < 0) return isLast ? bytes.length : -1;
      // Of two, both stand for one; whether there is another one cannot be seen yet at the end.
      if (at + 1 === bytes.length && !isLast) return -1;
      if (bytes[at + 1] !== this.#quote) return at + 1;
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

/** How long the byte order mark at the start of a file is; -1 when that cannot be seen yet. */
function markLength(bytes: Buffer, isLast: boolean): number {
  const { length } = BYTE_ORDER_MARK;
  const seen = Math.min(length, bytes.length);
  const isMark = BYTE_ORDER_MARK.subarray(0, seen).equals(bytes.subarray(0, seen));
  if (!isMark) return 0;
  if (seen === length) return length;
  return isLast ? 0 : -1;
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
