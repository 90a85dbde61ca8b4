import { describe, expect, test } from "bun:test";
import { CLAIMS, type ClaimSpec } from "../src/claims/claims.ts";
import { judge } from "../src/claims/judge.ts";
import type { CaseRecord } from "../src/results/bench-results.ts";
import { caseId, choices, planRun } from "../src/runner/plan.ts";
import { SUITES } from "../src/suites/suites.ts";
import { caseOf } from "./support/results.ts";

const CLAIM: ClaimSpec = {
  id: "claim",
  group: "group",
  title: "one / two",
  subject: "a.one",
  baseline: "a.two",
  target: { at_least: 2 },
  reason: "because",
};

function judged(claim: ClaimSpec, ...cases: CaseRecord[]) {
  return judge(claim, new Map(cases.map((each) => [each.id, each])), 1);
}

describe("judge()", () => {
  const two = caseOf("a.two", [100, 100, 100]);

  test.each([
    ["holds", [40, 45, 50]],
    ["fails", [60, 70, 80]],
    ["uncertain", [40, 48, 60]],
  ] as const)("%s by where the whole interval lies", (verdict, samples) => {
    const claim = judged(CLAIM, caseOf("a.one", samples), two);
    expect(claim.verdict).toBe(verdict);
    expect(claim.reason).toBe(verdict === "holds" ? undefined : "because");
  });

  test("shows what was measured with the reason, as far as it was", () => {
    const claim = judged(
      { ...CLAIM, evidence: ["a.page", "a.absent"] },
      caseOf("a.one", [60, 70, 80]),
      two,
      caseOf("a.page", [250, 250, 250], { title: "a page" }),
    );
    expect(claim.reason).toBe("because Measured here: a page: 250 ns.");
  });

  test("less time is better, and so is more per second", () => {
    const time = judged(CLAIM, caseOf("a.one", [25, 25, 25]), two);
    const rate = { unit: "records_per_second", better: "higher" } as const;
    const fast = judged(
      CLAIM,
      caseOf("a.one", [400, 400, 400], rate),
      caseOf("a.two", [100, 100, 100], rate),
    );
    expect([time.ratio?.value, fast.ratio?.value]).toEqual([4, 4]);
  });

  test("compares memory instead, where memory is the question", () => {
    const claim = judged(
      { ...CLAIM, quantity: "peak_growth_bytes" },
      caseOf("a.one", [900, 900, 900], { peak_growth_bytes: [10, 10, 10] }),
      caseOf("a.two", [1, 1, 1], { peak_growth_bytes: [50, 50, 50] }),
    );
    expect(claim.ratio?.value).toBe(5);
  });

  test("two rounds decide nothing", () => {
    const claim = judged(CLAIM, caseOf("a.one", [10, 10]), caseOf("a.two", [100, 100]));
    expect(claim.verdict).toBe("uncertain");
  });

  test("says why there is no ratio", () => {
    const skipped = caseOf("a.one", [], { skipped: "no compiler" });
    expect(judged(CLAIM, skipped, two)).toMatchObject({
      verdict: "skipped",
      ratio: null,
      reason: "no compiler",
    });
  });
});

describe("the claims table", () => {
  const cases = SUITES.flatMap((suite) => suite.cases.map((each) => caseId(suite, each)));

  test("compares cases that exist, in rows whose ids are unique", () => {
    for (const { subject, baseline } of CLAIMS) {
      expect(cases).toContain(subject);
      expect(cases).toContain(baseline);
    }
    expect(new Set(CLAIMS.map(({ id }) => id)).size).toBe(CLAIMS.length);
    expect(new Set(cases).size).toBe(cases.length);
  });

  test("what shows a reason is measured", () => {
    for (const { evidence = [] } of CLAIMS) for (const id of evidence) expect(cases).toContain(id);
  });

  test("every case has code", async () => {
    for (const suite of SUITES) {
      const { cases: code } = await suite.load();
      for (const { name } of suite.cases)
        expect([suite.id, name, typeof code[name]]).toEqual([suite.id, name, "function"]);
    }
  });
});

describe("planRun()", () => {
  test("a claim brings exactly the two cases that it compares", () => {
    const { jobs, claims } = planRun(["random-read-sync"]);
    const names = jobs.flatMap(({ suite, cases }) => cases.map((each) => caseId(suite, each)));
    expect(names).toEqual(["random.mapping", "random.readSync"]);
    expect(claims.map(({ id }) => id)).toEqual(["random-read-sync"]);
  });

  test("nothing asked for is everything", () => {
    expect(planRun([]).claims.length).toBe(CLAIMS.length);
    expect(planRun([]).jobs.flatMap(({ cases }) => cases).length).toBe(
      SUITES.flatMap(({ cases }) => cases).length,
    );
  });

  test("refuses an unknown word", () => {
    expect(() => planRun(["nonsense"])).toThrow(/"nonsense" is neither/);
    expect(choices()).toContain("latency");
  });
});
