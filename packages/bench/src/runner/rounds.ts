/**
 * Rounds of jobs within a time.
 *
 * @module
 */
import type { Job } from "./plan.ts";

/** What became of a job: it has been measured, or there was no time for it. */
export type JobOutcome = "done" | "late";

/** What is to be done, and until when. */
export interface RoundsRequest {
  readonly jobs: readonly Job[];
  /** How many rounds at most. */
  readonly rounds: number;
  /** Milliseconds from the first round's start until the last job must have ended; `Infinity` for no limit. */
  readonly budgetMs: number;
  /** Does one job, within a time. */
  readonly run: (job: Job, round: number, timeLeftMs: number) => Promise<JobOutcome>;
  /** Told of a job of the first round for which there was no time. */
  readonly onUnmeasured: (job: Job) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/**
 * Does all jobs in each round; each round begins with another one. No round begins that would probably not end in time,
 * and one that does not, all the same, is broken off: what it measured does not count. Only of the first round everything
 * counts that there was time for.
 *
 * @returns How many rounds count, at least one.
 */
export async function measureRounds(request: RoundsRequest): Promise<number> {
  const { jobs, rounds, budgetMs, run, onUnmeasured, now = () => performance.now() } = request;
  const startedAt = now();
  for (let round = 0; round < rounds; round++) {
    const spentMs = now() - startedAt;
    if (round > 0 && (spentMs / round) * (round + 1) > budgetMs) return round;
    let isLate = false;
    for (const job of rotated(jobs, Math.floor((round * jobs.length) / rounds))) {
      const timeLeftMs = budgetMs - (now() - startedAt);
      isLate ||= timeLeftMs <= 0 || (await run(job, round, timeLeftMs)) === "late";
      if (!isLate) continue;
      if (round > 0) return round;
      onUnmeasured(job);
    }
    if (isLate) return 1;
  }
  return rounds;
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  return [...items.slice(by), ...items.slice(0, by)];
}
