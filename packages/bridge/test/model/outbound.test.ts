/** Sending under any order of events: whatever is cut, killed or forgotten, the stream has each record once, and each lane's in order. */
import { describe, expect, test } from "bun:test";
import { loadSource } from "../../../ipc/test/model/checker/source.ts";
import * as source from "../../src/out/outbound.ts";
import { type Fault, type OutboundSource, runOutbound } from "./outbound-model.ts";
import { SEEDED } from "./outbound-mutants.ts";

/** How many runs of each kind; `ISTHMUS_WHOLE_MODELS=1`: a thousand. */
const RUNS = process.env["ISTHMUS_WHOLE_MODELS"] === "1" ? 1000 : 12;
/** In so many runs a bug shows. */
const BUG_RUNS = 200;
const STEPS = 400;

const PLANS: Readonly<Record<string, readonly Fault[]>> = {
  "nothing goes wrong": [],
  "others send, too": ["others"],
  "links are cut": ["cut"],
  "bridges are killed": ["cut", "kill"],
  "two run by mistake": ["cut", "twin"],
  "the server forgets its end": ["cut", "kill", "tear"],
};

/** The first thing that goes wrong in some runs. */
async function firstWrong(
  from: OutboundSource,
  plan: string,
  runs: number,
): Promise<string | undefined> {
  const faults = PLANS[plan] as readonly Fault[];
  for (let seed = 1; seed <= runs; seed++) {
    const wrong = await runOutbound(from, { seed, steps: STEPS, faults });
    if (wrong !== undefined) return `seed ${seed}: ${wrong}`;
  }
  return undefined;
}

describe("what is sent arrives once and in order, when", () => {
  for (const plan of Object.keys(PLANS)) {
    test(plan, async () => {
      expect(await firstWrong(source, plan, RUNS)).toBeUndefined();
    });
  }
});

describe("it would go wrong by", () => {
  for (const [name, { mistake, plan }] of Object.entries(SEEDED)) {
    test(name, async () => {
      const mutant = await loadSource<OutboundSource>("../../bridge/src/out/outbound.ts", {
        mistakes: [mistake],
      });
      const wrong = await firstWrong(mutant, plan, BUG_RUNS);
      if (process.env["ISTHMUS_MODEL_VERDICTS"]) process.stdout.write(`${name}: ${wrong}\n`);
      expect(wrong).toBeString();
    });
  }
});
