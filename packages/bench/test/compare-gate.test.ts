import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { CLAIMS } from "../src/claims/claims.ts";
import { compareResults } from "../src/compare/compare-results.ts";
import { BOUNDS } from "../src/gate/bounds.ts";
import { judgeGate } from "../src/gate/judge-gate.ts";
import { writeResults } from "../src/report/write-results.ts";
import { caseOf, claimOf, resultsOf } from "./support/results.ts";

const RATE = { unit: "records_per_second", better: "higher" } as const;

describe("compareResults()", () => {
  const before = resultsOf({
    cases: [
      caseOf("a.time", [100, 101, 102, 103, 104]),
      caseOf("a.rate", [100, 101, 102, 103, 104], RATE),
      caseOf("a.noisy", [50, 100, 200, 80, 120]),
      caseOf("a.gone", [1, 1, 1]),
    ],
  });

  test("tells faster from slower, whichever way the figures point, and noise from both", () => {
    const after = resultsOf({
      cases: [
        caseOf("a.time", [50, 51, 52, 50, 51]),
        caseOf("a.rate", [50, 51, 52, 50, 51], RATE),
        caseOf("a.noisy", [90, 60, 190, 110, 95]),
        caseOf("a.new", [1, 1, 1]),
      ],
    });
    const { changes, not_comparable: others, warnings } = compareResults(before, after);
    expect(changes.map(({ id, verdict }) => [id, verdict])).toEqual([
      ["a.time", "faster"],
      ["a.rate", "slower"],
      ["a.noisy", "unclear"],
    ]);
    expect(changes[0]?.factor).toBeCloseTo(2);
    expect(changes[0]?.certainty).toBe(1);
    expect(changes[2]?.certainty).toBeLessThan(0.99);
    expect(others).toEqual(["a.new", "a.gone"]);
    expect(warnings).toEqual([]);
  });

  test("a sure change that is too small for a word is unclear", () => {
    const after = resultsOf({ cases: [caseOf("a.time", [100, 100, 100, 100, 100])] });
    expect(compareResults(before, after).changes[0]?.verdict).toBe("unclear");
  });

  test("warns of another machine and too few rounds, and refuses other sizes", () => {
    const { parameters, machine } = before;
    const after = resultsOf({
      cases: [caseOf("a.time", [10])],
      machine: { ...machine, cpu: "another" },
      parameters: { ...parameters, rounds: 1 },
    });
    const { changes, warnings } = compareResults(before, after);
    expect(changes[0]?.verdict).toBe("unclear");
    expect(warnings).toEqual([
      expect.stringContaining("cpu is another"),
      expect.stringContaining("only 1 rounds"),
    ]);
    const other = resultsOf({ ...after, parameters: { ...parameters, sizes: { fileBytes: 1 } } });
    expect(compareResults(before, other).changes).toEqual([]);
    expect(compareResults(before, other).not_comparable).toContain("a.time");
  });
});

describe("the gate", () => {
  const passing = BOUNDS.map(({ claim, atLeast }) => claimOf(claim, atLeast * 2));

  test("has bounds for claims that exist", () => {
    for (const { claim: id, atLeast } of BOUNDS) {
      const claim = CLAIMS.find((each) => each.id === id);
      expect([id, claim?.id]).toEqual([id, id]);
      expect(atLeast).toBeGreaterThan(0);
    }
  });

  test("passes ratios above their bounds, and one whose interval reaches its bound", () => {
    const [first, ...rest] = passing;
    const nearly = { ...claimOf(first?.id ?? "", (BOUNDS[0]?.atLeast ?? 0) * 0.95) };
    const rows = judgeGate(resultsOf({ claims: [nearly, ...rest] }), BOUNDS);
    expect(rows.filter(({ isPassed }) => !isPassed)).toEqual([]);
  });

  test("fails a ratio that is clearly below, and one that was not measured", () => {
    const [first, second, ...rest] = passing;
    const broken = claimOf(first?.id ?? "", (BOUNDS[0]?.atLeast ?? 0) / 2);
    const rows = judgeGate(resultsOf({ claims: [broken, ...rest] }), BOUNDS);
    const failed = rows.filter(({ isPassed }) => !isPassed).map(({ claim }) => claim);
    expect(failed).toEqual([broken.id, second?.id ?? ""]);
  });

  test.each([
    ["as it should be", 2, 0],
    ["broken", 0.4, 1],
  ])("as a command, with ratios %s", (_name, factor, expected) => {
    using directory = new TemporaryDirectory();
    const claims = BOUNDS.map(({ claim, atLeast }) => claimOf(claim, atLeast * factor));
    writeResults(directory.path, resultsOf({ claims }));
    const { exitCode, stdout } = Bun.spawnSync([
      process.execPath,
      join(import.meta.dir, "../src/gate/gate-main.ts"),
      join(directory.path, "results.json"),
    ]);
    expect(stdout.toString().split("\n").length).toBe(BOUNDS.length + 1);
    expect(stdout.toString().includes("BROKEN")).toBe(expected === 1);
    expect(exitCode).toBe(expected);
  });
});
