/**
 * What `isthmus journal PATH ACTION` does.
 *
 * @module
 */
import { resolve } from "node:path";
import { CorruptSegmentError } from "@isthmus/core";
import { checkJournal, inspectJournal, type JournalCheck, repairJournal } from "@isthmus/store";
import { createBreather } from "../breather.ts";
import type { IsthmusContext } from "../context.ts";
import { ExitCode } from "../exit-code.ts";
import { formatCount, formatCountOf } from "../output/format.ts";
import { writeJsonLine } from "../output/json.ts";
import { ProgressBar } from "../output/progress-bar.ts";
import { StatusLine } from "../output/status-line.ts";
import { UsageError } from "../usage-error.ts";
import { entryRecord } from "./entry-record.ts";
import {
  checkRecord,
  formatCheck,
  formatJournal,
  isSound,
  type JournalLook,
  journalRecord,
} from "./journal-report.ts";
import { openToRead, withJournal } from "./open-journal.ts";

/** What an action may be told. */
export interface ActionFlags {
  readonly json: boolean;
  readonly limit?: number;
  readonly from?: number | Date;
  readonly count?: number;
  readonly yes?: boolean;
}

/** An action, and what it is asked to do. */
export interface ActionCall {
  readonly path: string;
  readonly flags: ActionFlags;
}

/** What there is to do with a journal. */
export const ACTIONS = ["show", "verify", "repair", "export"] as const;

/** One of them. */
export type Action = (typeof ACTIONS)[number];

const DEFAULT_LIMIT = 20;

/** Does it, and says what has been done. */
export const PERFORM: Readonly<
  Record<Action, (context: IsthmusContext, call: ActionCall) => Promise<void>>
> = { show, verify, repair, export: exportRecords };

/** Reads no more than the first pages of the segments, and all of the last one. */
async function show(
  { process, style, cwd }: IsthmusContext,
  { path, flags }: ActionCall,
): Promise<void> {
  const look = await lookAt(cwd, path);
  const { json, limit = DEFAULT_LIMIT } = flags;
  if (json) return writeJsonLine(process.stdout, journalRecord(look));
  process.stdout.write(formatJournal(look, limit === 0 ? Infinity : limit, style.stdout));
}

async function lookAt(cwd: string, path: string): Promise<JournalLook> {
  const files = { ...withJournal(path, () => inspectJournal(resolve(cwd, path))), path };
  const [first] = files.segments;
  const nothing = { firstSequence: 1, lastSequence: 0, syncedSequence: 0, segments: 0, bytes: 0 };
  if (first === undefined) return { files, metrics: nothing, lastTime: undefined, tailers: [] };
  using journal = openToRead(cwd, path);
  try {
    const { metrics } = journal;
    let lastTime: number | undefined;
    for await (const entry of journal.read({ from: metrics.lastSequence })) {
      if (entry.gap === undefined) lastTime = entry.time;
      break;
    }
    return { files, metrics, lastTime, tailers: journal.tailers() };
  } catch (error) {
    if (!(error instanceof CorruptSegmentError)) throw error;
    // The last segment cannot be used: the table says why.
    const last = files.segments.at(-1)?.firstSequence ?? 1;
    const bytes = files.segments.reduce((sum, one) => sum + one.bytes, 0);
    const { length: segments } = files.segments;
    const { firstSequence } = first;
    const known = { firstSequence, lastSequence: last - 1, syncedSequence: last - 1 };
    const metrics = { ...known, segments, bytes };
    return { files, metrics, lastTime: undefined, tailers: [] };
  }
}

async function verify(context: IsthmusContext, { path, flags }: ActionCall): Promise<void> {
  const { process } = context;
  const check = await checkWithProgress(context, path);
  tell(context, path, check, flags.json);
  if (!isSound(check)) process.exitCode = ExitCode.failed;
}

function tell(
  { process, style }: IsthmusContext,
  path: string,
  check: JournalCheck,
  json: boolean,
) {
  if (json) writeJsonLine(process.stdout, checkRecord(path, check));
  else process.stdout.write(formatCheck(path, check, style.stdout));
}

async function checkWithProgress(
  { process, cwd, signal }: IsthmusContext,
  path: string,
): Promise<JournalCheck> {
  const whole = resolve(cwd, path);
  const { segments } = withJournal(path, () => inspectJournal(whole));
  const totalBytes = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  using status = new StatusLine(process.stderr, process.env);
  using bar = new ProgressBar(status, { label: path, totalBytes });
  return await checkJournal(whole, { signal, onProgress: (done) => bar.update(done) });
}

/** Says what is wrong, asks, mends, and says what is left. */
async function repair(context: IsthmusContext, { path, flags }: ActionCall): Promise<void> {
  const { process, style, cwd, ask } = context;
  const before = await checkWithProgress(context, path);
  const work = [
    ...(before.damaged.length > 0
      ? [`make the first page of ${formatCountOf(before.damaged.length, "segment")} anew`]
      : []),
    ...(before.tornAt === undefined ? [] : ["clear what is torn behind the last record"]),
  ];
  if (work.length === 0) {
    tell(context, path, before, flags.json);
    const rest = isSound(before)
      ? ""
      : ": what is missing cannot be made anew, and is told as gaps";
    process.stderr.write(`${style.stderr.dim(`There is nothing to repair${rest}`)}\n`);
    if (!isSound(before)) process.exitCode = ExitCode.failed;
    return;
  }
  if (flags.yes !== true) {
    if (!flags.json) process.stderr.write(formatCheck(path, before, style.stderr));
    if (ask === undefined) {
      throw new UsageError(`This would ${work.join(" and ")}: say --yes to have it done`);
    }
    const answer = await ask(`${capital(work.join(" and "))}? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) {
      process.stderr.write("Nothing was changed\n");
      process.exitCode = ExitCode.failed;
      return;
    }
  }
  const { segments } = repairJournal(resolve(cwd, path));
  const after = await checkWithProgress(context, path);
  if (flags.json) {
    const record = checkRecord(path, after);
    writeJsonLine(process.stdout, { ...record, repaired_segments: segments });
  } else {
    tell(context, path, after, false);
    const kept = segments.map((first) => formatCount(first)).join(", ");
    if (kept !== "") {
      const text = `Made the first page anew of ${kept}; what stood there is in .before-repair`;
      process.stderr.write(`${style.stderr.dim(text)}\n`);
    }
  }
  if (!isSound(after)) process.exitCode = ExitCode.failed;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

async function exportRecords(
  { process, cwd, signal }: IsthmusContext,
  { path, flags }: ActionCall,
): Promise<void> {
  const { from, count = Infinity } = flags;
  using journal = openToRead(cwd, path);
  const breathe = createBreather(signal);
  let records = 0;
  for await (const entry of journal.read({ from, signal })) {
    writeJsonLine(process.stdout, entryRecord(entry));
    if (entry.gap === undefined && ++records === count) return;
    await process.stdout.drained();
    await breathe();
  }
}
