/**
 * `isthmus record NAME… --journal DIR`
 *
 * @module
 */
import { resolve } from "node:path";
import { json } from "@isthmus/ipc";
import { Journal, type JournalSchema } from "@isthmus/store";
import type { Command } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import {
  COUNT_FLAG,
  type CommonFlags,
  FROM_START_FLAG,
  optional,
  QUIET_FLAG,
  required,
  toggle,
} from "../flags.ts";
import { parseAge } from "../journal/journal-flags.ts";
import { Recorder } from "../journal/recorder.ts";
import { formatCount, formatCountOf, formatFrequency, formatSize } from "../output/format.ts";
import { writeJsonLine } from "../output/json.ts";
import { printable } from "../output/printable.ts";
import { ProgressLines } from "../output/progress-lines.ts";
import { parseBytes, parseName } from "../parsers.ts";

interface RecordFlags extends CommonFlags {
  readonly journal: string;
  readonly maxBytes?: number;
  readonly maxAge?: number;
  readonly count?: number;
  readonly fromStart: boolean;
  readonly follow: boolean;
  readonly quiet: boolean;
}

/** How many files there should be at least of what is kept. */
const FILES_WANTED = 8;
/** What a journal permits, and the size that it has by itself. */
const SEGMENT_BYTES_MIN: number = 2 ** 16;
const SEGMENT_BYTES_DEFAULT: number = 2 ** 26;
const SEGMENT_BYTES_STEP = 4096;

/** Records until there is enough, all names have gone, or Ctrl-C; then says what there is. */
async function runRecord(
  this: IsthmusContext,
  flags: RecordFlags,
  ...names: string[]
): Promise<void> {
  const { process, cwd, signal } = this;
  const startMs = performance.now();
  using progress = new ProgressLines(process.stderr, process.env, {
    label: "isthmus record",
    isQuiet: flags.quiet,
  });
  using recorder = new Recorder({
    names,
    openJournal: () => openToAppend(resolve(cwd, flags.journal), flags),
    isFromStart: flags.fromStart,
    isFollowing: flags.follow,
    count: flags.count ?? Infinity,
    signal,
    onProgress: (run) => progress.update(() => describe(run, performance.now() - startMs)),
    onNote: (text) => progress.note(text),
  });
  try {
    await recorder.run();
  } finally {
    progress[Symbol.dispose]();
    report(this, flags, names, recorder, performance.now() - startMs);
  }
}

/** What is kept goes by whole files: so there are some of them within the limits. */
function openToAppend(
  path: string,
  { maxBytes, maxAge: maxAgeMs }: RecordFlags,
): Journal<JournalSchema> {
  const journal = Journal.open(path, {
    schema: json,
    maxBytes,
    maxAgeMs,
    segmentMaxAgeMs: maxAgeMs && Math.ceil(maxAgeMs / FILES_WANTED),
    segmentBytes: maxBytes && segmentBytesFor(maxBytes),
  });
  try {
    // Who may only read cannot record: said before anything has passed.
    journal.appendAll([]);
    return journal;
  } catch (error) {
    journal.dispose();
    throw error;
  }
}

/** The size of the files of a journal that is made. */
function segmentBytesFor(maxBytes: number): number {
  const steps = Math.floor(maxBytes / FILES_WANTED / SEGMENT_BYTES_STEP);
  const wanted = steps * SEGMENT_BYTES_STEP;
  return Math.max(SEGMENT_BYTES_MIN, Math.min(SEGMENT_BYTES_DEFAULT, wanted));
}

function describe({ records, bytes, missed }: Recorder, elapsedMs: number): string {
  const rate = formatFrequency((records * 1000) / elapsedMs);
  const done = `${formatCountOf(records, "record")}, ${formatSize(bytes)}, ${rate}/s`;
  return missed === 0 ? done : `${done}, missed ${formatCount(missed)}`;
}

function report(
  { process, style }: IsthmusContext,
  { json: isJson, journal, quiet }: RecordFlags,
  names: readonly string[],
  { records, bytes, missed, firstSequence, lastSequence }: Recorder,
  elapsedMs: number,
): void {
  if (isJson) {
    writeJsonLine(process.stdout, {
      journal,
      names,
      records,
      bytes,
      missed,
      first_sequence: firstSequence ?? null,
      last_sequence: lastSequence ?? null,
      elapsed_ms: Math.round(elapsedMs),
    });
    return;
  }
  const place =
    lastSequence === undefined
      ? ""
      : `, sequences ${formatCount(firstSequence ?? 0)} to ${formatCount(lastSequence)}`;
  const size = `${formatCountOf(records, "record")}, ${formatSize(bytes)}`;
  process.stdout.write(`recorded ${size}, in ${printable(journal)}${place}\n`);
  if (missed === 0 || quiet) return;
  const line = `isthmus record: positions moved on ${formatCount(missed)} times past what could not be copied in time; the journal says where`;
  process.stderr.write(`${style.stderr.yellow(line)}\n`);
}

/** The definition of the command. */
export const record: Command<IsthmusContext> = defineCommand({
  run: runRecord,
  // biome-ignore format: a flag is a line.
  flags: {
    journal: required("DIR", String, "The journal's directory; one that is missing is made"),
    maxBytes: optional("BYTES", parseBytes, "Keep so much on the disk, the latest: 64M, 10G (all)"),
    maxAge: optional("AGE", parseAge, "Keep what is so old at most: 90s, 10m, 12h, 7d (all)"),
    count: COUNT_FLAG,
    fromStart: FROM_START_FLAG,
    follow: toggle("Wait for names that nobody has yet, or no more, until Ctrl-C"),
    quiet: QUIET_FLAG,
  },
  positional: {
    kind: "array",
    minimum: 1,
    parameter: {
      brief: "A channel, topic, service or queue, as isthmus ls prints it",
      placeholder: "NAME",
      parse: parseName,
    },
  },
  docs: {
    brief: "Record what passes into a journal on disk, without disturbing",
    fullDescription:
      "Copies the records of channels and topics, the requests and replies of services, and the jobs\n" +
      "of queues into a journal: what isthmus tail --json prints of each, in the order in which it\n" +
      "was seen, with the time. It copies from a read-only mapping and asks nobody to wait: what\n" +
      "passes too fast to be copied is counted, here and in the journal.\n\n" +
      "With --max-bytes and --max-age the oldest files of the journal are removed as others are begun,\n" +
      "never the last one, and none that a named reader of the journal still needs.\n\n" +
      "It ends when all names have gone, or at Ctrl-C; what was recorded is on the disk then. isthmus\n" +
      "replay prints it again or sends it again, isthmus journal looks inside.",
    customUsage: [
      { input: "orders --journal orders.journal", brief: "what is sent from now on" },
      { input: "--follow --journal all.journal orders prices", brief: "two names, until Ctrl-C" },
      { input: "--max-bytes 1G --max-age 7d --journal o orders", brief: "the last week, or less" },
      { input: "orders --journal o.journal --count 1000 --json", brief: "a thousand records" },
    ],
  },
});
