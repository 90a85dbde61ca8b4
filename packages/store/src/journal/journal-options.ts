/**
 * How a journal is opened and read.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import {
  checkBoolean,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkString,
  invalidType,
  invalidValue,
  type OptionNames,
} from "@isthmus/core/internal";
import type { ChannelSchema, RecordInput, RecordValue } from "@isthmus/ipc";
import { checkSignal } from "@isthmus/ipc/internal";
import { SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN } from "./journal-layout.ts";
import type { Gap } from "./record-cursor.ts";
import type { Limits } from "./retention.ts";

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
   * A file of records ends, and another one begins, with the first append when its first record is so old, in milliseconds; also when it
   * is not full. By default age does not matter. See also `roll()`.
   */
  readonly segmentMaxAgeMs?: number | undefined;
  /**
   * How many bytes the files of records may take together: whenever this handle begins one, the oldest ones are removed. The one that is
   * appended to is never removed. By default nothing is. Other handles have their own limits.
   */
  readonly maxBytes?: number | undefined;
  /** The age in milliseconds at which records may be removed, a whole file at a time, as with `maxBytes`. */
  readonly maxAgeMs?: number | undefined;
  /** Whether what a named tailer has not handled yet is kept, whatever the limits say. Default true. */
  readonly keepForTailers?: boolean | undefined;
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

/** What `prune` may remove. */
export interface PruneOptions {
  /** How many bytes of files are left at most; by default as the journal was opened. */
  readonly maxBytes?: number | undefined;
  /** How old records may be, in milliseconds; by default as the journal was opened. */
  readonly maxAgeMs?: number | undefined;
  /** Whether what a named tailer has not handled yet is kept; by default as the journal was opened. */
  readonly keepForTailers?: boolean | undefined;
}

/** Where a named tailer is. */
export interface JournalTailer {
  readonly name: string;
  /** Everything up to it has been handled; undefined when the tailer's file is damaged. */
  readonly sequence: number | undefined;
  /** When that was noted, in milliseconds since 1970. */
  readonly time: number | undefined;
  /** How many records it has not handled yet. */
  readonly lag: number | undefined;
}

/** What the callback of `batch` gets. */
export interface JournalBatch<S extends JournalSchema> {
  /**
   * Adds a record; it is appended with the others when the function returns.
   *
   * @param record What the schema describes.
   */
  append(record: RecordInput<S>): void;
}

/** What is read. */
export interface JournalReadOptions {
  /**
   * Where to begin: with the first record (default), behind the last one, with a sequence, or with the first record
   * of a time or later. With `backwards`: with the last record (default), with a sequence, or with the last record of a time or
   * earlier. A named tailer that is known already goes on where it was.
   */
  readonly from?: "start" | "end" | number | Date | undefined;
  /** Whether to wait for more at the end. Default false. */
  readonly follow?: boolean | undefined;
  /** Whether to go from later records to earlier ones. Default false. */
  readonly backwards?: boolean | undefined;
  /**
   * A name under which the journal keeps how far the loop has come: an entry is handled when the next one is asked for, so that one
   * comes again when its body throws, is left, or its process dies. Who uses the name next goes on there.
   */
  readonly tailer?: string | undefined;
  /** Ends the loop: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Which records `forEachRecord` gives. */
export interface JournalVisitOptions {
  /** Where to begin, as with `read()`: with the first record (default), a sequence, or a time. */
  readonly from?: "start" | number | Date | undefined;
  /** Told of records that are missing. By default that is an error. */
  readonly onGap?: ((gap: Gap) => void) | undefined;
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
  readonly sequence?: undefined;
  readonly time?: undefined;
  readonly value?: undefined;
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
  segmentMaxAgeMs: true,
  maxBytes: true,
  maxAgeMs: true,
  keepForTailers: true,
  access: true,
};
const PRUNE_OPTIONS: OptionNames<PruneOptions> = {
  maxBytes: true,
  maxAgeMs: true,
  keepForTailers: true,
};
const READ_OPTIONS: OptionNames<JournalReadOptions> = {
  from: true,
  follow: true,
  backwards: true,
  tailer: true,
  signal: true,
};
const VISIT_OPTIONS: OptionNames<JournalVisitOptions> = { from: true, onGap: true };
const ACCESSES = ["readWrite", "read"] as const;
const SYNCS = ["none", "interval", "always"] as const;
const DEFAULT_SEGMENT_BYTES = 2 ** 26;

/** How a journal is opened, checked. */
export interface CheckedJournal<S extends JournalSchema> {
  /** Undefined: whatever the journal says; only for reading. */
  readonly schema: S | undefined;
  readonly isReadOnly: boolean;
  readonly sync: JournalSync;
  readonly segmentBytes: number;
  readonly segmentMaxAgeMs: number | undefined;
  readonly limits: Limits;
}

/** Checks how a journal is to be opened. */
export function checkJournalOptions<S extends JournalSchema>(
  options: JournalOptions<S> | JournalReadOnlyOptions,
): CheckedJournal<S> {
  const all = options as JournalOptions<S>;
  const checked = checkOptions("options", all, OPTIONS as OptionNames<JournalOptions<S>>);
  const { schema, sync = "interval", segmentBytes = DEFAULT_SEGMENT_BYTES } = checked;
  const { access = "readWrite" } = checked;
  checkOneOf("options.sync", sync, SYNCS);
  checkOneOf("options.access", access, ACCESSES);
  checkInteger("options.segmentBytes", segmentBytes, SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX);
  if (segmentBytes % 4096 !== 0) {
    throw invalidValue("options.segmentBytes", "a multiple of 4096", segmentBytes);
  }
  const { segmentMaxAgeMs } = checked;
  if (segmentMaxAgeMs !== undefined) checkInteger("options.segmentMaxAgeMs", segmentMaxAgeMs);
  const limits = checkLimits(checked);
  const isReadOnly = access === "read";
  if (schema === undefined && !isReadOnly) {
    throw invalidType("options.schema", "a struct(…), bytes or json", schema);
  }
  return { schema, isReadOnly, sync, segmentBytes, segmentMaxAgeMs, limits };
}

function checkLimits(options: PruneOptions): Limits {
  const { maxBytes, maxAgeMs, keepForTailers = true } = options;
  if (maxBytes !== undefined) checkInteger("options.maxBytes", maxBytes);
  if (maxAgeMs !== undefined) checkInteger("options.maxAgeMs", maxAgeMs);
  checkBoolean("options.keepForTailers", keepForTailers);
  return { maxBytes, maxAgeMs, keepForTailers };
}

/** Checks what may be removed. */
export function checkPruneOptions(options: PruneOptions | undefined, limits: Limits): Limits {
  const given = checkOptions("options", options, PRUNE_OPTIONS);
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return checkLimits({ ...limits, ...Object.fromEntries(said) });
}

/** How a journal is read, checked. */
export interface CheckedRead {
  readonly from: "start" | "end" | number | Date;
  readonly follow: boolean;
  readonly backwards: boolean;
  readonly tailer: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Checks how a journal is to be read. */
export function checkReadOptions(options: JournalReadOptions | undefined): CheckedRead {
  const checked = checkOptions("options", options, READ_OPTIONS);
  const { follow = false, backwards = false, tailer, signal } = checked;
  const { from = backwards ? "end" : "start" } = checked;
  checkBoolean("options.follow", follow);
  checkBoolean("options.backwards", backwards);
  checkSignal(signal);
  if (tailer !== undefined) checkTailerName("options.tailer", tailer);
  if (backwards && (follow || tailer !== undefined)) {
    const other = follow ? "options.follow" : "options.tailer";
    throw invalidValue("options.backwards", `false with ${other}`, backwards);
  }
  checkFrom(from);
  return { from, follow, backwards, tailer, signal };
}

function checkFrom(from: unknown): void {
  if (typeof from === "number") checkInteger("options.from", from);
  else if (from instanceof Date) {
    if (Number.isNaN(from.getTime())) throw invalidValue("options.from", "a valid Date", from);
  } else if (from !== "start" && from !== "end") {
    const expected = '"start", "end", a sequence or a Date';
    if (typeof from === "string") throw invalidValue("options.from", expected, from);
    throw invalidType("options.from", expected, from);
  }
}

/** Which records are given, checked. */
export interface CheckedVisit {
  readonly from: CheckedRead["from"];
  readonly onGap: (gap: Gap) => void;
}

/** Checks which records are to be given. */
export function checkVisitOptions(options: JournalVisitOptions | undefined): CheckedVisit {
  const checked = checkOptions("options", options, VISIT_OPTIONS);
  const { from = "start", onGap = refuseGap } = checked;
  checkFrom(from);
  if (typeof onGap !== "function") throw invalidType("options.onGap", "a function", onGap);
  return { from, onGap };
}

function refuseGap({ from, to }: Gap): never {
  throw new CorruptSegmentError(
    `Cannot read records ${from} to ${to}: they are damaged or removed; give onGap to go on behind them`,
  );
}

/** Checks the name of a tailer: it becomes that of a file. */
export function checkTailerName(what: string, name: string): string {
  checkString(what, name);
  if (/^[\w-][\w.-]{0,99}$/.test(name)) return name;
  const rule =
    'up to 100 of the letters a to z and A to Z, digits, "_", "-" and ".", not beginning with "."';
  throw invalidValue(what, rule, name);
}
