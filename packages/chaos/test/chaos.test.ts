/** Harm that participants do on request, and that the judges must find. */
import { describe, expect, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Fault } from "../src/judges/findings.ts";
import type { NemesisOrder } from "../src/roster.ts";
import { runChaos, type Verdict } from "../src/run-chaos.ts";
import type { ScenarioName } from "../src/scenarios/names.ts";

const NONE = { lost: 0, torn: 0, duplicated: 0, stuck: 0, leaked: 0 };
/** How long a participant that hangs may do so; one that does not is seldom idle for a hundredth of it. */
const SHORT_PATIENCE_MS = 8000;

interface ScenarioOrder extends NemesisOrder {
  readonly scenario: ScenarioName;
}

/** Runs until one participant has done its harm, and does no other. */
async function runWith(
  order: ScenarioOrder,
  patienceMs = 60_000,
  isKept = false,
): Promise<Verdict> {
  return await runChaos({
    seed: 1,
    durationMs: 0,
    patienceMs,
    scenarios: [order.scenario],
    order,
    isKept,
    signal: new AbortController().signal,
    onSkip: () => {},
    onProgress: () => {},
  });
}

describe("chaos", () => {
  const harms: readonly (readonly [ScenarioOrder, Fault])[] = [
    [{ scenario: "orders", role: "producer", harm: "skip" }, "lost"],
    [{ scenario: "blobs", role: "producer", harm: "tear" }, "torn"],
    [{ scenario: "orders", role: "producer", harm: "repeat" }, "duplicated"],
    [{ scenario: "lock", role: "holder", harm: "tear" }, "torn"],
    [{ scenario: "record", role: "writer", harm: "tear" }, "torn"],
    [{ scenario: "topic", role: "publisher", harm: "skip" }, "lost"],
    [{ scenario: "topic", role: "publisher", harm: "repeat" }, "duplicated"],
    [{ scenario: "topic", role: "publisher", harm: "tear" }, "torn"],
    [{ scenario: "service", role: "responder", harm: "tear" }, "torn"],
    [{ scenario: "service", role: "requester", harm: "repeat" }, "duplicated"],
    [{ scenario: "jobs", role: "producer", harm: "swap" }, "torn"],
    [{ scenario: "jobs", role: "worker", harm: "cling" }, "torn"],
    [{ scenario: "leases", role: "worker", harm: "skip" }, "lost"],
    [{ scenario: "permits", role: "holder", harm: "litter" }, "leaked"],
    [{ scenario: "permits", role: "holder", harm: "retain" }, "leaked"],
  ];
  for (const [order, fault] of harms) {
    const { scenario, role, harm } = order;
    test(`finds that a ${role} of ${scenario} does this: ${harm}`, async () => {
      const { faults, findings } = await runWith(order);
      expect(faults[fault]).toBeGreaterThan(0);
      expect({ ...faults, [fault]: 0 }, JSON.stringify(findings, undefined, 1)).toEqual(NONE);
    });
  }

  test("finds who hangs, says who it is and what it did last, and ends all the same", async () => {
    const order = { scenario: "orders", role: "producer", harm: "hang" } as const;
    const { findings, evidencePath = "" } = await runWith(order, SHORT_PATIENCE_MS, true);
    const log = readFileSync(join(evidencePath, "nemesis.log"), "utf8");
    rmSync(evidencePath, { recursive: true });
    expect(log).toMatch(/ start as process \d+, in epoch 0, orders\/producer 0\n/);
    expect(log).toMatch(
      / stuck: orders\/producer 0 .+\n.+ kill, at ticket \d+, orders\/producer 0\n/,
    );
    const found = findings.find(({ detail }) => detail.startsWith("orders/producer 0"));
    expect(found).toMatchObject({ fault: "stuck", label: "orders/producer 0" });
    expect(found?.tail.at(-1)).toContain("harmed");
  });
});
