/**
 * Reading a map from one end to the other: by chunks, lines, records and rows, as it grows, and looking for something in it.
 *
 * @module
 */
import { NotSupportedError } from "../errors.ts";
import { platform } from "../native/platform.ts";
import type { ViewSource } from "../view.ts";
import { type ChunkOptions, chunks } from "./chunks.ts";
import {
  type FollowEvent,
  type Followed,
  type FollowOptions,
  type FollowPositions,
  follow,
} from "./follow.ts";
import { histogram } from "./histogram.ts";
import type { LineCursor } from "./line-cursor.ts";
import type { FollowedLine } from "./line-tail.ts";
import { forEachLine, type LineOptions, type LineVisitor, lineCursor, lines } from "./lines.ts";
import type { Needle } from "./needle.ts";
import { type ScanOptions, scan } from "./parallel/scan.ts";
import type { ScanJob } from "./parallel/scan-jobs.ts";
import type { ScanRange } from "./range.ts";
import { type RecordOptions, records } from "./records.ts";
import { type Row, type RowOptions, rows } from "./rows.ts";
import { count, indexOf, lastIndexOf, type SearchOptions } from "./search.ts";
import { isUtf8 } from "./utf8.ts";

/** What of `MemoryMappedFile` goes through its bytes in order, a few MiB of them mapped at any time. */
export abstract class Scannable {
  readonly #source: () => ViewSource;

  /** @param source Gives what is mapped, piece by piece; throws after disposal. */
  protected constructor(source: () => ViewSource) {
    this.#source = source;
  }

  /** The name of named memory; `null` for files and anonymous memory. */
  abstract get name(): string | null;

  /**
   * The bytes in order, in chunks that are not copied, whatever the size of the file: a few MiB of it are
   * mapped at any time. A chunk is valid until the next one is asked for; copy what must live longer.
   *
   * @param options `size`: bytes of a chunk, 1 MiB unless given; `offset` and `length`: which part, in bytes.
   * @throws {FileTruncatedError} When the file has become shorter.
   *
   * @example Sum a file
   * ```ts
   * import { MemoryMappedFile } from "@isthmus/core";
   *
   * using file = MemoryMappedFile.createFromFile(process.execPath, { access: "read" });
   * let sum = 0;
   * for (const chunk of file.chunks({ size: 1 << 20 })) for (const byte of chunk) sum += byte;
   * console.log(sum > 0); // true
   * ```
   */
  chunks(options?: ChunkOptions): Generator<Uint8Array, void> {
    return chunks(this.#source(), options);
  }

  /**
   * The lines in order, decoded from UTF-8, without their "\n" or "\r\n". A last line without an end counts,
   * an end without a line behind it does not begin another. With `raw`, the bytes between line feeds ("\r"
   * stays), an array for each line, which may be kept. With `offset` and `length`, the lines that begin in this range;
   * a line begins at byte 0 and behind every line feed.
   *
   * @param options `raw`: bytes instead of text; `offset` and `length`: which part, in bytes.
   * @throws {FileTruncatedError} When the file has become shorter.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for a line of more than 512 MiB.
   */
  lines(options?: LineOptions & { readonly raw?: false | undefined }): Generator<string, void>;
  lines(options: LineOptions & { readonly raw: true }): Generator<Uint8Array, void>;
  lines(options?: LineOptions): Generator<string, void> | Generator<Uint8Array, void> {
    return lines(this.#source(), options);
  }

  /**
   * Calls for every line in order, without making an object for it: with the bytes that hold it, where it begins and
   * ends in them (the line feed excluded, "\r" included), and its offset in the map. The bytes are valid until the call
   * returns. What the call throws ends the scan.
   *
   * @param visit Called for each line; must not be asynchronous.
   * @param range Which lines, in bytes: those that begin in it. Default: all.
   * @throws {FileTruncatedError} When the file has become shorter.
   *
   * @example The offset of every line
   * ```ts
   * import { writeFileSync } from "node:fs";
   * import { MemoryMappedFile } from "@isthmus/core";
   *
   * writeFileSync("app.log", "started\nstopped\n");
   * using file = MemoryMappedFile.createFromFile("app.log", { access: "read" });
   * const offsets: number[] = [];
   * file.forEachLine((bytes, start, end, offset) => offsets.push(offset));
   * console.log(offsets); // [ 0, 8 ]
   * ```
   */
  forEachLine(visit: LineVisitor, range?: ScanRange): void {
    forEachLine(this.#source(), visit, range);
  }

  /**
   * Yields one cursor for every line in order: where the line is, and its text when asked. It is the same object for every
   * line, so that nothing is made for lines that are passed by.
   *
   * @param range Which lines, in bytes: those that begin in it. Default: all.
   * @throws {FileTruncatedError} When the file has become shorter.
   *
   * @example
   * ```ts
   * import { writeFileSync } from "node:fs";
   * import { MemoryMappedFile } from "@isthmus/core";
   *
   * writeFileSync("app.log", "E disk full\nI started\n");
   * using file = MemoryMappedFile.createFromFile("app.log", { access: "read" });
   * for (const line of file.lineCursor()) {
   *   if (line.bytes[line.start] === 0x45) console.log(line.offset, line.text()); // 0 E disk full
   * }
   * ```
   */
  lineCursor(range?: ScanRange): Generator<LineCursor, void> {
    return lineCursor(this.#source(), range);
  }

  /**
   * Yields what is between separators, in order. Behind the last one comes no empty record, as with lines.
   *
   * @param options `separator`: a byte, a text or bytes (default `"\n"`); `offset` and `length`: a record belongs to the
   *   range in which it begins.
   * @returns Bytes of the file where they are, valid until the next one is asked for; a copy where a record crosses the
   *   border of two windows.
   * @throws {FileTruncatedError} When the file has become shorter.
   *
   * @example
   * ```ts
   * import { MemoryMappedFile } from "@isthmus/core";
   *
   * await Bun.write("example.list", "one\0two\0three");
   * using file = MemoryMappedFile.createFromFile("example.list", { access: "read" });
   * for (const name of file.records({ separator: 0 })) {
   *   console.log(new TextDecoder().decode(name)); // one, two, three
   * }
   * ```
   */
  records(options?: RecordOptions): Generator<Uint8Array, void> {
    return records(this.#source(), options);
  }

  /**
   * Yields the rows of a table, as in CSV: fields between delimiters, which may be quoted, with line feeds in them. Rows are of
   * any number of fields; an empty line is a row with one empty field. A byte order mark at the start is skipped.
   *
   * @param options `delimiter` (default `","`, `"\t"` for TSV); `quote` (default `'"'`, `null` for none); `offset`, where a row
   *   must begin, and `length`: rows that begin in the range.
   * @returns The same object for each row: which of its fields are where. Nothing is copied or decoded until it is asked for.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` for a row of more than 64 MiB: most often a quote is not closed.
   * @throws {FileTruncatedError} When the file has become shorter.
   *
   * @example
   * ```ts
   * import { writeFileSync } from "node:fs";
   * import { MemoryMappedFile } from "@isthmus/core";
   *
   * writeFileSync("example.csv", 'name,price\n"pear, green",3\napple,2\n');
   * using file = MemoryMappedFile.createFromFile("example.csv", { access: "read" });
   * for (const row of file.rows()) {
   *   if (row.text(1) === "3") console.log(row.text(0), row.offset); // pear, green 11
   * }
   * ```
   */
  rows(options?: RowOptions): Generator<Row, void> {
    return rows(this.#source(), options);
  }

  /**
   * Follows the file as it grows: yields each line once it is whole, woken by the system. Truncation and rotation come as
   * values in between. An unfinished last line waits for its end, and comes as it is when the file is truncated or
   * rotated. Stores through a map tell nobody, nor does writing by a hard link in another directory; appending, truncating and renaming
   * do, also to what a symbolic link leads to. On overlayfs and network file systems a warning says that the file is looked at once a
   * second.
   *
   * **Lines that are lost.** On Linux a file that comes and goes between two looks is read, too, as long as it still has a name
   * in the same directory; otherwise `"missed"` says so. On other systems, and where a symbolic link leads, it is missed, and
   * nothing tells of it.
   *
   * The loop outlives the map, as views do: `break` or the signal ends it.
   *
   * **Going on later.** With `positions: true` a line is a {@link FollowedLine}: keep the `end` of the last one that is done, and
   * begin `from` there the next time. Behind a rotation what is still written to the old file has its places in that: its `offset`
   * is not the `end` of the line before.
   *
   * @param options `from`: `"end"` (default), `"start"` or a byte; a `signal` that ends the loop, which throws its reason;
   *   `positions: true`: lines with their places.
   * @returns Strings for lines, or {@link FollowedLine} objects; {@link FollowEvent} objects for what happened to the file.
   * @throws {NotSupportedError} `ERR_NOT_SUPPORTED` for a map without a path.
   *
   * @example
   * ```ts
   * import { appendFileSync, writeFileSync } from "node:fs";
   * import { MemoryMappedFile } from "@isthmus/core";
   *
   * writeFileSync("example.log", "one\n");
   * using file = MemoryMappedFile.createFromFile("example.log", { access: "read" });
   * setTimeout(() => appendFileSync("example.log", "two\n"), 10);
   * for await (const line of file.follow({ from: 0 })) {
   *   console.log(line); // one, two
   *   if (line === "two") break;
   * }
   * ```
   */
  follow(
    options: FollowOptions & FollowPositions & { readonly positions: true },
  ): AsyncGenerator<FollowedLine | FollowEvent, void>;
  follow(options?: FollowOptions): AsyncGenerator<string | FollowEvent, void>;
  follow(options: FollowOptions & FollowPositions): Followed;
  follow(options?: FollowOptions & Partial<FollowPositions>): Followed {
    const { backing } = this.#source();
    const { path, isRegular } = backing;
    if (path === undefined || !isRegular || this.name !== null) {
      throw new NotSupportedError(`Cannot follow ${backing.describe()}: it is no file with a path`);
    }
    return follow(path, platform().duplicate(backing.fd), options);
  }

  /**
   * How often a byte, a text or a sequence of bytes occurs; matches do not overlap.
   *
   * @param needle A byte (0 to 255), a text (as UTF-8) or bytes; not empty.
   * @param range Where to look, in bytes; matches lie inside it as a whole. Default: everywhere. With `ignoreCase`, "a" to
   *   "z" are also "A" to "Z".
   * @throws {FileTruncatedError} When the file has become shorter.
   */
  count(needle: Needle, range?: SearchOptions): number {
    return count(this.#source(), needle, range);
  }

  /**
   * Where a byte, a text or a sequence of bytes first occurs.
   *
   * @param needle A byte (0 to 255), a text (as UTF-8) or bytes; not empty.
   * @param range The first offset that counts, in bytes, or `{ offset, length, ignoreCase }`: where the match lies as a whole, and
   *   whether "a" to "z" are also "A" to "Z". Default: everywhere.
   * @returns The offset in bytes from the beginning of the map, or -1.
   * @throws {FileTruncatedError} When the file has become shorter.
   */
  indexOf(needle: Needle, range?: number | SearchOptions): number {
    return indexOf(this.#source(), needle, range);
  }

  /**
   * Where a byte, a text or a sequence of bytes last occurs; looked for from the end.
   *
   * @param needle A byte (0 to 255), a text (as UTF-8) or bytes; not empty.
   * @param range Where to look, in bytes; the match lies inside it as a whole. Default: everywhere. `ignoreCase` as in `indexOf`.
   * @returns The offset in bytes from the beginning of the map, or -1.
   * @throws {FileTruncatedError} When the file has become shorter.
   *
   * @example The last line of a log
   * ```ts
   * import { writeFileSync } from "node:fs";
   * import { MemoryMappedFile } from "@isthmus/core";
   *
   * writeFileSync("app.log", "started\nstopped\n");
   * using file = MemoryMappedFile.createFromFile("app.log", { access: "read" });
   * const offset = file.lastIndexOf("\n", { length: file.capacity - 1 }) + 1;
   * console.log([...file.lines({ offset })]); // [ "stopped" ]
   * ```
   */
  lastIndexOf(needle: Needle, range?: SearchOptions): number {
    return lastIndexOf(this.#source(), needle, range);
  }

  /**
   * Whether all of it is UTF-8.
   *
   * @param range Which bytes; a character that it begins or ends in is not whole. Default: all.
   * @throws {FileTruncatedError} When the file has become shorter.
   */
  isUtf8(range?: ScanRange): boolean {
    return isUtf8(this.#source(), range);
  }

  /**
   * How often each of the 256 byte values occurs.
   *
   * @param range Which bytes count. Default: all.
   * @throws {FileTruncatedError} When the file has become shorter.
   */
  histogram(range?: ScanRange): Float64Array {
    return histogram(this.#source(), range);
  }

  /**
   * Does a job on several CPUs: one of `scanJobs`, or one's own from a module. Each Worker is given the mapping of a
   * piece of the file after the other; results are put together in the file's order. The caller's event loop goes on.
   *
   * @param job What to look for.
   * @param options How many threads, what ends it early, who is told how far it is.
   * @throws {PeerDiedError} `ERR_PEER_DIED` when a Worker ends before its work does.
   * @throws {FileTruncatedError} When the file becomes shorter than the map meanwhile.
   * @throws {RangeError} `ERR_OUT_OF_RANGE` when a job that takes whole lines meets one of more than 1 GiB.
   *
   * @example Count a text
   * ```ts
   * import { writeFileSync } from "node:fs";
   * import { MemoryMappedFile, scanJobs } from "@isthmus/core";
   *
   * writeFileSync("app.log", "ERROR one\nfine\nERROR two\n");
   * using file = MemoryMappedFile.createFromFile("app.log", { access: "read" });
   * console.log(await file.scan(scanJobs.count("ERROR"), { workers: 2 })); // 2
   * ```
   */
  async scan<Result>(job: ScanJob<Result>, options?: ScanOptions): Promise<Result> {
    return await scan(this.#source(), job, options);
  }
}
