/**
 * Records on disk that outlive the processes which append and read them.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { CorruptSegmentError, DisposedError, SystemError } from "@isthmus/core";
import { checkInteger, checkString, conditionError, invalidType } from "@isthmus/core/internal";
import type { RecordInput } from "@isthmus/ipc";
import { codecOf, type RecordCodec, schemaOf, shapeOf } from "@isthmus/ipc/internal";
import { Appender } from "./appender.ts";
import { DiskStorage } from "./disk-storage.ts";
import { type ReadStart, setInside } from "./journal-inside.ts";
import { LOCK_NAME, payloadBytesMax } from "./journal-layout.ts";
import { createMeta, ensureJournalDirectory, type JournalMeta, readMeta } from "./journal-meta.ts";
import {
  checkJournalOptions,
  checkReadOptions,
  type JournalEntry,
  type JournalMetrics,
  type JournalOptions,
  type JournalReadOnlyOptions,
  type JournalReadOptions,
  type JournalSchema,
} from "./journal-options.ts";
import { firstBefore, type ReaderParts, readRecords } from "./journal-reader.ts";
import { JournalWriter } from "./journal-writer.ts";
import { type HeadFiles, LiveHead } from "./live-head.ts";
import { RecordCursor } from "./record-cursor.ts";
import { RecordFormat } from "./record-format.ts";
import { RecordRun } from "./record-run.ts";
import { TurnLock } from "./turn-lock.ts";

/** With these codes a process may read and not write. */
const READ_ONLY_CODES: readonly string[] = ["EACCES", "EPERM", "EROFS"];

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
  readonly #codec: RecordCodec;
  readonly #writer: JournalWriter | undefined;
  /** Why this handle cannot append. */
  readonly #obstacle: unknown;
  readonly #disposed = new AbortController();
  #head: LiveHead | undefined;
  /** At the end of the journal when it was looked for last. */
  #end: RecordCursor | undefined;

  private constructor(path: string, options: JournalOptions<S> | JournalReadOnlyOptions) {
    this.path = checkString("path", path);
    const { schema, sync, segmentBytes, isReadOnly } = checkJournalOptions(options);
    const wanted = schema === undefined ? undefined : shapeOf(schema);
    if (!isReadOnly) ensureJournalDirectory(path);
    const opened = isReadOnly ? openedForReading(path) : openLock(path);
    try {
      const turns = opened instanceof TurnLock ? opened : undefined;
      const meta =
        readMeta(path) ??
        (turns === undefined || wanted === undefined
          ? throwIt(isReadOnly ? noJournal(path) : opened)
          : inTurn(turns, () => readMeta(path) ?? createMeta(path, wanted, segmentBytes)));
      const shape = wanted ?? shapeOf(schemaOf(meta.schemaText));
      if (meta.fingerprint !== shape.fingerprint || meta.schemaText !== shape.text) {
        throw otherSchema(path, meta, shape.text);
      }
      this.schema = schema ?? (schemaOf(meta.schemaText) as S);
      this.#codec = codecOf(shape);
      const storage = new DiskStorage(path, meta.id);
      const format = new RecordFormat(meta.id);
      this.#storage = storage;
      this.#format = format;
      const found =
        turns === undefined
          ? opened
          : inTurn(turns, () => openAppender(storage, format, meta.segmentBytes));
      if (turns === undefined || !(found instanceof Appender)) {
        this.#obstacle = found;
        turns?.[Symbol.dispose]();
        return;
      }
      const limit = payloadBytesMax(meta.segmentBytes);
      const newRun = () => new RecordRun(this.#codec, limit);
      const head = () => this.#needHead();
      const filesChanged = () => this.#needHead().noteFiles(filesOf(storage));
      const parts = { turns, appender: found, sync, newRun, head, filesChanged };
      this.#writer = new JournalWriter(parts);
    } catch (error) {
      if (opened instanceof TurnLock) opened[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Opens a journal: one that is missing is made, one that exists is recovered, so that it ends with its last whole record. Who may
   * not write in the directory can read.
   *
   * With `access: "read"` nothing is changed, whatever is torn, and the schema may be left out: the journal says what it is.
   *
   * @param path The directory.
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
    const journal = new Journal(path, options);
    setInside(journal, {
      parts: journal.#parts(),
      append: (records, onAppended) => journal.#needWriter().append(records, onAppended),
      startOf: (from) => journal.#startOf(from),
      end: () => journal.#findEnd().next,
    });
    return journal;
  }

  /**
   * Appends a record. Other processes see it when this returns.
   *
   * @returns Its sequence.
   * @throws {TypeError | RangeError} When the schema does not allow it, or it is longer than a segment. Nothing was appended.
   * @throws {SystemError} `ENOSPC` when there is no room for the next segment; the next call tries again. Whatever the disk said,
   * once it has refused what was written: from then on nothing is appended by any handle that is open, while reading goes on.
   */
  append(record: RecordInput<S>): number {
    return this.#needWriter().append([record]);
  }

  /**
   * Appends records, one behind the other, with none of others between them unless a segment ends there.
   *
   * @returns The sequence of the last one; that of the last one so far when there are none.
   * @throws As `append` does. When the schema refuses one of them, none was appended; when there is no room for the next segment,
   * those are that came before it (`metrics.lastSequence`).
   */
  appendAll(records: Iterable<RecordInput<S>>): number {
    if (typeof records?.[Symbol.iterator] !== "function") {
      throw invalidType("records", "an iterable of records", records);
    }
    return this.#needWriter().append(records);
  }

  /**
   * Waits until records are on the disk. Calls at the same time share one look of the disk.
   *
   * @param sequence Up to which one; by default all that this handle knows of.
   * @throws {SystemError} When the disk refuses.
   */
  async flushed(sequence?: number): Promise<void> {
    const writer = this.#needWriter();
    if (sequence !== undefined) checkInteger("sequence", sequence);
    await writer.flushed(sequence);
  }

  /**
   * Reads records in order. Each comes once; what is missing is told, as `{ gap: { from, to } }`. Disposing the journal ends the loop.
   *
   * @throws {CorruptSegmentError} When the last segment cannot be read at all, or a record is not of the schema.
   */
  read(options?: JournalReadOptions): AsyncGenerator<JournalEntry<S>, void> {
    this.#checkOpen();
    const checked = checkReadOptions(options);
    const { sequence, time } = this.#startOf(checked.from);
    return readRecords(this.#parts(), checked, sequence, time) as AsyncGenerator<
      JournalEntry<S>,
      void
    >;
  }

  /** Figures as they are now. */
  get metrics(): JournalMetrics {
    this.#checkOpen();
    const end = this.#findEnd();
    const { count, bytes, first } = filesOf(this.#storage);
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
   * Lets go of the journal; with `sync: "interval"`, when its records are on the disk.
   *
   * @throws {SystemError} When the disk refuses those; the journal is closed all the same.
   */
  dispose(): void {
    if (this.#disposed.signal.aborted) return;
    this.#disposed.abort();
    this.#end?.close();
    try {
      this.#writer?.[Symbol.dispose]();
    } finally {
      this.#head?.[Symbol.dispose]();
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #checkOpen(): void {
    if (this.#disposed.signal.aborted) throw new DisposedError("Journal");
  }

  #needWriter(): JournalWriter {
    this.#checkOpen();
    if (this.#writer === undefined) throw this.#obstacle;
    return this.#writer;
  }

  #needHead(): LiveHead {
    if (this.#head !== undefined) return this.#head;
    const head = new LiveHead(this.#format.id, resolve(this.path));
    head.noteFiles(filesOf(this.#storage));
    const writer = this.#writer;
    if (writer !== undefined) head.noteEnd(writer.last, writer.synced);
    this.#head = head;
    return head;
  }

  #parts(): ReaderParts {
    return {
      storage: this.#storage,
      format: this.#format,
      codec: this.#codec,
      head: () => this.#needHead(),
      disposed: this.#disposed.signal,
    };
  }

  #startOf(from: "start" | "end" | number | Date): ReadStart {
    if (from === "end") return { sequence: this.#findEnd().next, time: -Infinity };
    if (typeof from === "number") return { sequence: Math.max(from, 1), time: -Infinity };
    const time = from === "start" ? -Infinity : from.getTime();
    const before = from === "start" ? 0 : firstBefore(this.#storage, this.#format.id, time);
    return { sequence: before || (this.#storage.segments()[0] ?? 1), time };
  }

  /** Goes to the end, from where it was the last time. */
  #findEnd(): RecordCursor {
    const last = this.#storage.segments().at(-1) ?? 1;
    this.#end ??= new RecordCursor(this.#storage, this.#format, last);
    while (this.#end.advance() !== "end");
    return this.#end;
  }
}

function filesOf(storage: DiskStorage): HeadFiles {
  const [first = 1] = storage.segments();
  return { first, ...storage.measure() };
}

function inTurn<T>(turns: TurnLock, action: () => T): T {
  turns.take();
  try {
    return action();
  } finally {
    turns.give();
  }
}

/** The lock, or why this process may only read. */
function openLock(path: string): TurnLock | SystemError {
  try {
    return new TurnLock(join(path, LOCK_NAME));
  } catch (error) {
    return readOnlyReason(error);
  }
}

/** Why nothing is appended by who only reads. */
function openedForReading(path: string): SystemError {
  const reason = "it was opened to be read";
  return conditionError("EACCES", `append to the journal "${path}"`, "open", path, reason);
}

function noJournal(path: string): SystemError {
  return conditionError("ENOENT", `read the journal "${path}"`, "open", path);
}

/** An appender, or why there is none: whatever is wrong with the last segment or the disk, the others can be read. */
function openAppender(
  storage: DiskStorage,
  format: RecordFormat,
  segmentBytes: number,
): Appender | Error {
  try {
    return new Appender(storage, format, segmentBytes);
  } catch (error) {
    const isJournal = storage.segments().length > 0;
    if (error instanceof CorruptSegmentError) return error;
    return error instanceof SystemError && isJournal ? error : readOnlyReason(error);
  }
}

function readOnlyReason(error: unknown): SystemError {
  if (error instanceof SystemError && READ_ONLY_CODES.includes(error.code)) return error;
  throw error;
}

function throwIt(error: unknown): never {
  throw error;
}

function otherSchema(path: string, { schemaText }: JournalMeta, own: string): CorruptSegmentError {
  const shown = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
  return new CorruptSegmentError(
    `Cannot open the journal "${path}": its records are ${shown(schemaText)}, this program's are ${shown(own)}`,
  );
}
