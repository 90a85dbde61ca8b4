/**
 * Damaged files of every kind, and everybody who opens, reads, lists or removes them: a correct answer or a documented
 * error, never a crash, a hang, or bytes from elsewhere. Each file is examined in a process of its own kind, which may
 * die of it; fast-check makes the damage, shrinks it, and prints it with its seed.
 */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { PATIENCE_MS, runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import { damages } from "./support/damage.ts";
import { SITUATIONS } from "./support/examination.ts";
import { Examiner } from "./support/examiner.ts";
import { SPECIES } from "./support/species.ts";

setDefaultTimeout(PATIENCE_MS);

/** Files of each kind in each situation. */
const FILES = 6;

const home = new Home();
const examiner = new Examiner();

afterAll(async () => {
  await examiner[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

describe.each(SPECIES.map(({ name }) => name))("the file of a %s", (name) => {
  test.each([...SITUATIONS])(
    "%s, is a file like any other when it is not damaged",
    async (situation) => {
      const tally = await examiner.judge(name, situation, []);
      const own = Object.keys(tally).filter((outcome) => !outcome.startsWith("as "));
      expect(own.filter((outcome) => outcome.includes(" ERR_"))).toEqual([]);
      expect(own.filter((outcome) => outcome.endsWith(" value")).length).toBeGreaterThan(5);
      for (const outcome of Object.keys(tally).filter((one) => one.startsWith("as "))) {
        expect(outcome).toMatch(/ (ERR_CORRUPT_SEGMENT|ENOENT|value)$/);
      }
    },
  );

  test.each([...SITUATIONS])("%s, is refused or read when it is damaged", async (situation) => {
    const examined = fc.asyncProperty(damages, async (changes) => {
      await examiner.judge(name, situation, changes);
    });
    await fc.assert(examined, runs(FILES));
  });
});
