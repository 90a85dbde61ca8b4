/** Real processes that race for one name, thousands of times. */
import { describe, expect, test } from "bun:test";
import { wine } from "@isthmus/testing/requirement";
import { Home } from "./support/home.ts";
import { race } from "./support/race.ts";

// Generous: the processes of a test may have to share a busy machine.
/** Wine makes of one system call many. */
const SLOWNESS = wine === undefined ? 1 : 20;

const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0);

describe("MemoryMappedFile.createNew()", () => {
  for (const [processes, rounds] of [
    [2, 2000 / SLOWNESS],
    [4, 500 / SLOWNESS],
  ] as const) {
    test(`has exactly one winner among ${processes} processes, ${rounds} times`, async () => {
      using home = new Home();
      const result = await race(home, { scenario: "createNew", processes, rounds });
      expect(result.violations).toEqual([]);
      expect(total(result.wins)).toBe(rounds);
      // A race that always the same process wins is none.
      expect(result.wins.filter((wins) => wins > 0).length).toBeGreaterThan(1);
      expect(home.files()).toEqual([]);
    });
  }
});

describe("MemoryMappedFile.createOrOpen()", () => {
  for (const [processes, rounds] of [
    [2, 1000 / SLOWNESS],
    [4, 300 / SLOWNESS],
  ] as const) {
    test(`makes one memory for ${processes} processes, ${rounds} times`, async () => {
      using home = new Home();
      const result = await race(home, { scenario: "createOrOpen", processes, rounds });
      expect(result.violations).toEqual([]);
      expect(total(result.wins)).toBe(rounds);
      expect(total(result.opens)).toBe(rounds * (processes - 1));
      expect(home.files()).toEqual([]);
    });
  }
});

describe("a storm of creating, opening and leaving", () => {
  for (const [processes, rounds] of [
    [2, 4000 / SLOWNESS],
    [4, 2000 / SLOWNESS],
  ] as const) {
    test(`by ${processes} processes never robs, mixes up or leaves a name behind`, async () => {
      using home = new Home();
      const result = await race(home, { scenario: "storm", processes, rounds, seed: 7 });
      expect(result.violations).toEqual([]);
      expect(total(result.wins)).toBeGreaterThan(0);
      expect(total(result.opens)).toBeGreaterThan(0);
      expect(home.files()).toEqual([]);
    });
  }
});
