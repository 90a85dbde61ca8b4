/**
 * `isthmus replay JOURNAL`
 *
 * @module
 */

import { pause } from "@isthmus/ipc/internal";
import type { Command } from "@stricli/core";
import { createBreather } from "../breather.ts";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { assumed, COUNT_FLAG, type CommonFlags, optional, QUIET_FLAG, toggle } from "../flags.ts";
import { type AnyEntry, entryRecord } from "../journal/entry-record.ts";
import { FROM_BRIEF, parseFromNow } from "../journal/journal-flags.ts";
import { openToRead } from "../journal/open-journal.ts";
import { isRecorded, nameOf } from "../journal/recording.ts";
import { ReplayPace } from "../journal/replay-pace.ts";
import { openTarget, type ReplayTarget } from "../journal/replay-target.ts";
import { formatCount, formatCountOf, formatDuration } from "../output/format.ts";
import { writeJsonLine } from "../output/json.ts";
import { ProgressLines } from "../output/progress-lines.ts";
import { decimal, parseName } from "../parsers.ts";
import { NotFoundError } from "../segments/not-found-error.ts";

interface ReplayFlags extends CommonFlags {
  readonly speed: number;
  readonly from?: number | Date;
  readonly to?: string;
  readonly only?: string;
  readonly count?: number;
  readonly follow: boolean;
  readonly quiet: boolean;
}

const SPEED_MAX = 1e6;
/** The longest timer. */
const PAUSE_MS_MAX = 2 ** 31 - 1;
/** A wait is worth a word from here on. */
const LONG_MS = 2000;

/** What has been done. */
interface Totals {
  records: number;
  gaps: number;
  /** Records in gaps. */
  missing: number;
  /** Of which there was nothing to send. */
  skipped: number;
}

async function runReplay(this: IsthmusContext, flags: ReplayFlags, path: string): Promise<void> {
  const { process, cwd, signal } = this;
  const { from, follow, only, to, quiet } = flags;
  const startMs = performance.now();
  const totals: Totals = { records: 0, gaps: 0, missing: 0, skipped: 0 };
  using journal = openToRead(cwd, path);
  using target = to === undefined ? undefined : openTarget(to);
  // Where records go to stdout, they are what is to be seen there.
  const isQuiet = quiet || target === undefined;
  const { stderr, env } = process;
  using progress = new ProgressLines(stderr, env, { label: "isthmus replay", isQuiet });
  try {
    await replayAll(this, flags, journal.read({ from, follow, signal }), target, {
      totals,
      progress,
    });
  } finally {
    progress[Symbol.dispose]();
    if (to !== undefined) report(this, flags, path, to, totals, performance.now() - startMs);
  }
  if (only !== undefined && totals.records === 0) {
    const where = from === undefined ? "" : " from there on";
    throw new NotFoundError(
      `Nothing in ${JSON.stringify(path)}${where} passed under the name ${JSON.stringify(only)}`,
    );
  }
}

async function replayAll(
  { process, signal }: IsthmusContext,
  { speed, count = Infinity, only }: ReplayFlags,
  entries: AsyncIterable<AnyEntry>,
  target: ReplayTarget | undefined,
  { totals, progress }: { readonly totals: Totals; readonly progress: ProgressLines },
): Promise<void> {
  const pace = new ReplayPace(speed);
  const breathe = createBreather(signal);
  for await (const entry of entries) {
    if (entry.gap !== undefined) {
      totals.gaps++;
      totals.missing += entry.gap.to - entry.gap.from + 1;
      if (target === undefined) writeJsonLine(process.stdout, entryRecord(entry));
      continue;
    }
    const value: unknown = entry.value;
    const isMeant = only === undefined || (isRecorded(value) && nameOf(value) === only);
    if (isMeant) {
      const delayMs = pace.delayMs(entry.time, performance.now());
      if (delayMs > 0) await waitFor(delayMs, signal, progress);
      if (target === undefined) writeJsonLine(process.stdout, entryRecord(entry));
      else if (!(await sendTo(target, entry.sequence, value, signal))) totals.skipped++;
      totals.records++;
      progress.update(() => formatCountOf(totals.records, "record"));
      if (totals.records === count) return;
      await process.stdout.drained();
    }
    await breathe();
  }
}

async function sendTo(
  target: ReplayTarget,
  sequence: number,
  value: unknown,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await target.send(value, signal);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new TypeError(`Record ${formatCount(sequence)}: ${error.message}`, { cause: error });
  }
}

async function waitFor(delayMs: number, signal: AbortSignal, progress: ProgressLines) {
  if (delayMs >= LONG_MS) {
    progress.say(`the next record is due in ${formatDuration(delayMs)}; --speed 0 does not wait`);
  }
  for (let leftMs = delayMs; leftMs > 0; leftMs -= PAUSE_MS_MAX) {
    await pause(Math.min(leftMs, PAUSE_MS_MAX), signal);
  }
  progress.resume();
}

function report(
  { process, style }: IsthmusContext,
  { json }: ReplayFlags,
  journal: string,
  to: string,
  { records, gaps, missing, skipped }: Totals,
  elapsedMs: number,
): void {
  const sent = records - skipped;
  if (json) {
    const elapsed_ms = Math.round(elapsedMs);
    const record = { journal, to, records: sent, skipped, gaps, missing, elapsed_ms };
    writeJsonLine(process.stdout, record);
    return;
  }
  const time = formatDuration(elapsedMs);
  process.stdout.write(`sent ${formatCountOf(sent, "record")} to ${to} in ${time}\n`);
  const notes = [
    ...(missing > 0 ? [`${formatCountOf(missing, "record")} missing in the journal`] : []),
    ...(skipped > 0 ? [`${formatCount(skipped)} without content were left out`] : []),
  ];
  for (const note of notes) {
    process.stderr.write(`${style.stderr.yellow(`isthmus replay: ${note}`)}\n`);
  }
}

/** The definition of the command. */
export const replay: Command<IsthmusContext> = defineCommand({
  run: runReplay,
  // biome-ignore format: a flag is a line.
  flags: {
    speed: assumed(1, "N", decimal(SPEED_MAX), "How many times as fast as it came; 0: without any wait"),
    from: optional("SEQUENCE|TIME", parseFromNow, FROM_BRIEF),
    to: optional("NAME", parseName, "Send to this channel, topic or queue instead of printing; it must be there"),
    only: optional("NAME", parseName, "Of a recording of several names, only what passed under this one"),
    count: COUNT_FLAG,
    follow: toggle("Go on with what is appended, until Ctrl-C or --count"),
    quiet: QUIET_FLAG,
  },
  positional: {
    kind: "tuple",
    parameters: [{ brief: "A journal's directory", placeholder: "JOURNAL", parse: String }],
  },
  docs: {
    brief: "Print or send again what a journal has, at the pace at which it came",
    fullDescription:
      "Prints one JSON object for each record, with or without --json: its sequence, its time, and the\n" +
      "value as record (64-bit numbers as strings, bytes in base64) or data_base64; of what isthmus\n" +
      "record has recorded, all that isthmus tail --json prints of it. What is missing in the journal\n" +
      'is told as {"gap":{"from":…,"to":…}}. The journal may be of any program, and is not changed.\n\n' +
      "With --to it sends the records instead: to a channel, topic or queue that is there and takes\n" +
      "such records. A full channel is waited for. With --only, a name under which nothing passed is\n" +
      "exit code 3.",
    customUsage: [
      { input: "orders.journal", brief: "at the pace of then" },
      { input: "--speed 0 orders.journal | jq .record", brief: "all records, at once" },
      { input: "--from -10m --speed 2 orders.journal", brief: "the last ten minutes in five" },
      { input: "--to orders orders.journal", brief: "into a channel, a topic or a queue" },
    ],
  },
});
