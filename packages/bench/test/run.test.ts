/** Real runs, small ones. */
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { TimeoutError } from "@isthmus/core";
import { patient } from "@isthmus/testing/patience";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { writeResults } from "../src/report/write-results.ts";
import { type BenchResults, readResults } from "../src/results/index.ts";
import { Room } from "../src/runner/room.ts";
import { runBenchmark } from "../src/runner/run-benchmark.ts";
import { SIZES, type Sizes } from "../src/runner/sizes.ts";

const TIMEOUT_MS = patient(1_200_000);
const TINY: Sizes = {
  fileBytes: 1 << 20,
  hugeFileBytes: 2 ** 24,
  largeFileBytes: 2 << 20,
  randomReads: 1000,
  asyncReads: 50,
  smallTotalBytes: 1 << 16,
  records: 4096,
  slowRecords: 500,
  transferBytes: 1 << 18,
  transferRecords: 100,
  roundTrips: 20,
  spinningRoundTrips: 100,
  latencyPerSecond: 1000,
  latencyMs: 50,
  updates: 100,
  entries: 1000,
  deaths: 1,
  microMs: 1,
};

/** A process that has ended and that nobody has asked about yet (a zombie) is not alive. */
function isAlive(pid: number): boolean {
  const { stdout } = Bun.spawnSync(["ps", "-o", "stat=", "-p", String(pid)]);
  const state = stdout.toString().trim();
  return state !== "" && !state.startsWith("Z");
}

describe("Room", () => {
  test(
    "ends what takes too long, together with what it started",
    async () => {
      await using room = new Room(new AbortController().signal);
      const pidFile = `${room.directory}/pid`;
      const command = ["sh", "-c", "sleep 1000 & echo $! > new && mv new pid; wait"];
      // On a busy machine it may be too long before it has started anything.
      for (let timeoutMs = 500; !existsSync(pidFile); timeoutMs *= 2) {
        await expect(room.run(command, { timeoutMs })).rejects.toBeInstanceOf(TimeoutError);
      }
      const pid = Number(await Bun.file(pidFile).text());
      expect(pid).toBeGreaterThan(0);
      while (isAlive(pid)) await Bun.sleep(5);
    },
    TIMEOUT_MS,
  );

  test(
    "does not wait for what a process leaves behind",
    async () => {
      await using room = new Room(new AbortController().signal);
      const { stdout, exitCode } = await room.run(["sh", "-c", "sleep 1000 & echo $!; exit 3"], {
        timeoutMs: TIMEOUT_MS,
      });
      expect(exitCode).toBe(3);
      while (isAlive(Number(stdout))) await Bun.sleep(5);
    },
    TIMEOUT_MS,
  );

  test(
    "is gone after an interruption, with its processes",
    async () => {
      const controller = new AbortController();
      const reason = new Error("enough");
      const room = new Room(controller.signal);
      const pidFile = `${room.directory}/pid`;
      const run = room.run(["sh", "-c", "sleep 1000 & echo $! > new && mv new pid; wait"], {
        timeoutMs: TIMEOUT_MS,
      });
      const outcome = run.catch((error: unknown) => error);
      while (!existsSync(pidFile)) await Bun.sleep(5);
      const pid = Number(await Bun.file(pidFile).text());
      controller.abort(reason);
      expect(await outcome).toBe(reason);
      await room[Symbol.asyncDispose]();
      while (isAlive(pid)) await Bun.sleep(5);
      expect([room.directory, room.memoryDirectory].filter(existsSync)).toEqual([]);
      await expect(room.run(["true"], { timeoutMs: 1000 })).rejects.toBe(reason);
    },
    TIMEOUT_MS,
  );
});

describe("runBenchmark()", () => {
  test(
    "measures every case on small sizes, and none of them fails",
    async () => {
      using directory = new TemporaryDirectory();
      const labels: string[] = [];
      const results = await runBenchmark({
        sizes: TINY,
        rounds: 1,
        onProgress: ({ label }) => labels.push(label),
      });
      expect(results.cases.filter(({ failed }) => failed !== undefined)).toEqual([]);
      for (const { id, samples, skipped } of results.cases) {
        expect([id, samples.length]).toEqual([id, skipped === undefined ? 1 : 0]);
      }
      expect(results.cases.filter(({ skipped }) => skipped).length).toBeLessThan(20);
      expect(results.parameters).toMatchObject({ mode: "custom", rounds: 1, only: [] });
      expect(results.warnings.join()).toContain("Only 1 round:");
      expect(labels.length).toBeGreaterThan(50);
      writeResults(directory.path, results);
      expect(readResults(`${directory.path}/results.json`)).toEqual(results);
    },
    TIMEOUT_MS,
  );

  test.each([0, 1, 2])(
    "tells what complete rounds have found when it is interrupted in round %d",
    async (round) => {
      const [interruption, reason] = [new AbortController(), new Error("enough")];
      const outcome = await runBenchmark({
        only: ["physics-accessor"],
        sizes: TINY,
        rounds: 3,
        signal: interruption.signal,
        onProgress: ({ label }) => {
          if (label.startsWith(`round ${round + 1} `)) interruption.abort(reason);
        },
      }).catch((error: unknown) => error);
      if (round === 0) expect(outcome).toBe(reason);
      else {
        const { parameters, cases, claims } = outcome as BenchResults;
        expect(parameters.rounds).toBe(round);
        expect(cases.map(({ samples }) => samples.length)).toEqual(cases.map(() => round));
        expect(claims.map(({ ratio }) => ratio)).not.toContain(null);
      }
    },
    TIMEOUT_MS,
  );

  test(
    "says what there was no time for",
    async () => {
      const { parameters, warnings, cases, claims } = await runBenchmark({
        only: ["physics-accessor"],
        sizes: TINY,
        rounds: 50,
        budgetMs: 1,
      });
      expect(parameters.rounds).toBe(1);
      expect(warnings.join()).toContain("of 50 that were asked for");
      for (const { samples, skipped } of cases) {
        expect([samples.length, skipped]).toEqual([0, "there was no time for it within 0 s"]);
      }
      expect(claims.map(({ verdict }) => verdict)).toEqual(["skipped"]);
    },
    TIMEOUT_MS,
  );

  test.each([0, 1.5, Number.NaN])("refuses %p rounds", async (rounds) => {
    const run = runBenchmark({ rounds, sizes: SIZES.quick });
    await expect(run).rejects.toThrow(RangeError);
  });
});
