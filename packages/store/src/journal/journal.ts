/**
 * Records on disk that outlive the processes which append and read them.
 *
 * @module
 */
import { resolve } from "node:path";
import { DisposedError, SystemError } from "@isthmus/core";
import {
  checkInteger,
  checkString,
  checkSynchronous,
  host,
  invalidType,
  showAs,
} from "@isthmus/core/internal";
import type { RecordCursor, RecordInput } from "@isthmus/ipc";
import {
  codecOf,
  disposeEarlier,
  noteDisposed,
  noteHandle,
  type OpenHandle,
  schemaOf,
} from "@isthmus/ipc/internal";
import type { DiskStorage } from "./disk-storage.ts";
import { setInside } from "./journal-inside.ts";
import { payloadBytesMax } from "./journal-layout.ts";
import {
  checkJournalOptions,
  checkPruneOptions,
  checkReadOptions,
  checkTailerName,
  checkVisitOptions,
  type JournalBatch,
  type JournalEntry,
  type JournalMetrics,
  type JournalOptions,
  type JournalReadOnlyOptions,
  type JournalReadOptions,
  type JournalSchema,
  type JournalTailer,
  type JournalVisitOptions,
  type PruneOptions,
} from "./journal-options.ts";
import type { JournalReading } from "./journal-reading.ts";
import { JournalReads } from "./journal-reads.ts";
import { JournalWriter } from "./journal-writer.ts";
import { LiveHead } from "./live-head.ts";
import { type Appending, openedForReading, openJournal } from "./open-journal.ts";
import type { Visit } from "./record-cursor.ts";
import type { RecordFormat } from "./record-format.ts";
import { RecordRun } from "./record-run.ts";
import { type Limits, removeOld } from "./retention.ts";

/**
 * An append-only store of records in a directory: every record has a sequence, 1 more than the one before, and a time. Any number of
 * processes append, one at a time, and any number read, while it is written, without anybody's leave.
 *
 * What has been appended survives the death of every process. What `flushed` has confirmed, or `sync: "always"`, survives a loss of
 * power as well; of what came after it, a beginning does.
 *
 * @example
 * ```ts
 * import { json } from "@isthmus/ipc";
 * import { Journal } from "@isthmus/store";
 *
 * using journal = Journal.open("example.journal", { schema: json<{ amount: number }>() });
 * journal.append({ amount: 5 });
 * await journal.flushed();
 * for await (const { gap, sequence, value } of journal.read()) {
 *   if (gap === undefined) console.log(sequence, value); // 1 { amount: 5 }
 * }
 * ```
 */
export class Journal<S extends JournalSchema> implements Disposable {
  /** The directory. */
  readonly path: string;
  readonly schema: S;
  readonly #storage: DiskStorage;
  readonly #format: RecordFormat;
  readonly #segmentBytes: number;
  readonly #limits: Limits;
  readonly #reads: JournalReads;
  readonly #writer: JournalWriter | undefined;
  /** Why this handle cannot append, where it was not opened to be read. */
  readonly #obstacle: unknown;
  readonly #disposed = new AbortController();
  /** A look at a signal takes as long as a tenth of an append. */
  #isDisposed = false;
  #head: LiveHead | undefined;
  /** What is let go when the program forgets this. It must not lead here. */
  readonly #held: Disposable[];
  readonly #open: OpenHandle;

  static {
    showAs(Journal.prototype, (journal) => {
      const state = journal.#isDisposed ? "disposed" : "open";
      return ["Journal", { path: journal.path, state }];
    });
  }

  private constructor(path: string, options: JournalOptions<S> | JournalReadOnlyOptions) {
    this.path = checkString("path", path);
    const checked = checkJournalOptions<S>(options);
    const directory = resolve(path);
    const purpose = checked.isReadOnly ? "read" : "append";
    disposeEarlier(directory, purpose);
    const { meta, shape, storage, format, appending } = openJournal(path, checked);
    this.#held = heldBy(appending);
    const letGo = lettingGo(this.#held);
    const handle = new WeakRef(this);
    this.#open = { path: directory, purpose, handle, main: host.program, letGo };
    noteHandle(this.#open);
    const codec = codecOf(shape);
    this.schema = checked.schema ?? (schemaOf(meta.schemaText) as S);
    this.#storage = storage;
    this.#format = format;
    this.#segmentBytes = meta.segmentBytes;
    this.#limits = checked.limits;
    const head = () => this.#needHead();
    const parts = { storage, format, codec, head, disposed: this.#disposed.signal };
    this.#reads = new JournalReads({ ...parts, writer: (what) => this.#needWriter(what) });
    setInside(this, {
      parts,
      append: (records, onAppended, frameBytesMax) =>
        this.#needWriter().appendAll(records, onAppended, frameBytesMax),
      startOf: (from) => this.#reads.startOf(from),
      end: () => this.#reads.findEnd().next,
      tailer: (name) => this.#reads.tailer(name),
    });
    if (appending instanceof Error) {
      if (!checked.isReadOnly) this.#obstacle = appending;
      return;
    }
    const limit = payloadBytesMax(meta.segmentBytes);
    const newRun = () => new RecordRun(codec, limit);
    const filesChanged = () => this.#noteFiles();
    this.#writer = new JournalWriter({
      ...appending,
      sync: checked.sync,
      newRun,
      head,
      filesChanged,
    });
  }

  /**
   * Opens a journal: one that is missing is made, one that exists is recovered, so that it ends with its last whole record. Who may
   * not write in the directory can read.
   *
   * With `access: "read"` nothing is changed, whatever is torn, and the schema may be left out: the journal says what it is.
   *
   * @param path The directory.
   * @param options What the records are, when they get to the disk, how large its files are in bytes.
   * @throws {CorruptSegmentError} When it has another schema, or its description is damaged.
   * @throws {SystemError} `ENOENT` when the directory's parent is missing, or there is no journal to be read; `ENOTEMPTY` when the directory has other files;
   * `ENOSPC` when there is no room for the first segment.
   * @throws {TimeoutError} `ETIMEDOUT` when somebody else appends all the time: a process that is stopped.
   */
  static open<S extends JournalSchema>(path: string, options: JournalOptions<S>): Journal<S>;
  static open(path: string, options: JournalReadOnlyOptions): Journal<JournalSchema>;
  static open<S extends JournalSchema>(
    path: string,
    options: JournalOptions<S> | JournalReadOnlyOptions,
  ): Journal<S> {
    return new Journal(path, options);
  }

  /**
   * Appends a record. Other processes see it when this returns.
   *
   * @param record What the schema describes.
   * @returns Its sequence.
   * @throws {TypeError | RangeError} When the schema does not allow it, or it is longer than a segment. Nothing was
   *   appended.
   * @throws {SystemError} `ENOSPC` when there is no room for the next segment; the next call tries again. `ESTALE` when the
   *   directory was removed and is another journal's, or its lock was. Whatever the disk said, once it has refused what was written: from
   *   then on nothing is appended by any handle that is open, while reading goes on.
   */
  append(record: RecordInput<S>): number {
    return this.#needWriter().append(record);
  }

  /**
   * Appends records, one behind the other, with none of others between them unless a segment ends there.
   *
   * @param records What the schema describes.
   * @returns The sequence of the last one; that of the last one so far when there are none.
   * @throws As `append` does. When the schema refuses one of them, none was appended; when there is no room for the
   *   next segment, those are that came before it (`metrics.lastSequence`).
   */
  appendAll(records: Iterable<RecordInput<S>>): number {
    if (typeof records?.[Symbol.iterator] !== "function") {
      throw invalidType("records", "an iterable of records", records);
    }
    return this.#needWriter().appendAll(records);
  }

  /**
   * Appends what a function adds to a batch, as `appendAll` does.
   *
   * @param fill Gets the batch; must not be asynchronous and must not keep it. When it throws, nothing was appended.
   * @returns The sequence of the last record; that of the last one so far when there are none.
   * @throws As `appendAll` does.
   *
   * @example
   * ```ts
   * import { json } from "@isthmus/ipc";
   * import { Journal } from "@isthmus/store";
   *
   * using journal = Journal.open("batches.journal", { schema: json<number>() });
   * journal.batch((batch) => {
   *   for (let i = 0; i < 64; i++) batch.append(i);
   * });
   * ```
   */
  batch(fill: (batch: JournalBatch<S>) => void): number {
    if (typeof fill !== "function") throw invalidType("fill", "a function", fill);
    return this.#needWriter().appendBatch(fill as (batch: JournalBatch<never>) => void);
  }

  /**
   * Waits until records are on the disk. Calls at the same time share one look of the disk.
   *
   * @param sequence Up to which one; by default all that this handle knows of.
   * @throws {SystemError} When the disk refuses.
   */
  async flushed(sequence?: number): Promise<void> {
    const writer = this.#needWriter("flush");
    if (sequence !== undefined) checkInteger("sequence", sequence);
    await writer.flushed(sequence);
  }

  /**
   * Reads records in order. Each comes once; what is missing is told, as `{ gap: { from, to } }`. Disposing the journal ends the loop.
   *
   * `for await` gives timers and sockets their turn meanwhile; without `follow` a plain `for` reads what is there in one go, which
   * is faster.
   *
   * @param options Where to begin, whether to wait for more, and a `signal` that ends the loop with its reason.
   * @throws {CorruptSegmentError} When the last segment cannot be read at all, a record is not of the schema, or the position
   * of a named tailer is damaged.
   * @throws {SystemError} `EBUSY` when somebody else reads under the tailer's name; `EACCES`, `EROFS`, … when a named tailer cannot be
   * noted because this process may only read.
   */
  read(options?: JournalReadOptions): JournalReading<JournalEntry<S>> {
    this.#checkOpen();
    return this.#reads.read(checkReadOptions(options));
  }

  /**
   * Gives all records that are there to a function, in order, without a pause and without a copy: the fastest way through a journal.
   *
   * @param visit Gets each record, its sequence and its time; must not be asynchronous. The record is of use until the function returns: a struct is one cursor
   * that is moved on, bytes are a view. `false` ends it; what it throws is thrown on.
   * @param options Where to begin, and what to do about records that are missing.
   * @returns How many records were given.
   * @throws {CorruptSegmentError} As `read` does; also when records are missing, without `onGap`.
   *
   * @example
   * ```ts
   * import { struct, u32 } from "@isthmus/ipc";
   * import { Journal } from "@isthmus/store";
   *
   * using journal = Journal.open("sums.journal", { schema: struct({ amount: u32 }) });
   * journal.appendAll([{ amount: 2 }, { amount: 3 }]);
   * let sum = 0;
   * journal.forEachRecord(({ amount }) => void (sum += amount));
   * console.log(sum); // 5
   * ```
   */
  forEachRecord(
    visit: (record: RecordCursor<S>, sequence: number, time: number) => unknown,
    options?: JournalVisitOptions,
  ): number {
    checkSynchronous("visit", visit, "for await");
    const checked = checkVisitOptions(options);
    this.#checkOpen();
    return this.#reads.visit(visit as Visit, checked);
  }

  /** The named tailers, and how far each has come. */
  tailers(): JournalTailer[] {
    this.#checkOpen();
    return this.#reads.tailers();
  }

  /**
   * Forgets a named tailer, and with it that its records are to be kept.
   *
   * @param name What it is called.
   * @returns Whether there was one.
   * @throws {SystemError} `EBUSY` when somebody reads under its name.
   */
  removeTailer(name: string): boolean {
    checkTailerName("name", name);
    this.#checkOpen();
    return this.#reads.removeTailer(name);
  }

  /**
   * Ends the file of records that is appended to; the next record begins another one. Files that have ended can be removed.
   *
   * @returns Whether there was a record in it.
   * @throws As `append` does.
   */
  roll(): boolean {
    const isRolled = this.#needWriter("roll").inTurn((appender) => appender.roll());
    if (isRolled) this.#noteFiles();
    return isRolled;
  }

  /**
   * Removes the oldest files of records that are beyond the limits, whole ones only, and never the last one. Readers are told of what they
   * miss as of a gap. Records that a named tailer has not handled yet are kept, unless `keepForTailers` is false.
   *
   * @param options The limits; by default those with which the journal was opened.
   * @returns How many files were removed.
   * @throws {SystemError} When the system refuses.
   */
  prune(options?: PruneOptions): number {
    const limits = checkPruneOptions(options, this.#limits);
    const [storage, format, bytes] = [this.#storage, this.#format, this.#segmentBytes];
    const writer = this.#needWriter("prune");
    const removed = writer.inTurn(() => removeOld(storage, format, bytes, limits, 0));
    if (removed > 0) this.#noteFiles();
    return removed;
  }

  /** Figures as they are now. */
  get metrics(): JournalMetrics {
    this.#checkOpen();
    const end = this.#reads.findEnd();
    const { count, bytes, first } = this.#storage.measure();
    const lastSequence = end.next - 1;
    const synced = Math.max(end.synced, this.#writer?.synced ?? 0);
    return {
      firstSequence: first,
      lastSequence,
      syncedSequence: Math.min(synced, lastSequence),
      segments: count,
      bytes,
    };
  }

  /** As `dispose`. */
  close(): void {
    this.dispose();
  }

  /**
   * Lets go of the journal; with `sync: "interval"`, or when somebody awaits `flushed`, when its records are on the disk.
   *
   * @throws {SystemError} When the disk refuses those; the journal is closed all the same.
   */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    noteDisposed(this.#open);
    this.#disposed.abort();
    this.#reads[Symbol.dispose]();
    try {
      this.#writer?.[Symbol.dispose]();
    } finally {
      this.#head?.[Symbol.dispose]();
      this.#head = undefined;
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #checkOpen(): void {
    if (this.#isDisposed) throw new DisposedError("Journal");
  }

  /** @param what What for, as an error says it. */
  #needWriter(what?: string): JournalWriter {
    this.#checkOpen();
    if (this.#writer === undefined) this.#refuse(what);
    return this.#writer;
  }

  /** Tells observers. What was appended or removed is so, also where its files cannot be counted now. */
  #noteFiles(): void {
    const head = this.#needHead();
    try {
      head.noteFiles(this.#storage.measure());
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }

  #refuse(what = "append to"): never {
    throw this.#obstacle ?? openedForReading(this.path, what);
  }

  /** Asked for before a turn is taken: what a record or a batch runs may have disposed the journal. */
  #needHead(): LiveHead {
    if (this.#head !== undefined) return this.#head;
    this.#checkOpen();
    const head = new LiveHead(this.#format.id, this.#open.path);
    head.noteFiles(this.#storage.measure());
    const writer = this.#writer;
    if (writer !== undefined) head.noteEnd(writer.last, writer.synced);
    this.#head = head;
    this.#held.push(head);
    return head;
  }
}

/** What a journal has open for appending. */
function heldBy(appending: Appending | Error): Disposable[] {
  if (appending instanceof Error) return [];
  const { appender, turns } = appending;
  return [{ [Symbol.dispose]: () => appender.close() }, turns];
}

/** Made apart from the handle: functions of one scope keep what any of them uses. */
function lettingGo(held: readonly Disposable[]): () => void {
  return () => {
    for (const one of held) one[Symbol.dispose]();
  };
}
