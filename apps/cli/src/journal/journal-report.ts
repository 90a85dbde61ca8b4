/**
 * A journal as a person reads it, and as a program does.
 *
 * @module
 */
import { json, StructSchema } from "@isthmus/ipc";
import type {
  JournalCheck,
  JournalFiles,
  JournalMetrics,
  JournalSchema,
  JournalTailer,
} from "@isthmus/store";
import { formatCount, formatCountOf, formatSize } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import { wrap } from "../output/wrap.ts";
import type { JsonRecord } from "../segments/info-record.ts";
import { indent, pairs, table } from "../segments/segment-report.ts";
import { NOTHING, timeText } from "../segments/segment-text.ts";

/** What is known of a journal without reading it all. */
export interface JournalLook {
  readonly files: JournalFiles;
  readonly metrics: JournalMetrics;
  /** When the last record was appended, in milliseconds since 1970; undefined when there is none. */
  readonly lastTime: number | undefined;
  /** Who reads it under a name, running or not. */
  readonly tailers: readonly JournalTailer[];
}

/** A segment, and what follows from the next one. */
interface SegmentLine {
  readonly firstSequence: number;
  readonly lastSequence: number | undefined;
  readonly timeBefore: number;
  readonly lastTime: number | undefined;
  readonly bytes: number;
  readonly syncedSequence: number;
  readonly problem: string | undefined;
}

/** The public record of `journal --json`; its fields are a contract. */
export function journalRecord(look: JournalLook): JsonRecord {
  const { files, metrics, lastTime, tailers } = look;
  const { path, id, schema, segmentBytes } = files;
  return {
    path,
    id,
    schema: schemaText(schema),
    first_sequence: metrics.firstSequence,
    last_sequence: metrics.lastSequence,
    synced_sequence: metrics.syncedSequence,
    last_time_ms: lastTime ?? null,
    segment_bytes: segmentBytes,
    disk_bytes: metrics.bytes,
    tailers: tailers.map(({ name, sequence, time, lag }) => ({
      name,
      sequence: sequence ?? null,
      time_ms: time ?? null,
      lag: lag ?? null,
    })),
    segments: linesOf(look).map((one) => ({
      first_sequence: one.firstSequence,
      last_sequence: one.lastSequence ?? null,
      time_before_ms: one.timeBefore,
      last_time_ms: one.lastTime ?? null,
      bytes: one.bytes,
      synced_sequence: one.syncedSequence,
      problem: one.problem ?? null,
    })),
  };
}

/** What `isthmus journal PATH` prints; of the segments the last ones. */
export function formatJournal(look: JournalLook, limit: number, style: Style): string {
  const { files, metrics, lastTime, tailers } = look;
  const { firstSequence, lastSequence, syncedSequence } = metrics;
  const count = lastSequence - firstSequence + 1;
  const behind = lastSequence - syncedSequence;
  const place = `${formatCount(firstSequence)} to ${formatCount(lastSequence)}`;
  const synced =
    behind === 0 ? "all" : `to ${formatCount(syncedSequence)}, ${formatCount(behind)} behind it`;
  const rows = [
    ["records", count === 0 ? "none" : `${formatCount(count)}, sequences ${place}`],
    ["last", lastTime === undefined ? NOTHING : timeText(lastTime)],
    ["on the disk", count === 0 ? NOTHING : synced],
    ["size", `${formatCountOf(metrics.segments, "segment")}, ${formatSize(metrics.bytes)}`],
    ["new segments", `of ${formatSize(files.segmentBytes)}`],
    ["records are", printable(schemaWords(files.schema))],
    ["id", files.id],
  ];
  const lines = linesOf(look);
  const shown = lines.slice(Math.max(0, lines.length - limit));
  const headings = ["FIRST", "LAST", "LAST APPENDED", "BYTES", "NOTE"];
  const cells = shown.map((one) => [
    formatCount(one.firstSequence),
    one.lastSequence === undefined ? NOTHING : formatCount(one.lastSequence),
    one.lastTime === undefined ? NOTHING : timeText(one.lastTime),
    formatSize(one.bytes),
    one.problem === undefined ? "" : style.red(printable(one.problem)),
  ]);
  const hidden = lines.length - shown.length;
  const title =
    hidden > 0 ? `Segments, the last ${formatCount(limit)}: --limit 0 shows all` : "Segments";
  const parts = [
    [style.bold(printable(files.path)), ...indent(pairs(rows, style))],
    ...(tailers.length > 0 ? [tailerTable(tailers, style)] : []),
    table(title, headings, cells, style, ["right", "right", "left", "right"]),
  ];
  return `${wrap(parts.map((part) => part.join("\n")).join("\n\n"), style.columns)}\n`;
}

function tailerTable(tailers: readonly JournalTailer[], style: Style): string[] {
  const rows = tailers.map(({ name, sequence, time, lag }) => [
    printable(name),
    sequence === undefined ? style.red("damaged") : formatCount(sequence),
    lag === undefined ? NOTHING : formatCount(lag),
    time === undefined ? NOTHING : timeText(time),
  ]);
  const headings = ["NAME", "DONE UP TO", "LAG", "WHEN"];
  return table("Named readers", headings, rows, style, ["left", "right", "right"]);
}

/** The public record of `journal verify --json`; its fields are a contract. */
export function checkRecord(path: string, check: JournalCheck): JsonRecord {
  return {
    path,
    sound: isSound(check),
    records: check.records,
    bytes: check.bytes,
    first_sequence: check.firstSequence ?? null,
    last_sequence: check.lastSequence ?? null,
    first_time_ms: check.firstTime ?? null,
    last_time_ms: check.lastTime ?? null,
    gaps: check.gaps,
    gap_count: check.gapCount,
    missing: check.missing,
    damaged_segments: check.damaged.map(({ firstSequence, problem }) => ({
      first_sequence: firstSequence,
      problem,
    })),
    torn_at_bytes: check.tornAt ?? null,
  };
}

/** Whether nothing is damaged or missing. What is torn at the end was never confirmed, and is no damage. */
export function isSound({ gapCount, damaged }: JournalCheck): boolean {
  return gapCount === 0 && damaged.length === 0;
}

/** What `isthmus journal PATH verify` prints. */
export function formatCheck(path: string, check: JournalCheck, style: Style): string {
  const { records, firstSequence, lastSequence, firstTime, lastTime, gaps, gapCount } = check;
  const place =
    firstSequence === undefined || lastSequence === undefined
      ? ""
      : `, sequences ${formatCount(firstSequence)} to ${formatCount(lastSequence)}`;
  const span =
    firstTime === undefined || lastTime === undefined
      ? NOTHING
      : `${timeText(firstTime)} to ${timeText(lastTime)}`;
  const verdict = isSound(check) ? style.green("sound") : style.red("damaged");
  const rows = [
    ["state", verdict],
    ["records", `${formatCount(records)} whole ones, ${formatSize(check.bytes)}${place}`],
    ["times", span],
    ["missing", gapCount === 0 ? "none" : style.red(missingText(check))],
    ...gaps.slice(0, GAPS_SHOWN).map(({ from, to }) => ["", gapText(from, to)]),
    ...(gapCount > GAPS_SHOWN ? [["", `… ${formatCount(gapCount - GAPS_SHOWN)} more`]] : []),
    ...check.damaged.map(({ problem = "" }) => ["damaged", style.red(printable(problem))]),
    ["end", check.tornAt === undefined ? "clean" : style.yellow(tornText(check.tornAt))],
  ];
  const lines = [style.bold(printable(path)), ...indent(pairs(rows, style))];
  return `${wrap(lines.join("\n"), style.columns)}\n`;
}

const GAPS_SHOWN = 20;

function missingText({ missing, gapCount }: JournalCheck): string {
  return `${formatCountOf(missing, "record")} in ${formatCountOf(gapCount, "gap")}`;
}

function gapText(from: number, to: number): string {
  return from === to ? formatCount(from) : `${formatCount(from)} to ${formatCount(to)}`;
}

function tornText(at: number): string {
  return `torn at byte ${formatCount(at)} of the last segment; who opens it to append clears that`;
}

/** What the records are: as one word, or the text of the struct. */
function schemaText(schema: JournalSchema): string {
  if (schema instanceof StructSchema) return schema.canonical;
  return schema === json ? "json" : "bytes";
}

/** The same on one line: of a struct its fields. */
function schemaWords(schema: JournalSchema): string {
  if (!(schema instanceof StructSchema)) return schema === json ? "JSON" : "bytes";
  const names = schema.layout.fields.map(({ name }) => name).join(", ");
  return `structs of ${formatSize(schema.size)}: ${names}`;
}

/** What follows for each segment from its successor. */
function linesOf({ files, metrics, lastTime }: JournalLook): SegmentLine[] {
  const { segments } = files;
  return segments.map((segment, index) => {
    const next = segments[index + 1];
    const isUsable = segment.problem === undefined;
    const end = next === undefined ? metrics.lastSequence : next.firstSequence - 1;
    const nextTime = next?.problem === undefined ? next?.timeBefore : undefined;
    const endTime = next === undefined ? lastTime : nextTime;
    const hasRecords = end >= segment.firstSequence;
    return {
      ...segment,
      lastSequence: isUsable && hasRecords ? end : undefined,
      lastTime: isUsable && hasRecords ? endTime : undefined,
    };
  });
}
