import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Job } from "../src/runner/plan.ts";
import { type JobOutcome, measureRounds } from "../src/runner/rounds.ts";
import type { SuiteSpec } from "../src/runner/suite.ts";

const SUITE: SuiteSpec = { id: "suite", title: "", cases: [], load: async () => ({ cases: {} }) };

/** Jobs that are told apart by the name of their case. */
function jobsOf(count: number): Job[] {
  return Array.from({ length: count }, (_, index) => ({
    suite: SUITE,
    cases: [{ name: String(index), title: "", role: "peer", unit: "ns" }],
  }));
}

/** Runs rounds by a clock of its own, on which a job takes as long as `durationMs` says. */
async function run(
  count: number,
  rounds: number,
  budgetMs: number,
  durationMs: (job: string, round: number) => number,
) {
  let nowMs = 1000;
  const measured: string[][] = [];
  const unmeasured: string[] = [];
  const nameOf = ({ cases }: Job): string => cases[0]?.name ?? "";
  const kept = await measureRounds({
    jobs: jobsOf(count),
    rounds,
    budgetMs,
    now: () => nowMs,
    run: async (job, round, timeLeftMs): Promise<JobOutcome> => {
      const takesMs = durationMs(nameOf(job), round);
      nowMs += Math.min(takesMs, timeLeftMs);
      if (takesMs > timeLeftMs) return "late";
      measured[round] ??= [];
      measured[round].push(nameOf(job));
      return "done";
    },
    onUnmeasured: (job) => unmeasured.push(nameOf(job)),
  });
  return { kept, measured, unmeasured, spentMs: nowMs - 1000 };
}

describe("measureRounds()", () => {
  test("does everything in each round, and begins each with another job", async () => {
    const { kept, measured } = await run(4, 2, Number.POSITIVE_INFINITY, () => 10);
    expect(kept).toBe(2);
    expect(measured).toEqual([
      ["0", "1", "2", "3"],
      ["2", "3", "0", "1"],
    ]);
  });

  test("begins no round that would probably end too late", async () => {
    const { kept, measured, spentMs } = await run(4, 7, 100, () => 10);
    expect([kept, measured.length, spentMs]).toEqual([2, 2, 80]);
  });

  test("breaks a round off that takes longer than it should, and does not count it", async () => {
    const slow = (_: string, round: number): number => (round === 0 ? 10 : 1000);
    const { kept, unmeasured, spentMs } = await run(4, 7, 100, slow);
    expect([kept, unmeasured, spentMs]).toEqual([1, [], 100]);
  });

  test("tells what of the first round there was no time for", async () => {
    const { kept, measured, unmeasured } = await run(5, 3, 25, () => 10);
    expect([kept, measured, unmeasured]).toEqual([1, [["0", "1"]], ["2", "3", "4"]]);
  });

  test("never goes on beyond its time, and what counts is whole", async () => {
    const durations = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        durations,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 500 }),
        async (list, count, budgetMs) => {
          const takes = (job: string, round: number): number =>
            list[(Number(job) * 7 + round) % list.length] ?? 1;
          const { kept, measured, unmeasured, spentMs } = await run(count, 5, budgetMs, takes);
          expect(spentMs).toBeLessThanOrEqual(budgetMs);
          expect(kept).toBeGreaterThanOrEqual(1);
          expect((measured[0]?.length ?? 0) + unmeasured.length).toBe(count);
          for (const round of measured.slice(1, kept)) expect(round.length).toBe(count);
        },
      ),
    );
  });
});
