/**
 * Very many kills of those who work on a queue, each at a random moment of work without a pause, so that many die in the
 * middle of a change. Processes are started beforehand and kept warm: between two kills there is nothing but work.
 *
 * @module
 */
import type { BytesSchema, WorkQueue } from "@isthmus/ipc";
import { programCommand } from "@isthmus/programs";
import { SeededRandom } from "@isthmus/programs/seeded-random";
import { type Fault, type Finding, Findings } from "../judges/findings.ts";
import { openStorm, StormHands } from "./storm-hands.ts";
import { LEDGER_FAULTS, type LedgerFault, StormLedger, VICTIMS_MAX } from "./storm-ledger.ts";
import { killOneByOne, Victim } from "./victim.ts";

const PROGRAM = programCommand(import.meta.dirname, "storm-victim.ts");
/** A round has so many kills at most, and a queue and a ledger of its own. */
const ROUND_KILLS = 500;
/** One victim in so many is stopped in the middle of its work, and goes on, or is killed so. */
const ONE_IN_STOPPED = 6;
const STOP_MS_MAX = 6;
/** The process that leads the storm works, too. */
const SELF = VICTIMS_MAX - 1;
/** How long the jobs that are left may take at most, in milliseconds. */
const DRAIN_MS_MAX = 60_000;

/** What a storm is to do. */
export interface StormOptions {
  readonly seed: number;
  /** How many kills are enough. */
  readonly kills: number;
  readonly signal: AbortSignal;
  readonly onProgress: (kills: number, jobs: number) => void;
}

/** What a storm has done. */
export interface StormFigures {
  kills: number;
  stops: number;
  /** Jobs that were added for certain, how often one was taken, and how often one that had been taken before. */
  jobs: number;
  taken: number;
  repeats: number;
  /** Jobs that were said to be done, and dead letters. */
  done: number;
  dead: number;
  /** Jobs that came back because their worker had died. */
  orphaned: number;
  /** Deaths with the mutex held, after which the lists were made anew. */
  recoveries: number;
}

/** What a storm has done, and what was found until it ended or was interrupted. */
export interface StormResult {
  readonly figures: StormFigures;
  readonly findings: readonly Finding[];
}

/** Kills until there were enough kills. */
export async function storm(options: StormOptions): Promise<StormResult> {
  const figures: StormFigures = {
    kills: 0,
    stops: 0,
    jobs: 0,
    taken: 0,
    repeats: 0,
    done: 0,
    dead: 0,
    orphaned: 0,
    recoveries: 0,
  };
  const findings = new Findings();
  const random = new SeededRandom(options.seed);
  while (figures.kills < options.kills && !options.signal.aborted) {
    const kills = Math.min(ROUND_KILLS, options.kills - figures.kills);
    await runRound({ ...options, kills }, random, figures, findings);
  }
  return { figures, findings: findings.all };
}

/** One queue, and its victims. */
async function runRound(
  { kills, signal, onProgress }: StormOptions,
  random: SeededRandom,
  figures: StormFigures,
  findings: Findings,
): Promise<void> {
  using ledger = new StormLedger(true);
  using queue = openStorm();
  const hands = new StormHands(SELF, ledger, queue, random);
  const stopped = new Set<number>();
  await killOneByOne({
    kills,
    random,
    signal,
    findings,
    start: (number) => new Victim(PROGRAM, number, random.seed()),
    strike: async (victim, number) => {
      if (random.oneIn(ONE_IN_STOPPED)) {
        stopped.add(number);
        figures.stops++;
        await stop(victim, random);
      }
      ledger.mark(number);
    },
    onKilled: (number) => {
      stopped.delete(number);
      figures.kills++;
      // Whoever is stopped may have the mutex.
      if (stopped.size === 0) while (hands.bury());
      onProgress(figures.kills, figures.jobs + ledger.numbers);
    },
  });
  await drain(queue, hands, signal);
  // What is left of work that was interrupted says nothing.
  if (!signal.aborted) judge(ledger, queue, figures, findings);
}

/** Stops it for a while, or until it is killed. */
async function stop(victim: Victim, random: SeededRandom): Promise<void> {
  victim.signal("SIGSTOP");
  await Bun.sleep(random.below(STOP_MS_MAX));
  if (random.oneIn(2)) return;
  victim.signal("SIGCONT");
  await Bun.sleep(random.below(STOP_MS_MAX));
}

function judge(
  ledger: StormLedger,
  queue: WorkQueue<BytesSchema>,
  figures: StormFigures,
  findings: Findings,
): void {
  const { waiting, delayed, held, inFlight, deadLetters, fill, ...counted } = queue.metrics;
  const sums = ledger.sums();
  figures.jobs += sums.jobs;
  figures.taken += sums.begun;
  figures.repeats += sums.repeats;
  figures.done += sums.finished;
  figures.dead += sums.buried;
  figures.orphaned += counted.orphaned;
  figures.recoveries += counted.recoveries;
  findings.report("lost", "jobs that were added and are neither done nor dead", sums.lost);
  findings.report("duplicated", "jobs that ended twice, or were made up", sums.duplicated);
  for (const fault of LEDGER_FAULTS) findings.report(...MEANINGS[fault], ledger.counted(fault));
  // A take counts, and what it counts may go with its process; so do a job's returns.
  const returned = counted.failed + counted.returned + counted.orphaned + counted.expired;
  const uncounted = sums.repeats - returned - counted.recoveries;
  findings.report("duplicated", "takes of jobs that had not come back", uncounted);
  const left = waiting + delayed + held + inFlight + deadLetters;
  findings.report("leaked", "jobs, after all had ended", left);
  findings.report("leaked", "room of jobs, after all had ended", fill > 0 && left === 0 ? 1 : 0);
  findings.report("torn", "impossible values in the queue", counted.corruptions);
}

const MEANINGS: Readonly<Record<LedgerFault, readonly [Fault, string]>> = {
  overlap: ["torn", "jobs, or jobs of one key, that two had at once"],
  disorder: ["torn", "jobs that came after a later one of their key"],
  attempt: ["duplicated", "attempts that were not counted, or one too many"],
  again: ["duplicated", "jobs that were taken after they were done"],
  torn: ["torn", "jobs that were not whole"],
  robbed: ["torn", "jobs that were taken from somebody who lived"],
};

/** Does what is left, and forgets the dead letters. */
async function drain(
  queue: WorkQueue<BytesSchema>,
  hands: StormHands,
  signal: AbortSignal,
): Promise<void> {
  const endMs = performance.now() + DRAIN_MS_MAX;
  // What is left then is found by the judge.
  while (!signal.aborted && performance.now() <= endMs) {
    while (hands.take()) hands.end(0, true);
    while (hands.bury());
    const { waiting, delayed, held, inFlight, deadLetters } = queue.metrics;
    if (waiting + delayed + held + inFlight + deadLetters === 0) return;
    await Bun.sleep(1);
  }
}
