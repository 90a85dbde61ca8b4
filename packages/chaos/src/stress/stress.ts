/**
 * Runs the parts of the stress one after the other, in a directory of named memory of its own.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { nameRoot, OtherNames } from "@isthmus/programs/name-root";
import { findNatsServer } from "@isthmus/programs/nats-server";
import type { Finding } from "../judges/findings.ts";
import { bridgeStorm } from "./bridge-storm.ts";
import { CHURN_KINDS, type ChurnKind, churn } from "./churn.ts";
import { crowd } from "./crowd.ts";
import { flood } from "./flood.ts";
import { journalStorm } from "./journal-storm.ts";
import { storm } from "./storm.ts";

/** Records through each channel of a crowd. */
const CROWD_RECORDS = 100;
/** A flood without crashes would prove little, however few records were asked for. */
const FLOOD_KILLS = 10;

/** What one part has done. */
export interface PartResult {
  readonly part: string;
  readonly seconds: number;
  /** Whether it was interrupted: then it has proved nothing, but may have found something. */
  readonly isInterrupted: boolean;
  readonly figures: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

/** By which words the sizes of parts are known: records of a flood, cycles of a churn, channels of a crowd, kills, … */
export type SizeName = "records" | "cycles" | "channels" | "kills" | "journal-kills" | "bridge";

/** What the parts are given. */
export interface StressOptions {
  /** How much is to be done; 0 leaves a part out. */
  readonly sizes: Readonly<Record<SizeName, number>>;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (describe: () => string) => void;
  readonly onNote: (text: string) => void;
}

/** What one part is given. */
interface Task extends Omit<StressOptions, "sizes"> {
  readonly size: number;
  /** The directory of named memory. */
  readonly directory: string;
}

type Outcome = Pick<PartResult, "figures" | "findings">;

interface Part {
  readonly name: string;
  readonly size: SizeName;
  readonly run: (task: Task) => Promise<Outcome>;
  /** Whether this machine has what it needs; says so on stderr when it has not. */
  readonly canRun?: () => boolean;
}

const PARTS: readonly Part[] = [
  { name: "crowd", size: "channels", run: runCrowd },
  ...CHURN_KINDS.map(
    (kind): Part => ({
      name: `churn of a ${kind}`,
      size: "cycles",
      run: (task) => runChurn(task, kind),
    }),
  ),
  { name: "flood", size: "records", run: runFlood },
  { name: "storm", size: "kills", run: runStorm },
  { name: "journal storm", size: "journal-kills", run: runJournalStorm },
  {
    name: "bridge storm",
    size: "bridge",
    run: runBridgeStorm,
    canRun: () => findNatsServer() !== undefined,
  },
];

/**
 * Runs all parts that have anything to do, until they are through or interrupted. What a part has done and found is told when it ends.
 *
 * @returns What each has done. When it returns or throws, no process and no file is left.
 * @throws {Error} When a part cannot go on.
 */
export async function stress({ sizes, ...options }: StressOptions): Promise<PartResult[]> {
  const directory = mkdtempSync(join(nameRoot(), "isthmus-stress-"));
  using _names = new OtherNames(directory);
  try {
    const results: PartResult[] = [];
    for (const part of PARTS) {
      const size = sizes[part.size];
      if (size === 0 || options.signal.aborted || part.canRun?.() === false) continue;
      results.push(await runPart(part, { ...options, size, directory }));
    }
    return results;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runPart({ name, run }: Part, task: Task): Promise<PartResult> {
  const { signal, onProgress, onNote } = task;
  const startMs = performance.now();
  let outcome: Outcome = { figures: {}, findings: [] };
  try {
    outcome = await run({
      ...task,
      onProgress: (describe) => onProgress(() => `${name}: ${describe()}`),
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const seconds = (performance.now() - startMs) / 1000;
  const { figures, findings } = outcome;
  const told = Object.entries(figures).map(([figure, value]) => `${figure} ${value}`);
  onNote(`${name}: ${[`${seconds.toFixed(1)} s`, ...told].join(", ")}`);
  for (const { fault, count, detail } of findings) onNote(`${fault} ${count}: ${detail}`);
  return { part: name, seconds, isInterrupted: signal.aborted, figures, findings };
}

async function runCrowd({ size, onProgress, ...task }: Task): Promise<Outcome> {
  const { before, during, after, findings } = await crowd({
    ...task,
    channels: size,
    records: CROWD_RECORDS,
    onProgress: (count) => onProgress(() => `${count} records`),
  });
  const figures = {
    channels: size,
    records: size * CROWD_RECORDS,
    descriptors_before: before.descriptors,
    descriptors_open: during.descriptors,
    descriptors_after: after.descriptors,
    rss_before: before.rssBytes,
    rss_after: after.rssBytes,
  };
  return { figures, findings };
}

async function runChurn({ size, onProgress, ...task }: Task, kind: ChurnKind): Promise<Outcome> {
  const { before, after, findings } = await churn({
    ...task,
    kind,
    cycles: size,
    onProgress: (done) => onProgress(() => `${done} cycles`),
  });
  const figures = {
    cycles: size,
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

async function runFlood({ size, onProgress, onNote, ...task }: Task): Promise<Outcome> {
  const { verdict, delivered, redelivered, streams } = await flood({
    ...task,
    records: size,
    leastKills: FLOOD_KILLS,
    onSkip: (reason) => onNote(`shared memory is not filled in this run: ${reason}`),
    onProgress: (count, kills) => onProgress(() => `${count} records, ${kills} kills`),
  });
  const { kills, stops, fills, fileDeletions, directoryDeletions } = verdict.counts;
  const deletions = fileDeletions + directoryDeletions;
  const figures = { delivered, redelivered, producers: streams, kills, stops, fills, deletions };
  return { figures, findings: verdict.findings };
}

async function runStorm({ size, onProgress, ...task }: Task): Promise<Outcome> {
  const { figures, findings } = await storm({
    ...task,
    kills: size,
    onProgress: (kills, jobs) => onProgress(() => `${kills} kills, ${jobs} jobs`),
  });
  return { figures: { ...figures }, findings };
}

async function runJournalStorm({ size, onProgress, ...task }: Task): Promise<Outcome> {
  const { figures, findings } = await journalStorm({
    ...task,
    kills: size,
    onProgress: (kills, records) => onProgress(() => `${kills} kills, ${records} records`),
  });
  return { figures: { ...figures }, findings };
}

async function runBridgeStorm({ size, onProgress, ...task }: Task): Promise<Outcome> {
  const { figures, findings } = await bridgeStorm({
    ...task,
    records: size,
    onProgress: (records, blows) => onProgress(() => `${records} records, ${blows} blows`),
  });
  return { figures: { ...figures }, findings };
}
