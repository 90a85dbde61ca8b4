/**
 * The end of a file that grows: what was written to it since the last look, as lines.
 *
 * @module
 */
import { closeSync, fstatSync, readSync, type Stats } from "node:fs";
import { LINE_FEED } from "./line-iterators.ts";
import { LINE_BYTES_MAX, lineTooLong } from "./lines.ts";

/** How much is read at a time, in bytes. */
const READ_BYTES = 1 << 18;

/** How much of what was read last is looked at again, in bytes. */
const SEEN_BYTES = 64;

const CARRIAGE_RETURN = 0x0d;

const NONE = Buffer.alloc(0);

/** A line, and where it is in its file. */
export interface FollowedLine {
  /** The line without its end. */
  readonly line: string;
  /** Where it begins, in bytes from the start of its file. */
  readonly offset: number;
  /** Where it ends, behind its line end, in bytes: whoever has done with it goes on `from` there. */
  readonly end: number;
}

/** Makes what is told of lines. */
export interface LineForm<L> {
  /**
   * Takes whole lines apart.
   *
   * @param bytes The lines, the last one without its line feed.
   * @param offset Where they begin in the file.
   */
  linesOf(bytes: Buffer, offset: number): L[];
  /** A line that will have no end, as it is. */
  restOf(bytes: Buffer, offset: number): L;
}

/** Lines as strings. */
export const PLAIN_LINES: LineForm<string> = {
  linesOf: (bytes) =>
    bytes
      .toString("utf8")
      .split("\n")
      .map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line)),
  restOf: (bytes) => bytes.toString("utf8"),
};

/** Lines with their places. */
export const PLACED_LINES: LineForm<FollowedLine> = {
  linesOf: (bytes, offset) => {
    const lines: FollowedLine[] = [];
    for (let start = 0; start <= bytes.length; ) {
      const found = bytes.indexOf(LINE_FEED, start);
      const stop = found < 0 ? bytes.length : found;
      const hasReturn = stop > start && bytes[stop - 1] === CARRIAGE_RETURN;
      const line = bytes.toString("utf8", start, hasReturn ? stop - 1 : stop);
      lines.push({ line, offset: offset + start, end: offset + stop + 1 });
      start = stop + 1;
    }
    return lines;
  },
  restOf: (bytes, offset) => ({
    line: bytes.toString("utf8"),
    offset,
    end: offset + bytes.length,
  }),
};

/** One open file, and what was read of it. */
export class LineTail<L> {
  readonly stats: Stats;
  readonly #fd: number;
  readonly #form: LineForm<L>;
  #position: number;
  /** The last bytes before the position: who finds others there has a file that was written anew. */
  #seen: Buffer = NONE;
  #isWrittenAnew = false;
  #rest: Buffer[] = [];
  #restBytes = 0;

  /**
   * @param fd A descriptor of the file, which this closes.
   * @param from Where to begin.
   * @param form What is told of each line.
   */
  constructor(fd: number, from: "end" | number, form: LineForm<L>) {
    this.#fd = fd;
    this.#form = form;
    this.stats = fstatSync(fd);
    this.#position = from === "end" ? this.stats.size : from;
    this.#see(Math.min(SEEN_BYTES, this.#position));
  }

  /** How far it has been read, in bytes. */
  get position(): number {
    return this.#position;
  }

  /** Whether what was read is not there any more: the file is shorter, or has other bytes there. */
  get isTruncated(): boolean {
    return this.#isWrittenAnew || fstatSync(this.#fd).size < this.#position;
  }

  /** Begins at the start of the file again. */
  rewind(): void {
    this.#position = 0;
    this.#seen = NONE;
    this.#isWrittenAnew = false;
  }

  /** Reads on; returns the lines that are whole, or undefined when there is nothing to read. */
  read(): L[] | undefined {
    const seen = this.#seen;
    const buffer = Buffer.allocUnsafe(seen.length + READ_BYTES);
    const end = readSync(this.#fd, buffer, 0, buffer.length, this.#position - seen.length);
    if (end <= seen.length) return undefined;
    this.#isWrittenAnew = buffer.compare(seen, 0, seen.length, 0, seen.length) !== 0;
    if (this.#isWrittenAnew) return undefined;
    this.#position += end - seen.length;
    this.#seen = Buffer.from(buffer.subarray(Math.max(0, end - SEEN_BYTES), end));
    return this.#linesOf(buffer.subarray(seen.length, end));
  }

  /** Gives up waiting for the end of the last line; returns what there is of it. */
  takeRest(): L[] {
    if (this.#restBytes === 0) return [];
    const offset = this.#position - this.#restBytes;
    const line = this.#form.restOf(Buffer.concat(this.#rest), offset);
    this.#rest = [];
    this.#restBytes = 0;
    return [line];
  }

  close(): void {
    closeSync(this.#fd);
  }

  #linesOf(piece: Buffer): L[] {
    const end = piece.lastIndexOf(LINE_FEED);
    if (end < 0) {
      this.#keep(piece);
      return [];
    }
    const bytes = Buffer.concat([...this.#rest, piece.subarray(0, end)]);
    const offset = this.#position - piece.length - this.#restBytes;
    this.#rest = [];
    this.#restBytes = 0;
    if (end + 1 < piece.length) this.#keep(piece.subarray(end + 1));
    return this.#form.linesOf(bytes, offset);
  }

  #keep(piece: Buffer): void {
    this.#restBytes += piece.length;
    if (this.#restBytes > LINE_BYTES_MAX) throw lineTooLong(this.#position);
    this.#rest.push(piece);
  }

  /** Looks at the bytes before the position. */
  #see(lengthBytes: number): void {
    const bytes = Buffer.alloc(lengthBytes);
    const count = readSync(this.#fd, bytes, 0, lengthBytes, this.#position - lengthBytes);
    // A position behind the end of the file is no mistake: the file may grow to there.
    this.#seen = count === lengthBytes ? bytes : NONE;
  }
}
