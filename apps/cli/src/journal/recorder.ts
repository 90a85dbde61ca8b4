/**
 * Copying what passes into a journal, without disturbing.
 *
 * @module
 */
import { RecordTail, type TailedRecord } from "@isthmus/ipc";
import { pause } from "@isthmus/ipc/internal";
import type { Journal, JournalSchema } from "@isthmus/store";
import { namedError } from "../segments/not-found-error.ts";
import { missedOf, type Recorded, recordedOf, withoutContent } from "./recording.ts";

/** What is recorded, and until when. */
export interface RecorderOptions {
  readonly names: readonly string[];
  /** Called when all names have been found. */
  readonly openJournal: () => Journal<JournalSchema>;
  /** Whether to begin with what the rings still hold. */
  readonly isFromStart: boolean;
  /** Whether to wait for names that nobody has yet, or no more. */
  readonly isFollowing: boolean;
  readonly count: number;
  readonly signal: AbortSignal;
  /** Is told after each look. */
  readonly onProgress: (recorder: Recorder) => void;
  /** Is told what somebody has to know. */
  readonly onNote: (text: string) => void;
}

/** Records of one name that are copied before the next one has its turn. */
const BURST_RECORDS = 256;
/** Time between two looks when nothing has passed: a ring of a megabyte must not be overwritten meanwhile. */
const INTERVAL_MS = 5;
/** The same where a job may be done, and gone, between two looks. */
const JOB_INTERVAL_MS = 2;
/** How often to remove what is too old, also while nothing passes. */
const PRUNE_MS = 10_000;
/** How often to look for names that are not there. */
const LOOK_MS = 100;

/** One run of `isthmus record`. */
export class Recorder implements Disposable {
  readonly #options: RecorderOptions;
  readonly #sources: Source[] = [];
  readonly #journal: Journal<JournalSchema>;
  #nextPruneMs = 0;
  records = 0;
  /** Of the records as they passed. */
  bytes = 0;
  /** How far positions have moved on past what could not be copied. */
  missed = 0;
  firstSequence: number | undefined;
  lastSequence: number | undefined;

  /** @throws {NotFoundError} When nothing has one of the names, unless it is waited for. */
  constructor(options: RecorderOptions) {
    this.#options = options;
    const { names, isFromStart, isFollowing, openJournal } = options;
    try {
      for (const name of new Set(names)) {
        const source = new Source(name, isFromStart ? "held" : "new");
        this.#sources.push(source);
        source.open(!isFollowing);
      }
      this.#journal = openJournal();
    } catch (error) {
      for (const source of this.#sources) source[Symbol.dispose]();
      throw error;
    }
  }

  /** Records until there is enough, or all names have gone, or the signal says so; what has been copied is on the disk then. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    try {
      while (this.#left > 0) {
        signal.throwIfAborted();
        const found = this.#round();
        this.#prune();
        this.#options.onProgress(this);
        if (!found && !this.#isAnyOpen() && !this.#options.isFollowing) return;
        if (this.#left > 0) await pause(found ? 0 : this.#intervalMs, signal);
      }
    } finally {
      // What passed before the end was asked for.
      if (signal.aborted) this.#round();
      await this.#journal.flushed();
    }
  }

  [Symbol.dispose](): void {
    for (const source of this.#sources) source[Symbol.dispose]();
    this.#journal.dispose();
  }

  get #left(): number {
    return this.#options.count - this.records;
  }

  get #intervalMs(): number {
    const hasQueue = this.#sources.some(({ tail }) => tail?.kind === "queue");
    return hasQueue ? JOB_INTERVAL_MS : INTERVAL_MS;
  }

  #isAnyOpen(): boolean {
    return this.#sources.some(({ tail }) => tail !== undefined);
  }

  /** Copies what has passed since the last look; returns whether anything has. */
  #round(): boolean {
    const found: Recorded[] = [];
    for (const source of this.#sources) {
      const limit = Math.min(BURST_RECORDS, this.#left);
      if (limit <= 0) break;
      const note = (tail: RecordTail, record: TailedRecord): void => {
        found.push(recordedOf(tail, record));
        this.records++;
        this.bytes += record.lengthBytes;
      };
      const missed = source.poll(note, limit);
      if (missed === undefined) continue;
      found.push(missed.record);
      this.missed += missed.count;
    }
    if (found.length > 0) this.#append(found);
    return found.length > 0;
  }

  #prune(): void {
    const nowMs = performance.now();
    if (nowMs < this.#nextPruneMs) return;
    this.#nextPruneMs = nowMs + PRUNE_MS;
    this.#journal.prune();
  }

  #append(records: readonly Recorded[]): void {
    const { onNote } = this.#options;
    const journal = this.#journal;
    let last: number;
    try {
      last = journal.appendAll(records);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // One of them is longer than a segment; nothing was appended.
      last = 0;
      for (const record of records) {
        last = appendOne(journal, record, onNote);
      }
    }
    this.firstSequence ??= last - records.length + 1;
    this.lastSequence = last;
  }
}

function appendOne(
  journal: Journal<JournalSchema>,
  record: Recorded,
  onNote: (text: string) => void,
): number {
  try {
    return journal.append(record);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    onNote(
      `A record of ${record["bytes"]} bytes is longer than a file of the journal: only that it passed is recorded`,
    );
    return journal.append(withoutContent(record));
  }
}

/** One of the names. */
class Source implements Disposable {
  readonly #name: string;
  #from: "new" | "held";
  #told = 0;
  #nextLookMs = 0;
  tail: RecordTail | undefined;

  constructor(name: string, from: "new" | "held") {
    this.#name = name;
    this.#from = from;
  }

  /**
   * Opens what has the name.
   *
   * @param mustExist Whether it is an error that nothing has.
   */
  open(mustExist: boolean): void {
    try {
      this.tail = new RecordTail(this.#name, { from: this.#from });
      this.#told = 0;
    } catch (error) {
      const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (mustExist || !isMissing) throw namedError(error, this.#name);
    }
    // What comes under this name later was not there before: all of it is new.
    this.#from = "held";
  }

  /** Copies records; returns how many have passed too fast since the last look, where any have. */
  poll(
    note: (tail: RecordTail, record: TailedRecord) => void,
    limit: number,
  ): { readonly record: Recorded; readonly count: number } | undefined {
    if (this.tail === undefined) this.#look();
    const { tail } = this;
    if (tail === undefined) return undefined;
    // Asked first: what was published before the name went is copied after it.
    const { isCurrent } = tail;
    const found = tail.poll((record) => note(tail, record), { limit });
    const count = tail.missed - this.#told;
    this.#told = tail.missed;
    if (found === 0 && !isCurrent) this[Symbol.dispose]();
    return count > 0 ? { record: missedOf(tail, count), count } : undefined;
  }

  [Symbol.dispose](): void {
    this.tail?.dispose();
    this.tail = undefined;
  }

  #look(): void {
    const nowMs = performance.now();
    if (nowMs < this.#nextLookMs) return;
    this.#nextLookMs = nowMs + LOOK_MS;
    this.open(false);
  }
}
