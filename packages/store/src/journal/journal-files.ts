/**
 * Looking at the files of a journal, whatever state they are in, and changing nothing.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import {
  checkOptions,
  checkString,
  conditionError,
  invalidType,
  isTurnDue,
  type OptionNames,
  takeTurn,
} from "@isthmus/core/internal";
import { checkSignal, schemaOf } from "@isthmus/ipc/internal";
import { DiskStorage } from "./disk-storage.ts";
import { SEGMENT } from "./journal-layout.ts";
import { readMeta } from "./journal-meta.ts";
import type { JournalSchema } from "./journal-options.ts";
import { type Gap, RecordCursor } from "./record-cursor.ts";
import { RecordFormat } from "./record-format.ts";
import { decodeHeader, decodeSynced } from "./segment-header.ts";

/** One file of records. */
export interface JournalSegmentInfo {
  /** The sequence with which it begins, by its name. */
  readonly firstSequence: number;
  /** Its length in bytes. */
  readonly bytes: number;
  /** When the record before its first one was appended, in milliseconds since 1970; 0 when there was none. */
  readonly timeBefore: number;
  /** Up to this sequence it is known to be on the disk; 1 less than the first where nothing is known. */
  readonly syncedSequence: number;
  /** Why it cannot be used; undefined when its header is in order. */
  readonly problem: string | undefined;
}

/** The files of a journal at one moment. */
export interface JournalFiles {
  readonly path: string;
  /** 32 hexadecimal digits. */
  readonly id: string;
  /** What its records are. */
  readonly schema: JournalSchema;
  /** Size of a segment that is begun now, in bytes. */
  readonly segmentBytes: number;
  /** In order. All but the last are full. */
  readonly segments: readonly JournalSegmentInfo[];
}

/** What was found by reading all of a journal. */
export interface JournalCheck {
  readonly records: number;
  /** Of their payloads. */
  readonly bytes: number;
  readonly firstSequence: number | undefined;
  readonly lastSequence: number | undefined;
  /** Of the first and the last record, in milliseconds since 1970. */
  readonly firstTime: number | undefined;
  readonly lastTime: number | undefined;
  /** Records that are missing between the first and the last; the first 1000 gaps. */
  readonly gaps: readonly Gap[];
  readonly gapCount: number;
  /** How many records are missing. */
  readonly missing: number;
  /** Segments that cannot be used, and why. */
  readonly damaged: readonly JournalSegmentInfo[];
  /**
   * Where in the last segment something stands behind the last record that is no record; undefined when nothing does. Who opens the
   * journal to append clears it.
   */
  readonly tornAt: number | undefined;
}

/** How to read all of a journal. */
export interface CheckJournalOptions {
  /** Ends it, with its reason as the error. */
  readonly signal?: AbortSignal | undefined;
  /** Is told how far it is, now and then. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

const CHECK_OPTIONS: OptionNames<CheckJournalOptions> = { signal: true, onProgress: true };
const GAPS_MAX = 1000;
/** How often to look at what stands at the end before it is called torn: somebody may be writing it. */
const END_LOOKS = 5;
const END_PAUSE_MS = 10;
const TAIL_BYTES = 2 ** 20;

/** An open look at the files. */
interface Opened {
  readonly storage: DiskStorage;
  readonly format: RecordFormat;
  readonly files: JournalFiles;
}

/**
 * Looks at the files of a journal: their sequences, sizes and states, without reading their records. Nothing is changed and nobody
 * is asked to wait.
 *
 * @param path The directory.
 * @throws {SystemError} `ENOENT` when there is no journal; `EACCES`, … when it cannot be read.
 * @throws {CorruptSegmentError} When its description is damaged, so that nobody knows what it is.
 *
 * @example
 * ```ts
 * import { json } from "@isthmus/ipc";
 * import { inspectJournal, Journal } from "@isthmus/store";
 *
 * using journal = Journal.open("inspected.journal", { schema: json });
 * console.log(inspectJournal("inspected.journal").segments.length); // 1
 * ```
 */
export function inspectJournal(path: string): JournalFiles {
  return openFiles(path).files;
}

/**
 * Reads all records of a journal and tells what is missing, damaged or torn. Nothing is changed; others may append meanwhile.
 *
 * @param path The directory.
 * @param options Who is told how far it is, and a `signal` that ends it.
 * @throws As `inspectJournal` does; the signal's reason.
 *
 * @example
 * ```ts
 * import { json } from "@isthmus/ipc";
 * import { checkJournal, Journal } from "@isthmus/store";
 *
 * using journal = Journal.open("checked.journal", { schema: json });
 * journal.append({ id: 1 });
 * console.log((await checkJournal("checked.journal")).records); // 1
 * ```
 */
export async function checkJournal(
  path: string,
  options?: CheckJournalOptions,
): Promise<JournalCheck> {
  const { signal, onProgress } = checkOptions("options", options, CHECK_OPTIONS);
  checkSignal(signal);
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidType("options.onProgress", "a function", onProgress);
  }
  // A short journal is through before the first turn.
  signal?.throwIfAborted();
  const { storage, format, files } = openFiles(path);
  const firsts = files.segments.map(({ firstSequence }) => firstSequence);
  const totalBytes = files.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  const count = new Count();
  using cursor = disposable(new RecordCursor(storage, format, firsts[0] ?? 1));
  let looks = 0;
  for (;;) {
    const step = advance(cursor.value);
    if (step === "record") count.record(cursor.value);
    else if (step === "gap") count.gap(cursor.value.gap);
    else {
      if (!hasTail(storage, cursor.value) || ++looks === END_LOOKS) break;
      await new Promise((resolve) => setTimeout(resolve, END_PAUSE_MS));
    }
    if (step === "end" || !isTurnDue()) continue;
    await takeTurn();
    signal?.throwIfAborted();
    const { segment, offset } = cursor.value;
    const done = files.segments.filter(({ firstSequence }) => firstSequence < segment);
    onProgress?.(
      done.reduce((sum, { bytes }) => sum + bytes, offset),
      totalBytes,
    );
  }
  return {
    ...count.found,
    damaged: files.segments.filter(({ problem }) => problem !== undefined),
    tornAt: looks === END_LOOKS ? cursor.value.offset : undefined,
  };
}

/** Opens what is needed to look at a journal. */
export function openFiles(path: string): Opened {
  const meta = readMeta(checkString("path", path));
  if (meta === undefined)
    throw conditionError("ENOENT", `read the journal "${path}"`, "open", path);
  const storage = new DiskStorage(path, meta.id);
  const segments = storage.segments().map((first) => lookAt(storage, meta.id, first));
  const files = {
    path,
    id: Buffer.from(meta.id).toString("hex"),
    schema: schemaOf(meta.schemaText),
    segmentBytes: meta.segmentBytes,
    segments: segments.filter((one) => one !== undefined),
  };
  return { storage, format: new RecordFormat(meta.id), files };
}

/** A segment by its first page; undefined when it has been removed meanwhile. */
function lookAt(
  storage: DiskStorage,
  id: Uint8Array,
  firstSequence: number,
): JournalSegmentInfo | undefined {
  const file = storage.openForReading(firstSequence);
  if (file === undefined) return undefined;
  const bytes = file.lengthBytes;
  const nothing = { firstSequence, bytes, timeBefore: 0, syncedSequence: firstSequence - 1 };
  try {
    const page = new Uint8Array(SEGMENT.frames);
    const head = page.subarray(0, file.read(0, page));
    const { time, segmentBytes } = decodeHeader(head, bytes, id, firstSequence);
    const syncedSequence = decodeSynced(head, firstSequence, segmentBytes);
    return { firstSequence, bytes, timeBefore: time, syncedSequence, problem: undefined };
  } catch (error) {
    if (!(error instanceof CorruptSegmentError)) throw error;
    return { ...nothing, problem: error.message };
  } finally {
    file.close();
  }
}

/** Goes on; a last segment that cannot be used is the end. */
function advance(cursor: RecordCursor): ReturnType<RecordCursor["advance"]> {
  try {
    return cursor.advance();
  } catch (error) {
    if (error instanceof CorruptSegmentError) return "end";
    throw error;
  }
}

/** Whether anything stands behind the last record of the last segment. */
function hasTail(storage: DiskStorage, { segment, offset }: RecordCursor): boolean {
  const file = segment === storage.segments().at(-1) ? storage.openForReading(segment) : undefined;
  if (file === undefined) return false;
  try {
    const [bytes, nothing] = [new Uint8Array(TAIL_BYTES), Buffer.alloc(TAIL_BYTES)];
    for (let at = offset; ; at += TAIL_BYTES) {
      const found = bytes.subarray(0, file.read(at, bytes));
      if (found.length === 0) return false;
      // A segment is mostly empty when it is begun: by one native call, not byte by byte.
      if (nothing.compare(found, 0, found.length, 0, found.length) !== 0) return true;
    }
  } finally {
    file.close();
  }
}

/** Adds up what is found. */
class Count {
  #records = 0;
  #bytes = 0;
  #first: { readonly sequence: number; readonly time: number } | undefined;
  #last: { readonly sequence: number; readonly time: number } | undefined;
  readonly #gaps: Gap[] = [];
  #gapCount = 0;
  #missing = 0;

  record({ sequence, time, payloadBytes }: RecordCursor): void {
    this.#records++;
    this.#bytes += payloadBytes;
    this.#last = { sequence, time };
    this.#first ??= this.#last;
  }

  gap(gap: Gap): void {
    this.#gapCount++;
    this.#missing += gap.to - gap.from + 1;
    if (this.#gaps.length < GAPS_MAX) this.#gaps.push(gap);
  }

  get found(): Omit<JournalCheck, "damaged" | "tornAt"> {
    return {
      records: this.#records,
      bytes: this.#bytes,
      firstSequence: this.#first?.sequence,
      lastSequence: this.#last?.sequence,
      firstTime: this.#first?.time,
      lastTime: this.#last?.time,
      gaps: this.#gaps,
      gapCount: this.#gapCount,
      missing: this.#missing,
    };
  }
}

function disposable(value: RecordCursor): Disposable & { readonly value: RecordCursor } {
  return { value, [Symbol.dispose]: () => value.close() };
}
