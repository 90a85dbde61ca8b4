/**
 * Opening a journal: what it is, whose turn it is, and where it ends.
 *
 * @module
 */
import { join } from "node:path";
import { CorruptSegmentError, SystemError } from "@isthmus/core";
import { conditionError } from "@isthmus/core/internal";
import {
  differenceOf,
  fingerprintOf,
  type SchemaShape,
  schemaOf,
  shapeOf,
} from "@isthmus/ipc/internal";
import { Appender } from "./appender.ts";
import { DiskStorage } from "./disk-storage.ts";
import { LOCK_NAME } from "./journal-layout.ts";
import { createMeta, ensureJournalDirectory, type JournalMeta, readMeta } from "./journal-meta.ts";
import type { CheckedJournal, JournalSchema } from "./journal-options.ts";
import { RecordFormat } from "./record-format.ts";
import { removeOld } from "./retention.ts";
import type { RollOptions } from "./segment-mending.ts";
import { TurnLock } from "./turn-lock.ts";

/** With these codes a process may read and not write. */
const READ_ONLY_CODES: readonly string[] = ["EACCES", "EPERM", "EROFS"];

/** Who can append. */
export interface Appending {
  readonly turns: TurnLock;
  readonly appender: Appender;
}

/** A journal that is open. */
export interface OpenedJournal {
  readonly meta: JournalMeta;
  readonly shape: SchemaShape;
  readonly storage: DiskStorage;
  readonly format: RecordFormat;
  /** Or why nothing can be appended. */
  readonly appending: Appending | Error;
}

/**
 * Opens a journal, makes it where it is missing, and recovers it.
 *
 * @throws As `Journal.open` does.
 */
export function openJournal<S extends JournalSchema>(
  path: string,
  { schema, isReadOnly, sync, segmentBytes, segmentMaxAgeMs, limits }: CheckedJournal<S>,
): OpenedJournal {
  const wanted = schema === undefined ? undefined : shapeOf(schema);
  if (!isReadOnly) ensureJournalDirectory(path);
  const opened = isReadOnly ? openedForReading(path, "append to") : openLock(path);
  const turns = opened instanceof TurnLock ? opened : undefined;
  try {
    const meta =
      readMeta(path) ??
      (turns === undefined || wanted === undefined
        ? throwIt(isReadOnly ? noJournal(path) : opened)
        : inTurn(turns, () => readMeta(path) ?? makeJournal(path, wanted, segmentBytes)));
    const shape = wanted ?? shapeOf(schemaOf(meta.schemaText));
    if (meta.fingerprint !== shape.fingerprint || meta.schemaText !== shape.text) {
      throw otherSchema(path, meta, shape.text);
    }
    const storage = new DiskStorage(path, meta.id, sync === "always");
    const format = new RecordFormat(meta.id);
    const parts = { meta, shape, storage, format };
    if (!(opened instanceof TurnLock)) return { ...parts, appending: opened };
    const onRoll = (bytes: number) =>
      void removeOld(storage, format, meta.segmentBytes, limits, bytes);
    const rolls = { segmentMaxAgeMs, onRoll, checkTurn: () => opened.checkShared() };
    const appender = inTurn(opened, () => openAppender(storage, format, meta.segmentBytes, rolls));
    if (appender instanceof Appender) return { ...parts, appending: { turns: opened, appender } };
    opened[Symbol.dispose]();
    return { ...parts, appending: appender };
  } catch (error) {
    turns?.[Symbol.dispose]();
    throw error;
  }
}

function makeJournal(path: string, shape: SchemaShape, segmentBytes: number): JournalMeta {
  return createMeta(path, shape, segmentBytes, (id) =>
    new DiskStorage(path, id).prepare(segmentBytes, new Uint8Array()),
  );
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

/**
 * Why who only reads changes nothing.
 *
 * @param what What was asked for, as "append to".
 */
export function openedForReading(path: string, what: string): SystemError {
  const reason = "it was opened to be read";
  return conditionError("EACCES", `${what} the journal "${path}"`, "open", path, reason);
}

function noJournal(path: string): SystemError {
  return conditionError("ENOENT", `read the journal "${path}"`, "open", path);
}

/** An appender, or why there is none: whatever is wrong with the last segment or the disk, the others can be read. */
function openAppender(
  storage: DiskStorage,
  format: RecordFormat,
  segmentBytes: number,
  rolls: RollOptions,
): Appender | Error {
  try {
    storage.tidy();
    return new Appender(storage, format, segmentBytes, rolls);
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
  const [found, expected] = [schemaText, own].map((text) => fingerprintOf(text).hex);
  const difference = differenceOf(schemaText, own) ?? "they are laid out differently";
  return new CorruptSegmentError(
    `Cannot open the journal "${path}": its schema's fingerprint is ${found}, this program's is ${expected} (${difference})`,
  );
}
