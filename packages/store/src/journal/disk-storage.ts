/**
 * The segments of a journal as files of a directory.
 *
 * @module
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import {
  conditionError,
  fromNodeError,
  GONE,
  platform,
  unlinkIfThere,
} from "@isthmus/core/internal";
import {
  attempt,
  DiskReading,
  DiskTailer,
  syncDirectory,
  writeAll,
  writeAside,
} from "./disk-files.ts";
import { DiskWriting } from "./disk-writing.ts";
import {
  ASIDE_NAME,
  firstOf,
  INDEX_ASIDE,
  indexedBy,
  indexName,
  SEGMENT,
  SEGMENT_SUFFIX,
  segmentName,
  TAILER_SUFFIX,
  TAILERS_NAME,
} from "./journal-layout.ts";
import { readMeta } from "./journal-meta.ts";
import type { HeadFiles } from "./live-head.ts";
import { decodeHeader } from "./segment-header.ts";
import type { JournalStorage, ReadableSegment, TailerFile, WritableSegment } from "./storage.ts";

/** A file that somebody makes ready gets its name within this time, in milliseconds, or is left over. */
const LEFT_OVER_MS = 600_000;

/** The segments in a directory. */
export class DiskStorage implements JournalStorage {
  readonly path: string;
  readonly #id: Uint8Array;
  readonly #syncsEach: boolean;
  /** Of full segments, by their first sequences. */
  #sizes = new Map<number, number>();

  /** @param syncsEach Whether whoever appends syncs after each record. */
  constructor(path: string, id: Uint8Array, syncsEach = false) {
    this.path = path;
    this.#id = id;
    this.#syncsEach = syncsEach;
  }

  segments(): number[] {
    const names = attempt(`read the journal "${this.path}"`, () => readdirSync(this.path));
    const firsts: number[] = [];
    // All have as many digits. Thousands of names are sorted at once; as numbers they would take ten times as long on opening.
    for (const name of names.sort()) {
      const first = firstOf(name);
      if (first !== undefined) firsts.push(first);
    }
    return firsts;
  }

  /** Removes what those who died have left over of indexes, indexes without a segment, and what was removed while it was open. */
  tidy(): void {
    const names = new Set(readdirSync(this.path));
    for (const name of names) {
      // Most are these, and each look at a name takes longer than to read it.
      if (name.endsWith(SEGMENT_SUFFIX) || !this.#isLeftOver(name, names)) continue;
      try {
        rmSync(join(this.path, name), { force: true });
      } catch {
        // Somebody has it open, or nothing can be removed here. It is in nobody's way.
      }
    }
  }

  /** Which segments there are, and what they take. */
  measure(): HeadFiles {
    const firsts = this.segments();
    const known = this.#sizes;
    this.#sizes = new Map();
    let bytes = 0;
    for (const first of firsts) {
      const path = join(this.path, segmentName(first));
      const size = known.get(first) ?? statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      // What is full does not change any more.
      if (first !== firsts.at(-1)) this.#sizes.set(first, size);
      bytes += size;
    }
    return { first: firsts[0] ?? 1, count: firsts.length, bytes };
  }

  openForReading(first: number): ReadableSegment | undefined {
    try {
      return new DiskReading(openSync(join(this.path, segmentName(first)), "r"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw fromNodeError(error, `read segment ${first} of "${this.path}"`);
    }
  }

  openForWriting(first: number): WritableSegment {
    const path = join(this.path, segmentName(first));
    const fd = attempt(`open "${path}"`, () => openSync(path, "r+"));
    try {
      const head = Buffer.alloc(SEGMENT.frames);
      const count = readSync(fd, head, 0, head.length, 0);
      const { size } = fstatSync(fd);
      const { segmentBytes } = decodeHeader(head.subarray(0, count), size, this.#id, first);
      // A copy may have holes, and a file may have been cut off: a store there would find no room.
      platform().allocate(fd, 0, segmentBytes, path);
      return new DiskWriting(fd, path, first, segmentBytes, this.#syncsEach);
    } catch (error) {
      closeSync(fd);
      throw fromNodeError(error, `open "${path}"`);
    }
  }

  prepare(lengthBytes: number, header: Uint8Array): void {
    this.#checkOwn();
    const path = join(this.path, ASIDE_NAME);
    const what = `make a segment in "${this.path}"`;
    const fd = attempt(what, () => {
      rmSync(path, { force: true });
      return openSync(path, "wx");
    });
    try {
      platform().allocate(fd, 0, lengthBytes, path);
      writeAll(fd, header);
      fsyncSync(fd);
      closeSync(fd);
    } catch (error) {
      closeSync(fd);
      rmSync(path, { force: true });
      throw fromNodeError(error, what);
    }
  }

  publish(first: number): void {
    syncDirectory(this.path, () =>
      attempt(`add segment ${first} to "${this.path}"`, () =>
        renameSync(join(this.path, ASIDE_NAME), join(this.path, segmentName(first))),
      ),
    );
  }

  remove(first: number): void {
    this.#checkOwn();
    attempt(`remove segment ${first} of "${this.path}"`, () => {
      // Readers may have them open, which Windows has to be told.
      unlinkIfThere(join(this.path, segmentName(first)));
      unlinkIfThere(join(this.path, indexName(first)));
      syncDirectory(this.path);
    });
  }

  tailers(): string[] {
    const path = join(this.path, TAILERS_NAME);
    const names = attempt(`read "${path}"`, () =>
      statSync(path, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(path),
    );
    return names
      .filter((name) => !name.startsWith(".") && name.endsWith(TAILER_SUFFIX))
      .map((name) => name.slice(0, -TAILER_SUFFIX.length));
  }

  openTailer(name: string): TailerFile | undefined {
    const path = this.#tailerPath(name);
    for (const flags of ["r+", "r"]) {
      try {
        return new DiskTailer(openSync(path, flags), path);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "ENOENT" || code === "ENOTDIR") return undefined;
        // Who may only read can look at it.
        const isReadOnly = code === "EACCES" || code === "EPERM" || code === "EROFS";
        if (!isReadOnly || flags === "r") throw fromNodeError(error, `open "${path}"`);
      }
    }
    return undefined;
  }

  createTailer(name: string, bytes: Uint8Array): void {
    const directory = join(this.path, TAILERS_NAME);
    const path = this.#tailerPath(name);
    attempt(`make the tailer "${name}" of "${this.path}"`, () => {
      if (statSync(directory, { throwIfNoEntry: false }) === undefined) {
        mkdirSync(directory);
        syncDirectory(this.path);
      }
      writeAside(join(directory, ".new"), bytes, path);
      syncDirectory(directory);
    });
  }

  removeTailer(name: string): void {
    attempt(`remove the tailer "${name}" of "${this.path}"`, () => {
      platform().fileNames.remove(this.#tailerPath(name));
      syncDirectory(join(this.path, TAILERS_NAME));
    });
  }

  readIndex(first: number): Uint8Array | undefined {
    try {
      return readFileSync(join(this.path, indexName(first)));
    } catch {
      // Whatever is wrong with it, it can be made anew.
      return undefined;
    }
  }

  writeIndex(first: number, bytes: Uint8Array): boolean {
    // Several may make the same one at once.
    const aside = join(this.path, `${INDEX_ASIDE}${crypto.randomUUID()}`);
    try {
      writeAside(aside, bytes, join(this.path, indexName(first)));
      return true;
    } catch {
      // What is left over, `tidy` removes.
      return false;
    }
  }

  /** The directory may have been removed, and another journal been made in its place. */
  #checkOwn(): void {
    const meta = readMeta(this.path);
    if (meta === undefined || Buffer.compare(meta.id, this.#id) === 0) return;
    const reason = "another journal has taken its place";
    throw conditionError("ESTALE", `change "${this.path}"`, "open", this.path, reason);
  }

  #isLeftOver(name: string, names: ReadonlySet<string>): boolean {
    const indexed = indexedBy(name);
    if (indexed !== undefined) return !names.has(segmentName(indexed));
    if (!name.startsWith(INDEX_ASIDE)) return name.startsWith(GONE);
    const { mtimeMs = Infinity } = statSync(join(this.path, name), { throwIfNoEntry: false }) ?? {};
    return Date.now() - mtimeMs > LEFT_OVER_MS;
  }

  #tailerPath(name: string): string {
    return join(this.path, TAILERS_NAME, `${name}${TAILER_SUFFIX}`);
  }
}
