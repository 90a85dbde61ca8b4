/** A short run of chaos with all that there is, harm that must be found, and Ctrl-C in the middle. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import type { SabotageOrder } from "../../src/chaos/casting.ts";
import type { Fault } from "../../src/chaos/finding.ts";
import { runChaos, type Verdict } from "../../src/chaos/run-chaos.ts";
import { STAGES } from "../../src/chaos/stages.ts";
import { createPlaces } from "../support/places.ts";
import { interruptProgram, MAIN, runCli } from "../support/run-cli.ts";

setDefaultTimeout(300_000);

const RUN_SECONDS = 5;
const NONE = { lost: 0, torn: 0, duplicated: 0, stuck: 0, leaked: 0 };
/** How long somebody who hangs may do so; whoever does not is seldom idle for a hundredth of it. */
const SHORT_PATIENCE_MS = 8000;

/** Runs with harm on purpose and no other, until it has been done. */
async function runWith(sabotage: SabotageOrder, patienceMs = 60_000): Promise<Verdict> {
  return await runChaos({
    seed: 1,
    durationMs: 0,
    patienceMs,
    stages: STAGES.filter(({ name }) => name === sabotage.stage),
    sabotage,
    isKept: false,
    signal: new AbortController().signal,
    onSkip: () => {},
    onProgress: () => {},
  });
}

describe("chaos", () => {
  test("kills, stops, fills and deletes, and nothing is lost; the last line says so", async () => {
    using directory = new TemporaryDirectory();
    const places = createPlaces(directory);
    const args = ["chaos", "--seconds", String(RUN_SECONDS), "--seed", "5", "--json"];
    const { stdout, stderr, exitCode } = await runCli(args, { env: places.env });
    const record = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
    expect(stderr).toContain("--seed 5");
    expect(record, stderr).toMatchObject({ seed: 5, ...NONE });
    expect(Object.keys(record)).toEqual(["seed", "kills", ...Object.keys(NONE), "recovery_ms_p99"]);
    expect(record["kills"]).toBeGreaterThan(0);
    expect(exitCode).toBe(0);
    expect(places.leftOver()).toEqual([]);
  });

  const harms: readonly (readonly [SabotageOrder, Fault])[] = [
    [{ stage: "orders", role: "producer", sabotage: "skip" }, "lost"],
    [{ stage: "blobs", role: "producer", sabotage: "tear" }, "torn"],
    [{ stage: "orders", role: "producer", sabotage: "repeat" }, "duplicated"],
    [{ stage: "lock", role: "holder", sabotage: "tear" }, "torn"],
    [{ stage: "record", role: "writer", sabotage: "tear" }, "torn"],
    [{ stage: "topic", role: "publisher", sabotage: "skip" }, "lost"],
    [{ stage: "topic", role: "publisher", sabotage: "repeat" }, "duplicated"],
    [{ stage: "topic", role: "publisher", sabotage: "tear" }, "torn"],
    [{ stage: "service", role: "responder", sabotage: "tear" }, "torn"],
    [{ stage: "service", role: "requester", sabotage: "repeat" }, "duplicated"],
    [{ stage: "units", role: "holder", sabotage: "litter" }, "leaked"],
    [{ stage: "units", role: "holder", sabotage: "retain" }, "leaked"],
  ];
  for (const [order, fault] of harms) {
    const { stage, role, sabotage } = order;
    test(`finds that a ${role} of ${stage} does this: ${sabotage}`, async () => {
      const { faults, charges } = await runWith(order);
      expect(faults[fault]).toBeGreaterThan(0);
      expect({ ...faults, [fault]: 0 }, JSON.stringify(charges, undefined, 1)).toEqual(NONE);
    });
  }

  test("finds who hangs, says who it is and what it did last, and ends all the same", async () => {
    const order = { stage: "orders", role: "producer", sabotage: "hang" } as const;
    const { charges } = await runWith(order, SHORT_PATIENCE_MS);
    const found = charges.find(({ detail }) => detail.startsWith("orders/producer 0"));
    expect(found).toMatchObject({ fault: "stuck", label: "orders/producer 0" });
    expect(found?.tail.at(-1)).toContain("harmed");
  });

  test("Ctrl-C ends it with 130 and leaves nothing behind", async () => {
    using directory = new TemporaryDirectory();
    const places = createPlaces(directory);
    const command = [process.execPath, MAIN, "chaos", "--seconds", "600"];
    const { stderr, exitCode } = await interruptProgram(command, /[1-9]\d* kill/, places);
    expect(exitCode).toBe(130);
    expect(stderr).toContain("interrupted");
    expect(places.leftOver()).toEqual([]);
  });

  test("refuses what it does not know", async () => {
    for (const args of [
      ["--only", "nothing"],
      ["--seconds", "0"],
      ["--seed", "x"],
    ]) {
      const { exitCode, stderr } = await runCli(["chaos", ...args]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain("isthmus");
    }
  });
});
