import { describe, expect, test } from "bun:test";
import type { SabotageOrder } from "../src/chaos/casting.ts";
import type { Fault } from "../src/chaos/finding.ts";
import { runChaos, type Verdict } from "../src/chaos/run-chaos.ts";
import { STAGES } from "../src/chaos/stages.ts";
import { runCli } from "./support/run-cli.ts";

/** A run and its end may take so long on a machine that is busy. */
const TIMEOUT_MS = 120_000;

const SEEDS_MAX = 10;

const NOTHING = { lost: 0, torn: 0, duplicated: 0, stuck: 0, leaked: 0 };

/** Runs one stage for a moment, with harm that a participant does on purpose. */
function sabotaged(sabotage: SabotageOrder, seed: number, patienceMs: number): Promise<Verdict> {
  return runChaos({
    seed,
    durationMs: 1500,
    patienceMs,
    stages: STAGES.filter(({ name }) => name === sabotage.stage),
    sabotage,
    isKept: false,
    signal: new AbortController().signal,
    onSkip: () => {},
    onProgress: () => {},
  });
}

describe("isthmus chaos", () => {
  test(
    "--json ends with one line, and finds nothing wrong",
    async () => {
      const run = await runCli(["chaos", "--seconds", "3", "--seed", "5", "--json"]);
      const record = JSON.parse(run.stdout.trim().split("\n").at(-1) ?? "");
      expect({ ...record, kills: 0, recovery_ms_p99: 0 }).toEqual({
        seed: 5,
        kills: 0,
        ...NOTHING,
        recovery_ms_p99: 0,
      });
      expect(Object.keys(record)).toEqual([
        "seed",
        "kills",
        ...Object.keys(NOTHING),
        "recovery_ms_p99",
      ]);
      expect(run.exitCode).toBe(0);
    },
    TIMEOUT_MS,
  );

  const harms: readonly (readonly [SabotageOrder, Fault])[] = [
    [{ stage: "orders", role: "producer", sabotage: "skip" }, "lost"],
    [{ stage: "orders", role: "producer", sabotage: "repeat" }, "duplicated"],
    [{ stage: "blobs", role: "producer", sabotage: "tear" }, "torn"],
    [{ stage: "orders", role: "producer", sabotage: "leak" }, "leaked"],
    [{ stage: "orders", role: "producer", sabotage: "hang" }, "stuck"],
  ];
  for (const [sabotage, fault] of harms) {
    test(
      `finds a ${sabotage.role} that is made to ${sabotage.sabotage} as ${fault}`,
      async () => {
        // Whoever hangs does so for ever, so a short patience finds it as surely as a long one.
        const patienceMs = fault === "stuck" ? 3000 : 20_000;
        let found = 0;
        // It may be killed before it has done its harm.
        for (let seed = 1; seed <= SEEDS_MAX && found === 0; seed++) {
          found = (await sabotaged(sabotage, seed, patienceMs)).faults[fault];
        }
        expect(found).toBeGreaterThan(0);
      },
      TIMEOUT_MS,
    );
  }
});
