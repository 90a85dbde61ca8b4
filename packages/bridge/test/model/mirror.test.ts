/** Mirrors under any order of events: whatever is cut, killed or forgotten, all machines and the bucket end with the same. */
import { describe, expect, test } from "bun:test";
import { loadSource } from "../../../ipc/test/model/checker/source.ts";
import * as source from "../../src/kv/mirror.ts";
import { type MirrorRun, type MirrorSource, runMirrors } from "./mirror-model.ts";
import { SEEDED } from "./mirror-mutants.ts";

/** How many runs of each kind; `ISTHMUS_WHOLE_MODELS=1`: thousands. */
const RUNS = process.env["ISTHMUS_WHOLE_MODELS"] === "1" ? 3000 : 12;

type Plan = Omit<MirrorRun, "seed" | "machines" | "keys" | "steps">;

const SOLE: Plan = { isSole: true, faults: [] };
const FREE: Plan = { isSole: false, faults: [] };

/** One writer for each key: what it has set last is what there is, and nothing is a conflict. */
const KEPT: Readonly<Record<string, Plan>> = {
  "nothing goes wrong": SOLE,
  "links are cut": { ...SOLE, faults: ["cut"] },
  "mirrors are killed": { ...SOLE, faults: ["cut", "kill"] },
  "the bucket is removed": { ...SOLE, faults: ["cut", "remake"] },
};

/** All write everything: they end with the same. */
const SAME: Readonly<Record<string, Plan>> = {
  "nothing goes wrong": FREE,
  "links are cut and mirrors killed": { ...FREE, faults: ["cut", "kill"] },
  "the server forgets": { ...FREE, faults: ["cut", "tear"] },
  "ours replaces theirs": { ...FREE, faults: ["cut"], rule: "ours" },
  "both are merged": {
    ...FREE,
    faults: ["cut"],
    rule: (ours, theirs) => `${[ours, theirs].sort()}`,
  },
};

async function runOnce(plan: Plan, seed: number, from: MirrorSource): Promise<string | undefined> {
  return await runMirrors(from, { ...plan, seed, machines: 2 + (seed % 2), keys: 3, steps: 300 });
}

/** The first thing that goes wrong in some runs. */
async function firstWrong(plan: Plan): Promise<string | undefined> {
  for (let seed = 1; seed <= RUNS; seed++) {
    const wrong = await runOnce(plan, seed, source);
    if (wrong !== undefined) return `seed ${seed}: ${wrong}`;
  }
  return undefined;
}

describe("what one machine alone sets is everywhere, when", () => {
  for (const [name, plan] of Object.entries(KEPT)) {
    test(name, async () => {
      expect(await firstWrong(plan)).toBeUndefined();
    });
  }
});

describe("what all machines set is the same everywhere, when", () => {
  for (const [name, plan] of Object.entries(SAME)) {
    test(name, async () => {
      expect(await firstWrong(plan)).toBeUndefined();
    });
  }
});

describe("it would go wrong by", () => {
  for (const [name, bug] of Object.entries(SEEDED)) {
    test(name, async () => {
      const plan = KEPT[bug.plan] as Plan;
      expect(await runOnce(plan, bug.seed, source)).toBeUndefined();
      const mutant = await loadSource<MirrorSource>("../../bridge/src/kv/mirror.ts", {
        mistakes: [bug],
      });
      expect(await runOnce(plan, bug.seed, mutant)).toBeString();
    });
  }
});
