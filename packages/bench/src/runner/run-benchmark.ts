/**
 * A whole run: prepare, measure in rounds, judge.
 *
 * @module
 */

import { TimeoutError } from "@isthmus/core";
import { programCommand } from "@isthmus/programs";
import { judge } from "../claims/judge.ts";
import { describeMachine, loadAverage } from "../machine/machine.ts";
import { findWarnings } from "../machine/warnings.ts";
import { type PeerState, probePeers } from "../peers/probe-peers.ts";
import { compileReference, type ReferenceProgram } from "../reference/compile-reference.ts";
import { type BenchResults, SCHEMA_VERSION } from "../results/bench-results.ts";
import { type CaseMessage, decodeMessages } from "./case-message.ts";
import { caseId, type Job, planRun } from "./plan.ts";
import { Room } from "./room.ts";
import { type JobOutcome, measureRounds } from "./rounds.ts";
import { SIZES, type Sizes } from "./sizes.ts";
import type { CaseContext, CaseSpec } from "./suite.ts";
import { Tally } from "./tally.ts";
import { coldFilePath, testFilePath, writeTestFile } from "./test-file.ts";

/** Far more than any case takes, so that only one that hangs is ended. */
const JOB_TIMEOUT_MS = 120_000;
const DEFAULT_ROUNDS = { quick: 3, full: 7 } as const;
/** What is left of the minute is for the report. */
const QUICK_BUDGET_MS = 56_000;
const DEFAULT_SEED = 20_250_101;
const MEASURE: readonly string[] = programCommand(import.meta.dirname, "measure-main.ts");

/** What is being done. */
export interface Progress {
  /** Parts that are done. */
  readonly done: number;
  /** Parts in all. */
  readonly total: number;
  /** What comes next. */
  readonly label: string;
}

/** How to run. */
export interface BenchmarkOptions {
  /** Less of everything: within a minute. */
  readonly isQuick?: boolean;
  /** Claims, groups of claims or suites; all of them when absent. */
  readonly only?: readonly string[];
  /** How often everything is measured; 3 for a quick run, 7 otherwise. */
  readonly rounds?: number;
  /** Of the order and the intervals. */
  readonly seed?: number;
  /** Replaces the sizes; the run then counts as custom. */
  readonly sizes?: Sizes;
  /** The folder of optional peers; none of them are measured when absent. */
  readonly peersDirectory?: string;
  /** Ends the run, everything temporary is removed first: with the rounds that are complete, or its reason when none is. */
  readonly signal?: AbortSignal;
  /**
   * When measuring ends, from the start of the run: with fewer rounds than were asked for, and in the first round without
   * what is left of it. By itself less than a minute for a quick run whose rounds are not given, and no limit otherwise.
   */
  readonly budgetMs?: number;
  /** Called before each part. */
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Measures.
 *
 * Each case of each round runs in a process of its own. The rounds are interleaved, each begins with another case, so
 * that a machine that is busy for a while is so for all of them.
 *
 * @param options What and how much.
 * @returns Everything that was found out; nothing is written.
 * @throws {RangeError} for a word in `only` that is none of the choices, and for rounds that are no positive integer.
 * @throws The reason of the signal when that is aborted before the first round is complete.
 */
export async function runBenchmark(options: BenchmarkOptions = {}): Promise<BenchResults> {
  const { isQuick = false, only = [], seed = DEFAULT_SEED, onProgress = ignore } = options;
  const rounds = options.rounds ?? DEFAULT_ROUNDS[isQuick ? "quick" : "full"];
  if (!(Number.isSafeInteger(rounds) && rounds >= 1)) {
    throw new RangeError(`rounds must be an integer >= 1: received ${rounds}`);
  }
  const plan = planRun(only);
  const sizes = options.sizes ?? SIZES[isQuick ? "quick" : "full"];
  const startedAt = new Date();
  const loadBefore = loadAverage();
  await using room = new Room(options.signal ?? new AbortController().signal);
  const total = plan.jobs.length * rounds + 1;
  onProgress({ done: 0, total, label: "preparing files" });
  const reference = await prepare(room, plan.jobs, sizes);
  const isAboutPeers = only.length === 0 || plan.jobs.some(({ cases }) => cases.some(hasPeer));
  const peers = isAboutPeers ? await probePeers(room, options.peersDirectory) : [];
  const context = contextOf(room, sizes, seed, reference, options.peersDirectory);
  const tallies = new Map(
    plan.jobs.flatMap(({ suite, cases }) =>
      cases.map((each) => [caseId(suite, each), new Tally(suite, each)] as const),
    ),
  );
  // Who names a number of rounds gets it, however long it takes.
  const isLimited = isQuick && options.rounds === undefined;
  const budgetMs = options.budgetMs ?? (isLimited ? QUICK_BUDGET_MS : Number.POSITIVE_INFINITY);
  let done = 1;
  const roundsDone = await measureRounds({
    jobs: plan.jobs,
    rounds,
    budgetMs: budgetMs - (Date.now() - startedAt.getTime()),
    run: async (job, round, timeLeftMs) => {
      onProgress({ done: done++, total, label: labelOf(job, round, rounds) });
      const inRound = { ...context, seed: seed + round };
      try {
        return await runJob({ room, job, context: inRound, peers, tallies, timeLeftMs });
      } catch (error) {
        // What has been measured by now is not thrown away.
        if (round > 0 && room.signal.aborted) return "late";
        throw error;
      }
    },
    onUnmeasured: ({ suite, cases }) => {
      const skipped = `there was no time for it within ${Math.round(budgetMs / 1000)} s`;
      for (const each of cases) {
        tallies.get(caseId(suite, each))?.add({ name: each.name, skipped });
      }
    },
  });
  const cases = [...tallies.values()].map((tally) => tally.record(roundsDone));
  const byId = new Map(cases.map((each) => [each.id, each]));
  const machine = describeMachine(room.directory, loadBefore);
  return {
    kind: "isthmus-bench",
    schema_version: SCHEMA_VERSION,
    started_at: startedAt.toISOString(),
    elapsed_ms: Date.now() - startedAt.getTime(),
    machine,
    parameters: {
      mode: options.sizes ? "custom" : isQuick ? "quick" : "full",
      rounds: roundsDone,
      only,
      seed,
      sizes: { ...sizes },
    },
    warnings: findWarnings(machine, cases, { asked: rounds, done: roundsDone }),
    cases,
    claims: plan.claims.map((claim) => judge(claim, byId, seed)),
    peers_skipped: peers.flatMap(({ peer, reason }) => (reason ? [{ peer, reason }] : [])),
  };
}

function ignore(): void {}

function hasPeer({ peer }: CaseSpec): boolean {
  return peer !== undefined;
}

function labelOf({ suite, cases }: Job, round: number, rounds: number): string {
  const [first] = cases;
  const what = cases.length === 1 && first ? `${suite.title}: ${first.title}` : suite.title;
  return `round ${round + 1} of ${rounds}, ${what}`;
}

async function prepare(
  room: Room,
  jobs: readonly Job[],
  sizes: Sizes,
): Promise<ReferenceProgram | undefined> {
  const needs = new Set(jobs.flatMap(({ suite }) => suite.needs ?? []));
  const { directory, signal } = room;
  const { fileBytes, largeFileBytes } = sizes;
  const files = new Map<string, number>();
  if (needs.has("file")) files.set(testFilePath(directory, fileBytes), fileBytes);
  if (needs.has("coldFile")) files.set(coldFilePath(directory, fileBytes), fileBytes);
  if (needs.has("largeFile")) files.set(testFilePath(directory, largeFileBytes), largeFileBytes);
  for (const [path, bytes] of files) await writeTestFile(path, bytes, signal);
  return needs.has("reference") ? await compileReference(room) : undefined;
}

function contextOf(
  room: Room,
  sizes: Sizes,
  seed: number,
  reference: ReferenceProgram | undefined,
  peersDirectory: string | undefined,
): CaseContext {
  const { directory, memoryDirectory } = room;
  return {
    sizes,
    seed,
    directory,
    memoryDirectory,
    ...(reference && { reference }),
    ...(peersDirectory !== undefined && { peersDirectory }),
  };
}

/** One job of one round. */
interface JobRun {
  readonly room: Room;
  readonly job: Job;
  readonly context: CaseContext;
  readonly peers: readonly PeerState[];
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly timeLeftMs: number;
}

/** Runs a job once and hands what it says to the tallies; nothing of it when it is late. */
async function runJob({ job, peers, tallies, ...rest }: JobRun): Promise<JobOutcome> {
  const { suite, cases } = job;
  const tallyOf = (name: string): Tally | undefined => tallies.get(`${suite.id}.${name}`);
  for (const { name, peer } of cases) {
    const state = peers.find((each) => each.peer === peer);
    if (state?.reason) tallyOf(name)?.add({ name, skipped: state.reason });
  }
  const names = cases.map(({ name }) => name).filter((name) => tallyOf(name)?.isOver === false);
  if (names.length === 0) return "done";
  const messages = await messagesOf({ ...rest, suiteId: suite.id, names });
  for (const message of messages ?? []) tallyOf(message.name)?.add(message);
  return messages === undefined ? "late" : "done";
}

type Measurement = Pick<JobRun, "room" | "context" | "timeLeftMs"> & {
  readonly suiteId: string;
  readonly names: readonly string[];
};

/** One message for each name, whatever becomes of the process; undefined when there was not enough time for it. */
async function messagesOf(measurement: Measurement): Promise<CaseMessage[] | undefined> {
  const { room, suiteId, names, context, timeLeftMs } = measurement;
  const command = [...MEASURE, suiteId, names.join(","), JSON.stringify(context)];
  try {
    const timeoutMs = Math.min(JOB_TIMEOUT_MS, Math.ceil(timeLeftMs));
    const finished = await room.run(command, { timeoutMs });
    const messages = decodeMessages(finished.stdout);
    const { exitCode, signal, stderr } = finished;
    const missing = names.filter((name) => !messages.some((message) => message.name === name));
    const why = `the process ended with ${signal ?? exitCode}: ${stderr.trim().slice(-500)}`;
    return [...messages, ...missing.map((name) => ({ name, failed: why }))];
  } catch (error) {
    room.signal.throwIfAborted();
    if (error instanceof TimeoutError && timeLeftMs < JOB_TIMEOUT_MS) return undefined;
    const why = error instanceof Error ? error.message : String(error);
    return names.map((name) => ({ name, failed: why }));
  }
}
