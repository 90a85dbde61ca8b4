/**
 * A whole run: prepare, measure in rounds, judge.
 *
 * @module
 */
import { join } from "node:path";
import { judge } from "../claims/judge.ts";
import { describeMachine, loadAverage } from "../machine/machine.ts";
import { findWarnings } from "../machine/warnings.ts";
import { type PeerState, probePeers } from "../peers/probe-peers.ts";
import { compileReference, type ReferenceProgram } from "../reference/compile-reference.ts";
import { type BenchResults, SCHEMA_VERSION } from "../results/bench-results.ts";
import { type CaseMessage, decodeMessages } from "./case-message.ts";
import { caseId, type Job, planRun } from "./plan.ts";
import { Room } from "./room.ts";
import { SIZES, type Sizes } from "./sizes.ts";
import type { CaseContext, CaseSpec } from "./suite.ts";
import { Tally } from "./tally.ts";
import { writeTestFile } from "./test-file.ts";

/** Far more than any case takes, so that only one that hangs is ended. */
const JOB_TIMEOUT_MS = 120_000;
const DEFAULT_ROUNDS = { quick: 3, full: 7 } as const;
/** What is left of the minute is for the report. */
const QUICK_BUDGET_MS = 56_000;
const DEFAULT_SEED = 20_250_101;
const MEASURE_MAIN: string = join(import.meta.dir, "measure-main.ts");

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
  /** Ends the run; everything temporary is removed first. */
  readonly signal?: AbortSignal;
  /**
   * No round begins that would probably end later than this; by itself about a minute for a quick run whose
   * rounds are not given, and no limit otherwise.
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
 * @throws The reason of the signal once that is aborted.
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
  let roundsDone = 0;
  for (let round = 0; round < rounds; round++) {
    const spentMs = Date.now() - startedAt.getTime();
    if (round > 0 && (spentMs / round) * (round + 1) > budgetMs) break;
    for (const job of rotated(plan.jobs, Math.floor((round * plan.jobs.length) / rounds))) {
      onProgress({ done: done++, total, label: labelOf(job, round, rounds) });
      await runJob(room, job, { ...context, seed: seed + round }, peers, tallies);
    }
    roundsDone++;
  }
  const cases = [...tallies.values()].map((tally) => tally.record());
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

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  return [...items.slice(by), ...items.slice(0, by)];
}

async function prepare(
  room: Room,
  jobs: readonly Job[],
  sizes: Sizes,
): Promise<ReferenceProgram | undefined> {
  const needs = new Set(jobs.flatMap(({ suite }) => suite.needs ?? []));
  const lengths = new Set<number>();
  if (needs.has("file")) lengths.add(sizes.fileBytes);
  if (needs.has("largeFile")) lengths.add(sizes.largeFileBytes);
  for (const bytes of lengths) await writeTestFile(room.directory, bytes, room.signal);
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

/** Runs a job once and hands what it says to the tallies. */
async function runJob(
  room: Room,
  { suite, cases }: Job,
  context: CaseContext,
  peers: readonly PeerState[],
  tallies: ReadonlyMap<string, Tally>,
): Promise<void> {
  const tallyOf = (name: string): Tally | undefined => tallies.get(`${suite.id}.${name}`);
  for (const { name, peer } of cases) {
    const state = peers.find((each) => each.peer === peer);
    if (state?.reason) tallyOf(name)?.add({ name, skipped: state.reason });
  }
  const names = cases.map(({ name }) => name).filter((name) => tallyOf(name)?.isOver === false);
  if (names.length === 0) return;
  for (const message of await messagesOf(room, suite.id, names, context)) {
    tallyOf(message.name)?.add(message);
  }
}

/** One message for each name, whatever becomes of the process. */
async function messagesOf(
  room: Room,
  suiteId: string,
  names: readonly string[],
  context: CaseContext,
): Promise<CaseMessage[]> {
  const command = [
    process.execPath,
    MEASURE_MAIN,
    suiteId,
    names.join(","),
    JSON.stringify(context),
  ];
  let why: string;
  try {
    const finished = await room.run(command, { timeoutMs: JOB_TIMEOUT_MS });
    const messages = decodeMessages(finished.stdout);
    const { exitCode, signal, stderr } = finished;
    const missing = names.filter((name) => !messages.some((message) => message.name === name));
    why = `the process ended with ${signal ?? exitCode}: ${stderr.trim().slice(-500)}`;
    return [...messages, ...missing.map((name) => ({ name, failed: why }))];
  } catch (error) {
    room.signal.throwIfAborted();
    why = error instanceof Error ? error.message : String(error);
    return names.map((name) => ({ name, failed: why }));
  }
}
