/** The naming protocol when its actors meet in the middle of what they do, at every system call. */
import { expect } from "bun:test";
import { isWindows, testIf } from "@isthmus/testing/requirement";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";
import { SteppedSource } from "./support/stepped-source.ts";

testIf(!isWindows, "names that node:fs links and removes")(
  "names stay unique, held and clean in every meeting of two and three actors",
  async () => {
    using home = new Home();
    using source = new SteppedSource();
    const input = { root: home.path, sequences: true, nested: 4000, seed: 1, stopAtFirst: false };
    await using process = new Participant({
      fixture: "interleaver",
      input,
      environment: source.environment,
    });
    const result = await process.answer<{ meetings: number; violations: string[] }>();
    expect(result.violations).toEqual([]);
    expect(result.meetings).toBeGreaterThan(10_000);
  },
);
