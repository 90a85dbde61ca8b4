/**
 * Somebody writes lies into a segment while others work in it: they may lose what is their own, and get documented
 * errors; they do not crash, hang, or read what is elsewhere.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { Home } from "@isthmus/testing/home";
import { Peer } from "@isthmus/testing/peer";
import { PATIENCE_MS, runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import { lies } from "./support/damage.ts";
import { Examiner } from "./support/examiner.ts";
import { SPECIES } from "./support/species.ts";

setDefaultTimeout(PATIENCE_MS);

const SEED = Number(process.env["ISTHMUS_FUZZ_SEED"] ?? Date.now() % 1e9);
const VANDAL = join(import.meta.dir, "fixtures", "vandal.ts");
/** Scripts of lies per kind, each told between two uses; and how often all is done beside lies that do not end. */
const SCRIPTS = 6;
const ROUNDS = 10;
/** Listing, observing, sampling one and sampling all. */
const OPERATIONS_MIN = 4;

/** No call may take so long that it could be taken for one that hangs: more runs are more calls. */
const PARTS = runs(1).numRuns ?? 1;

describe.each(SPECIES.map(({ name }) => name))("a %s", (name) => {
  test("goes on between lies", async () => {
    using _home = new Home();
    await using examiner = new Examiner();
    const examined = fc.asyncProperty(lies, async (changes) => {
      await examiner.judge(name, "held", changes);
    });
    await fc.assert(examined, runs(SCRIPTS));
  });
});

// Named memory has no structure that could be lied about.
const STRUCTURED = SPECIES.map(({ name }) => name).filter((name) => name !== "memory");

describe.each(STRUCTURED)("a %s", (name) => {
  /** Uses a segment again and again, among lies of this process or of others. */
  async function endure(examiner: Examiner, seedOf: (part: number) => number | undefined) {
    for (let part = 0; part < PARTS; part++) {
      const tally = await examiner.endure(ROUNDS, seedOf(part));
      const outcomes = Object.values(tally).reduce((sum, count) => sum + count, 0);
      // Each round has more operations than there are of those that only look on, whoever is kept out by lies.
      expect(outcomes).toBeGreaterThan(OPERATIONS_MIN * ROUNDS);
    }
  }

  test(`goes on while every look may be a lie (ISTHMUS_FUZZ_SEED=${SEED})`, async () => {
    using _home = new Home();
    await using examiner = new Examiner();
    await examiner.begin(name);
    await endure(examiner, (part) => SEED + part);
  });

  test(`goes on beside a vandal (ISTHMUS_FUZZ_SEED=${SEED})`, async () => {
    using _home = new Home();
    await using examiner = new Examiner();
    await examiner.begin(name);
    await using vandal = new Peer([process.execPath, VANDAL]);
    await vandal.call("damage", "n", SEED);
    await endure(examiner, () => undefined);
    // It has not died of it either.
    expect(() => process.kill(vandal.pid, 0)).not.toThrow();
  });
});
