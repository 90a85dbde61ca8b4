/**
 * Runs the parts of the stress one after the other, in a directory of named memory of its own.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { nameRoot } from "@isthmus/programs/name-root";
import { findNatsServer } from "@isthmus/programs/nats-server";
import type { Finding } from "../judges/findings.ts";
import { bridgeStorm } from "./bridge-storm.ts";
import { CHURN_KINDS, churn } from "./churn.ts";
import { crowd } from "./crowd.ts";
import { flood } from "./flood.ts";
import { journalStorm } from "./journal-storm.ts";
import { storm } from "./storm.ts";

const DIRECTORY_VARIABLE = "ISTHMUS_DIR";
/** Records through each channel of a crowd. */
const CROWD_RECORDS = 100;
/** A flood without crashes would prove little, however few records were asked for. */
const FLOOD_KILLS = 10;

/** What one part has done. */
export interface PartResult {
  readonly part: string;
  readonly seconds: number;
  readonly figures: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

/** How much is to be done; 0 leaves a part out. */
export interface StressSizes {
  /** Records through channels whose producers and consumers are killed. */
  readonly records: number;
  /** Openings and closings of each kind. */
  readonly cycles: number;
  /** Channels that are open at once. */
  readonly channels: number;
  /** Kills of those who work on a queue. */
  readonly kills: number;
  /** Kills of those who work on a journal. */
  readonly journalKills: number;
  /** Records over a bridge whose ends, server and links are struck. */
  readonly bridge: number;
}

/** What the parts are given. */
export interface StressOptions extends StressSizes {
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (describe: () => string) => void;
  readonly onNote: (text: string) => void;
}

/**
 * Runs all parts that have anything to do.
 *
 * @returns What each has done. When it returns or throws, no process and no file is left.
 * @throws The signal's reason.
 */
export async function stress(options: StressOptions): Promise<PartResult[]> {
  const directory = mkdtempSync(join(nameRoot(), "isthmus-stress-"));
  const before = process.env[DIRECTORY_VARIABLE];
  process.env[DIRECTORY_VARIABLE] = directory;
  try {
    const results: PartResult[] = [];
    for (const [part, run] of partsOf(options, directory)) {
      results.push(await timed(part, options.onNote, run));
    }
    return results;
  } finally {
    if (before === undefined) delete process.env[DIRECTORY_VARIABLE];
    else process.env[DIRECTORY_VARIABLE] = before;
    rmSync(directory, { recursive: true, force: true });
  }
}

type Outcome = Pick<PartResult, "figures" | "findings">;
type Run = () => Promise<Outcome>;

/** The parts that have anything to do. */
function partsOf(options: StressOptions, directory: string): (readonly [string, Run])[] {
  const parts: (readonly [string, Run])[] = [];
  if (options.channels > 0) parts.push(["crowd", () => runCrowd(options, directory)]);
  if (options.cycles > 0) {
    for (const kind of CHURN_KINDS) {
      parts.push([`churn of a ${kind}`, () => runChurn(options, directory, kind)]);
    }
  }
  if (options.records > 0) parts.push(["flood", () => runFlood(options)]);
  if (options.kills > 0) parts.push(["storm", () => runStorm(options)]);
  if (options.journalKills > 0) {
    parts.push(["journal storm", () => runJournalStorm(options, directory)]);
  }
  if (options.bridge > 0 && findNatsServer() !== undefined) {
    parts.push(["bridge storm", () => runBridgeStorm(options, directory)]);
  }
  return parts;
}

async function timed(part: string, onNote: StressOptions["onNote"], run: Run): Promise<PartResult> {
  const startMs = performance.now();
  const outcome = await run();
  const seconds = (performance.now() - startMs) / 1000;
  const figures = Object.entries(outcome.figures).map(([name, value]) => `${name} ${value}`);
  onNote(`${part}: ${seconds.toFixed(1)} s, ${figures.join(", ")}`);
  return { part, seconds, ...outcome };
}

async function runCrowd(
  { channels, signal, onProgress }: StressOptions,
  directory: string,
): Promise<Outcome> {
  const { before, during, after, findings } = await crowd({
    channels,
    records: CROWD_RECORDS,
    directory,
    signal,
    onProgress: (count) => onProgress(() => `crowd: ${count} records`),
  });
  const figures = {
    channels,
    records: channels * CROWD_RECORDS,
    descriptors_before: before.descriptors,
    descriptors_open: during.descriptors,
    descriptors_after: after.descriptors,
    rss_before: before.rssBytes,
    rss_after: after.rssBytes,
  };
  return { figures, findings };
}

async function runChurn(
  { cycles, signal, onProgress }: StressOptions,
  directory: string,
  kind: (typeof CHURN_KINDS)[number],
): Promise<Outcome> {
  const { before, after, findings } = await churn({
    kind,
    cycles,
    directory,
    signal,
    onProgress: (done) => onProgress(() => `churn of a ${kind}: ${done} cycles`),
  });
  const figures = {
    cycles,
    descriptors_before: before.descriptors,
    descriptors_after: after.descriptors,
    segments_before: before.segments,
    segments_after: after.segments,
    files_before: before.files,
    files_after: after.files,
    rss_before: before.rssBytes,
    rss_after: after.rssBytes,
  };
  return { figures, findings };
}

async function runFlood(options: StressOptions): Promise<Outcome> {
  const { onProgress, onNote } = options;
  const { verdict, delivered, redelivered, streams } = await flood({
    seed: options.seed,
    records: options.records,
    leastKills: FLOOD_KILLS,
    signal: options.signal,
    onSkip: (reason) => onNote(`shared memory is not filled in this run: ${reason}`),
    onProgress: (count, kills) => onProgress(() => `flood: ${count} records, ${kills} kills`),
  });
  const { kills, stops, fills, fileDeletions, directoryDeletions } = verdict.counts;
  const deletions = fileDeletions + directoryDeletions;
  const figures = { delivered, redelivered, producers: streams, kills, stops, fills, deletions };
  return { figures, findings: verdict.findings };
}

async function runStorm({ seed, kills, signal, onProgress }: StressOptions): Promise<Outcome> {
  const { figures, findings } = await storm({
    seed,
    kills,
    signal,
    onProgress: (count, jobs) => onProgress(() => `storm: ${count} kills, ${jobs} jobs`),
  });
  return { figures: { ...figures }, findings };
}

async function runJournalStorm(
  { seed, journalKills, signal, onProgress }: StressOptions,
  directory: string,
): Promise<Outcome> {
  const { figures, findings } = await journalStorm({
    seed,
    kills: journalKills,
    directory,
    signal,
    onProgress: (kills, records) =>
      onProgress(() => `journal storm: ${kills} kills, ${records} records`),
  });
  return { figures: { ...figures }, findings };
}

async function runBridgeStorm(
  { seed, bridge: records, signal, onProgress }: StressOptions,
  directory: string,
): Promise<Outcome> {
  const { figures, findings } = await bridgeStorm({
    seed,
    records,
    directory,
    signal,
    onProgress: (count, blows) =>
      onProgress(() => `bridge storm: ${count} records, ${blows} blows`),
  });
  return { figures: { ...figures }, findings };
}
