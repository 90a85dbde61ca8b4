/**
 * `isthmus top`
 *
 * @module
 */
import { directoryPath } from "@isthmus/core/internal";
import { DirectoryObserver, ratesBetween, type SegmentSample } from "@isthmus/ipc";
import { pause } from "@isthmus/ipc/internal";
import type { Command } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { assumed, type CommonFlags, optional } from "../flags.ts";
import { formatCountOf, formatDuration } from "../output/format.ts";
import { writeJsonLine } from "../output/json.ts";
import { LiveScreen } from "../output/live-screen.ts";
import { parseCount, wholeNumber } from "../parsers.ts";
import { topRecord } from "../watch/top-record.ts";
import { formatTopTable, type TopRow } from "../watch/top-table.ts";

interface TopFlags extends CommonFlags {
  readonly intervalMs: number;
  readonly count?: number;
}

const DEFAULT_INTERVAL_MS = 1000;
/** An hour: whoever wants to look less often wants another tool. */
const INTERVAL_MS_MAX = 3_600_000;

/** Looks, shows, and waits, until there has been enough. */
async function runTop(this: IsthmusContext, flags: TopFlags): Promise<void> {
  const { process, signal } = this;
  const { count = Infinity, intervalMs } = flags;
  using observer = new DirectoryObserver();
  using screen = new LiveScreen(process.stdout, process.env);
  let previous: ReadonlyMap<string, SegmentSample> = new Map();
  for (let done = 1; ; done++) {
    const samples = observer.sample();
    const rows = samples.map((sample): TopRow => {
      const before = previous.get(sample.name);
      return { sample, rates: before && ratesBetween(before, sample) };
    });
    if (flags.json) writeRecords(this, rows, done === 1);
    else screen.show(linesOf(this, rows, intervalMs, screen.isLive));
    if (done === count) return;
    previous = new Map(samples.map((sample) => [sample.name, sample]));
    await process.stdout.drained();
    await pause(intervalMs, signal);
  }
}

function writeRecords(
  { process, style }: IsthmusContext,
  rows: readonly TopRow[],
  isFirst: boolean,
): void {
  const nowMs = Date.now();
  if (isFirst && rows.length === 0) process.stderr.write(`${style.stderr.dim(nothing())}\n`);
  for (const { sample, rates } of rows) {
    writeJsonLine(process.stdout, topRecord(sample, rates, nowMs));
  }
}

function nothing(): string {
  return `Nothing has a name in ${directoryPath()}`;
}

function linesOf(
  { process, style }: IsthmusContext,
  rows: readonly TopRow[],
  intervalMs: number,
  isLive: boolean,
): string[] {
  const nowMs = Date.now();
  // One cell less than there is: the screen keeps its last column free.
  const width = isLive ? process.stdout.columns - 1 : style.stdout.columns;
  const table = formatTopTable(rows, nowMs, style.stdout, width);
  const empty = rows.length === 0 ? [nothing()] : [];
  if (!isLive) return [...table, ...empty];
  const every = `every ${formatDuration(intervalMs)}`;
  const time = new Date(nowMs).toISOString().slice(11, 19);
  const title = `isthmus top: ${formatCountOf(rows.length, "segment")}, ${every}, ${time} UTC`;
  return [style.stdout.dim(`${title}. Ctrl-C ends it.`), "", ...table, ...empty];
}

/** The definition of the command. */
export const top: Command<IsthmusContext> = defineCommand({
  run: runTop,
  // biome-ignore format: a flag is a line.
  flags: {
    intervalMs: assumed(DEFAULT_INTERVAL_MS, "MS", wholeNumber(1, INTERVAL_MS_MAX), "Time between two looks in milliseconds"),
    count: optional("N", parseCount, "End after so many looks instead of at Ctrl-C"),
  },
  docs: {
    brief: "Watch all segments live: rates, fill, lag, latency, who lives and who has died",
    fullDescription:
      "One line for each name, replaced in place on a terminal, repeated anywhere else. Rates are\n" +
      "those since the look before, so that the first look has none: RECORDS are requests of a\n" +
      "service, updates of a struct, sets of an event, acquisitions of a mutex. LAG is what is not\n" +
      "read, of a topic or journal by the slowest who reads, or not answered. DROPS were refused or\n" +
      "lost, or ran out of time. WAITS are waits for room or for a lock. WHO sends → to whom; STALLED is\n" +
      "who has left work lying for a second. On a narrow terminal columns are left out. It maps\n" +
      "the figures read-only: the watched processes neither know nor pay, and may all be dead.",
    customUsage: [
      { input: "", brief: "until Ctrl-C" },
      { input: "--interval-ms 200", brief: "five looks a second" },
      {
        input: "--count 2 --json | jq 'select(.records_per_second > 0)'",
        brief: "what flows, over one second",
      },
    ],
  },
});
