/**
 * Mending what opening a journal does not mend by itself: first pages of segments that are damaged while their records are not.
 *
 * @module
 */
import { closeSync, existsSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { CorruptSegmentError } from "@isthmus/core";
import { attempt, syncDirectory, writeAll } from "./disk-files.ts";
import type { DiskStorage } from "./disk-storage.ts";
import { Journal } from "./journal.ts";
import { openFiles } from "./journal-files.ts";
import {
  FRAME,
  FRAME_BYTES_MIN,
  LOCK_NAME,
  paddedBytes,
  SEGMENT,
  segmentName,
} from "./journal-layout.ts";
import { RecordCursor } from "./record-cursor.ts";
import type { RecordFormat } from "./record-format.ts";
import { encodeHeader, encodeSynced } from "./segment-header.ts";
import { TurnLock } from "./turn-lock.ts";

/** What was mended. */
export interface JournalRepair {
  /** The segments whose first pages were made anew. What stood there is in a file beside each: its name, and `.before-repair`. */
  readonly segments: readonly number[];
}

/** What a segment without a usable first page still has. */
interface Contents {
  /** Time of the first whole record. */
  readonly time: number;
  /** Sequence of the last one. */
  readonly last: number;
}

/**
 * Makes the first pages of damaged segments anew, from their names and their records, and opens the journal, which clears what is
 * torn at its end. Records that are damaged themselves stay as they are, and are told as gaps: nothing is left of them.
 *
 * @param path The directory.
 * @throws {SystemError} `EACCES`, `EROFS`, … when this process may not write there; otherwise as `Journal.open`.
 * @throws {CorruptSegmentError} When the description of the journal is damaged.
 * @throws {TimeoutError} `ETIMEDOUT` when somebody else appends all the time.
 *
 * @example
 * ```ts
 * import { json } from "@isthmus/ipc";
 * import { Journal, repairJournal } from "@isthmus/store";
 *
 * Journal.open("whole.journal", { schema: json }).dispose();
 * console.log(repairJournal("whole.journal").segments); // []
 * ```
 */
export function repairJournal(path: string): JournalRepair {
  const { storage, format, files } = openFiles(path);
  const damaged = files.segments.filter(({ problem }) => problem !== undefined);
  const segments: number[] = [];
  if (damaged.length > 0) {
    using turns = new TurnLock(join(path, LOCK_NAME));
    turns.take();
    for (const { firstSequence } of damaged) {
      if (mendHeader(storage, format, firstSequence, files.segmentBytes)) {
        segments.push(firstSequence);
      }
    }
  }
  using journal = Journal.open(path, { schema: files.schema, sync: "none" });
  // Throws when there is still a reason not to append.
  journal.appendAll([]);
  return { segments };
}

/** Returns whether it was mended: what has no record of this journal, or is of another version, stays as it is. */
function mendHeader(
  storage: DiskStorage,
  format: RecordFormat,
  first: number,
  segmentBytes: number,
): boolean {
  const bytes = readAll(storage, first, segmentBytes);
  const contents = contentsOf(bytes, format, first);
  const isEmpty = bytes.subarray(SEGMENT.frames).every((byte) => byte === 0);
  if (isConsistent(bytes) || (contents === undefined && !isEmpty)) return false;
  const time = timeBefore(storage, format, first) ?? contents?.time ?? 0;
  const header = encodeHeader(format.id, { first, segmentBytes, time });
  // What is whole was written once, so that nothing is to be written over it.
  if (contents !== undefined) encodeSynced(header, contents.last);
  const path = join(storage.path, segmentName(first));
  attempt(`repair "${path}"`, () => {
    keepPage(`${path}.before-repair`, bytes.subarray(0, SEGMENT.frames));
    syncDirectory(storage.path);
    const fd = openSync(path, "r+");
    try {
      writeSync(fd, header, 0, header.length, 0);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  });
  return true;
}

/** Whether a first page is as somebody wrote it: of another journal, or for another program. */
function isConsistent(bytes: Uint8Array): boolean {
  if (bytes.length < SEGMENT.frames) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(SEGMENT.crc, true) === crc32(bytes.subarray(0, SEGMENT.crc));
}

/** Keeps what stood there, unless an earlier attempt has done so. */
function keepPage(path: string, page: Uint8Array): void {
  if (existsSync(path)) return;
  const kept = openSync(path, "wx");
  try {
    writeAll(kept, page);
    fsyncSync(kept);
  } finally {
    closeSync(kept);
  }
}

function readAll(storage: DiskStorage, first: number, limitBytes: number): Uint8Array {
  const file = storage.openForReading(first);
  if (file === undefined) return new Uint8Array();
  try {
    const bytes = new Uint8Array(Math.min(file.lengthBytes, limitBytes));
    return bytes.subarray(0, file.read(0, bytes));
  } finally {
    file.close();
  }
}

/** What whole records there are, wherever they stand. */
function contentsOf(bytes: Uint8Array, format: RecordFormat, first: number): Contents | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length;
  let found: { time: number; last: number } | undefined;
  for (let at: number = SEGMENT.frames; at + FRAME_BYTES_MIN <= end; ) {
    const sequence = view.getFloat64(at + FRAME.sequence, true);
    const isLater = Number.isSafeInteger(sequence) && sequence > (found?.last ?? first - 1);
    const finding = isLater && format.examine({ bytes, view }, at, end, end - at, sequence, 0);
    if (finding !== "frame") {
      at += 8;
      continue;
    }
    found = { time: found?.time ?? format.time, last: sequence + format.count - 1 };
    at += paddedBytes(format.size);
  }
  return found;
}

/** When the last record before a segment was appended, where that can be read. */
function timeBefore(storage: DiskStorage, format: RecordFormat, first: number): number | undefined {
  const before = storage.segments().findLast((each) => each < first);
  if (before === undefined) return undefined;
  const cursor = new RecordCursor(storage, format, before);
  let time: number | undefined;
  try {
    for (let step = cursor.advance(); step !== "end"; step = cursor.advance()) {
      if (cursor.next > first) break;
      if (step === "record") time = cursor.time;
    }
  } catch (error) {
    // A last segment that cannot be used: what is before it has been read.
    if (!(error instanceof CorruptSegmentError)) throw error;
  } finally {
    cursor.close();
  }
  return time;
}
