/**
 * Very many kills of those who work on a queue, each at a random moment of work without a pause, so that many die in the
 * middle of a change. Processes are started beforehand and kept warm: between two kills there is nothing but work.
 *
 * @module
 */
import type { BytesSchema, WorkQueue } from "@isthmus/ipc";
import { programCommand } from "@isthmus/programs";
import { SeededRandom } from "@isthmus/programs/seeded-random";
import { startProcess } from "@isthmus/programs/start-process";
import type { Finding } from "../judges/findings.ts";
import { openStorm, StormHands } from "./storm-hands.ts";
import {
  JOBS_MAX,
  LEDGER_FAULTS,
  type LedgerFault,
  StormLedger,
  VICTIMS_MAX,
} from "./storm-ledger.ts";

const VICTIM = programCommand(import.meta.dir, "storm-victim.ts");
/** How many work at a time; as many more get ready. */
const SLOTS = 3;
/** A round has so many kills at most, and a queue and a ledger of its own. */
const ROUND_KILLS = 500;
const LIFE_MS_MAX = 14;
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

/** Kills until there were enough kills; returns what has happened, and what must not have. */
export async function storm(options: StormOptions): Promise<{
  readonly figures: StormFigures;
  readonly findings: readonly Finding[];
}> {
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
  const findings: Finding[] = [];
  const random = new SeededRandom(options.seed);
  while (figures.kills < options.kills) {
    const kills = Math.min(ROUND_KILLS, options.kills - figures.kills);
    findings.push(...(await new Round({ ...options, kills }, figures, random).run()));
  }
  return { figures, findings };
}

type Process = ReturnType<typeof start>;

function start(victim: number, seed: number) {
  return startProcess([...VICTIM, String(victim), String(seed)], {
    // Where its names are was set after this process had been started.
    env: { ...process.env },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** One queue, and its victims. */
class Round {
  readonly #options: StormOptions;
  readonly #figures: StormFigures;
  readonly #random: SeededRandom;
  readonly #findings: Finding[] = [];
  readonly #processes = new Set<Process>();
  #started = 0;
  #kills = 0;
  #stoppedCount = 0;

  constructor(options: StormOptions, figures: StormFigures, random: SeededRandom) {
    this.#options = options;
    this.#figures = figures;
    this.#random = random;
  }

  async run(): Promise<Finding[]> {
    const { signal } = this.#options;
    using ledger = new StormLedger(true);
    using queue = openStorm();
    const hands = new StormHands(SELF, ledger, queue, this.#random);
    try {
      await Promise.all(Array.from({ length: SLOTS }, () => this.#killAll(ledger, hands)));
      signal.throwIfAborted();
    } finally {
      for (const one of this.#processes) one.kill("SIGKILL");
      await Promise.all([...this.#processes].map((one) => one.exited));
    }
    await drain(queue, hands, signal);
    this.#judge(ledger, queue);
    return this.#findings;
  }

  /** Has one victim after the other work, and kills it. */
  async #killAll(ledger: StormLedger, hands: StormHands): Promise<void> {
    const { kills, signal, onProgress } = this.#options;
    const random = this.#random;
    let next = this.#start();
    while (this.#kills < kills && !signal.aborted) {
      const { process, victim } = next;
      const { value } = await process.stdout.getReader().read();
      if (value === undefined) throw new Error(await complaint(process));
      next = this.#start();
      process.stdin.write("\n");
      process.stdin.flush();
      await Bun.sleep(random.below(LIFE_MS_MAX));
      const isStopped = random.oneIn(ONE_IN_STOPPED);
      if (isStopped) await this.#stop(process);
      if (process.exitCode !== null) this.#report("stuck", 1, await complaint(process));
      ledger.mark(victim);
      process.kill("SIGKILL");
      await process.exited;
      if (isStopped) this.#stoppedCount--;
      this.#processes.delete(process);
      this.#kills++;
      this.#figures.kills++;
      // Whoever is stopped may have the mutex.
      if (this.#stoppedCount === 0) while (hands.bury());
      onProgress(this.#figures.kills, this.#figures.jobs + Math.min(JOBS_MAX, ledger.numbers));
    }
  }

  /** Stops it for a while, or until it is killed. */
  async #stop(process: Process): Promise<void> {
    this.#stoppedCount++;
    this.#figures.stops++;
    process.kill("SIGSTOP");
    await Bun.sleep(this.#random.below(STOP_MS_MAX));
    if (this.#random.oneIn(2)) return;
    process.kill("SIGCONT");
    await Bun.sleep(this.#random.below(STOP_MS_MAX));
  }

  #start(): { readonly process: Process; readonly victim: number } {
    // 0 is nobody.
    const victim = ++this.#started;
    const process = start(victim, this.#random.seed());
    this.#processes.add(process);
    return { process, victim };
  }

  #judge(ledger: StormLedger, queue: WorkQueue<BytesSchema>): void {
    const { waiting, delayed, held, inFlight, deadLetters, fill, ...counted } = queue.metrics;
    const sums = ledger.sums();
    const figures = this.#figures;
    figures.jobs += sums.jobs;
    figures.taken += sums.begun;
    figures.repeats += sums.repeats;
    figures.done += sums.finished;
    figures.dead += sums.buried;
    figures.orphaned += counted.orphaned;
    figures.recoveries += counted.recoveries;
    this.#report("lost", sums.lost, "jobs that were added and are neither done nor dead");
    this.#report("duplicated", sums.duplicated, "jobs that ended twice, or were made up");
    for (const fault of LEDGER_FAULTS) {
      const [kind, what] = MEANINGS[fault];
      this.#report(kind, ledger.counted(fault), what);
    }
    // A take counts, and what it counts may go with its process; so do a job's returns.
    const returned = counted.failed + counted.returned + counted.orphaned + counted.expired;
    const uncounted = sums.repeats - returned - counted.recoveries;
    this.#report("duplicated", Math.max(0, uncounted), "takes of jobs that had not come back");
    const left = waiting + delayed + held + inFlight + deadLetters;
    this.#report("leaked", left, "jobs, after all had ended");
    this.#report("leaked", fill > 0 && left === 0 ? 1 : 0, "room of jobs, after all had ended");
    this.#report("torn", counted.corruptions, "impossible values in the queue");
  }

  #report(fault: Finding["fault"], count: number, detail: string): void {
    if (count > 0) this.#findings.push({ fault, count, detail });
  }
}

const MEANINGS: Readonly<Record<LedgerFault, readonly [Finding["fault"], string]>> = {
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
  for (;;) {
    while (hands.take()) hands.end(0, true);
    while (hands.bury());
    const { waiting, delayed, held, inFlight, deadLetters } = queue.metrics;
    if (waiting + delayed + held + inFlight + deadLetters === 0) return;
    // What is left then is found by the judge.
    if (performance.now() > endMs) return;
    signal.throwIfAborted();
    await Bun.sleep(1);
  }
}

async function complaint(process: Process): Promise<string> {
  const text = await new Response(process.stderr).text();
  return `a victim ended by itself, ${process.exitCode}: ${text.trim().slice(0, 600)}`;
}
