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

const NONE = Buffer.alloc(0);

/** One open file, and what was read of it. */
export class LineTail {
  readonly stats: Stats;
  readonly #fd: number;
  #position: number;
  /** The last bytes before the position: who finds others there has a file that was written anew. */
  #seen: Buffer = NONE;
  #isWrittenAnew = false;
  #rest: Buffer[] = [];
  #restBytes = 0;

  /**
   * @param fd A descriptor of the file, which this closes.
   * @param from Where to begin.
   */
  constructor(fd: number, from: "end" | number) {
    this.#fd = fd;
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
  read(): string[] | undefined {
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
  takeRest(): string[] {
    if (this.#restBytes === 0) return [];
    const text = Buffer.concat(this.#rest).toString("utf8");
    this.#rest = [];
    this.#restBytes = 0;
    return [text];
  }

  close(): void {
    closeSync(this.#fd);
  }

  #linesOf(piece: Buffer): string[] {
    const end = piece.lastIndexOf(LINE_FEED);
    if (end < 0) {
      this.#keep(piece);
      return [];
    }
    const text = Buffer.concat([...this.#rest, piece.subarray(0, end)]).toString("utf8");
    this.#rest = [];
    this.#restBytes = 0;
    if (end + 1 < piece.length) this.#keep(piece.subarray(end + 1));
    return text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
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
