/**
 * How a journal is opened and read.
 *
 * @module
 */
import {
  checkBoolean,
  checkInteger,
  checkOneOf,
  checkOptions,
  invalidType,
  invalidValue,
  type OptionNames,
} from "@isthmus/core/internal";
import type { ChannelSchema, RecordValue } from "@isthmus/ipc";
import { checkSignal } from "@isthmus/ipc/internal";
import { SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN } from "./journal-layout.ts";
import type { Gap } from "./record-cursor.ts";

/** What the records of a journal are: a `struct(…)`, `bytes` or `json`. */
export type JournalSchema = ChannelSchema;

/** When records get to the disk; until then they survive the death of any process, and not a loss of power. */
export type JournalSync = "none" | "interval" | "always";

/** How a journal is opened. */
export interface JournalOptions<S extends JournalSchema> {
  /** What the records are. It stands in the journal; another one is refused. */
  readonly schema: S;
  /**
   * `"always"`: an append returns when its records are on the disk. `"interval"` (default): they get there within 100 ms. `"none"`:
   * when the system sees fit; `flushed()` waits for it whatever is said here.
   */
  readonly sync?: JournalSync | undefined;
  /**
   * Size of the files of records in bytes, a multiple of 4096 from 64 KiB to 1 GiB; all of it is taken from the disk when a file
   * begins. Default 64 MiB. A journal that exists keeps its own.
   */
  readonly segmentBytes?: number | undefined;
  /**
   * `"read"`: the journal must exist, nothing of it is changed, not even what is torn at its end, and appending throws.
   * Default `"readWrite"`.
   */
  readonly access?: "readWrite" | "read" | undefined;
}

/** How a journal is opened that says itself what its records are. */
export interface JournalReadOnlyOptions {
  readonly access: "read";
}

/** What is read. */
export interface JournalReadOptions {
  /**
   * Where to begin: with the first record (default), behind the last one, with a sequence, or with the first record
   * of a time or later.
   */
  readonly from?: "start" | "end" | number | Date | undefined;
  /** Whether to wait for more at the end. Default false. */
  readonly follow?: boolean | undefined;
  /** Ends the loop: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** One record of a journal. */
export interface JournalRecord<V> {
  readonly sequence: number;
  /** When it was appended, in milliseconds since 1970; never less than that of the record before. */
  readonly time: number;
  readonly value: V;
  readonly gap?: undefined;
}

/** Records that are missing, from the first to the last one: they were damaged or removed. */
export interface JournalGap {
  readonly gap: Gap;
}

/** What reading a journal yields. */
export type JournalEntry<S extends JournalSchema> = JournalRecord<RecordValue<S>> | JournalGap;

/** Figures of a journal. */
export interface JournalMetrics {
  /** The sequence of the first record that is kept, or would be. */
  readonly firstSequence: number;
  /** The sequence of the last record; 1 less than the first one's when there is none. */
  readonly lastSequence: number;
  /** Up to this one, every record is known to be on the disk. */
  readonly syncedSequence: number;
  /** How many files of records there are. */
  readonly segments: number;
  /** What those take on the disk. */
  readonly bytes: number;
}

const OPTIONS: OptionNames<JournalOptions<JournalSchema>> = {
  schema: true,
  sync: true,
  segmentBytes: true,
  access: true,
};
const READ_OPTIONS: OptionNames<JournalReadOptions> = { from: true, follow: true, signal: true };
const SYNCS = ["none", "interval", "always"] as const;
const ACCESSES = ["readWrite", "read"] as const;
const DEFAULT_SEGMENT_BYTES = 2 ** 26;

/** How a journal is opened, checked. */
export interface CheckedJournal<S extends JournalSchema> {
  /** Undefined: whatever the journal says; only for reading. */
  readonly schema: S | undefined;
  readonly isReadOnly: boolean;
  readonly sync: JournalSync;
  readonly segmentBytes: number;
}

/** Checks how a journal is to be opened. */
export function checkJournalOptions<S extends JournalSchema>(
  options: JournalOptions<S> | JournalReadOnlyOptions,
): CheckedJournal<S> {
  const all = options as JournalOptions<S>;
  const checked = checkOptions("options", all, OPTIONS as OptionNames<JournalOptions<S>>);
  const { schema, sync = "interval", segmentBytes = DEFAULT_SEGMENT_BYTES } = checked;
  const { access = "readWrite" } = checked;
  checkOneOf("options.access", access, ACCESSES);
  checkOneOf("options.sync", sync, SYNCS);
  checkInteger("options.segmentBytes", segmentBytes, SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX);
  if (segmentBytes % 4096 !== 0) {
    throw invalidValue("options.segmentBytes", "a multiple of 4096", segmentBytes);
  }
  const isReadOnly = access === "read";
  if (schema === undefined && !isReadOnly) {
    throw invalidType("options.schema", "a struct(…), bytes or json", schema);
  }
  return { schema, sync, segmentBytes, isReadOnly };
}

/** How a journal is read, checked. */
export interface CheckedRead {
  readonly from: "start" | "end" | number | Date;
  readonly follow: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Checks how a journal is to be read. */
export function checkReadOptions(options: JournalReadOptions | undefined): CheckedRead {
  const { from = "start", follow = false, signal } = checkOptions("options", options, READ_OPTIONS);
  checkBoolean("options.follow", follow);
  checkSignal(signal);
  if (typeof from === "number") checkInteger("options.from", from);
  else if (from instanceof Date) {
    if (Number.isNaN(from.getTime())) throw invalidValue("options.from", "a valid Date", from);
  } else if (from !== "start" && from !== "end") {
    const expected = '"start", "end", a sequence or a Date';
    if (typeof from === "string") throw invalidValue("options.from", expected, from);
    throw invalidType("options.from", expected, from);
  }
  return { from, follow, signal };
}
