/** Waiting between processes: no wake-up is lost, and who waits costs nothing. */
import { describe, expect, test } from "bun:test";
import { timeoutWakesMax } from "@isthmus/testing/patience";
import { wine } from "@isthmus/testing/requirement";
import { NamedEvent } from "../../src/index.ts";
import { Home } from "../sync/support/home.ts";
import { Participant, participants } from "../sync/support/participant.ts";

/** Wine makes of one system call many. */
const ROUNDS = wine === undefined ? 20_000 : 2000;
const IDLE_MS = 2000;
/**
 * Spinning would use all of the time, polling would sleep thousands of times. On a busy machine the few looks of
 * an idle waiter take up to a tenth of the time (seen), so the bounds are far from both.
 */
const IDLE_CPU_MS_MAX = IDLE_MS / 2;
const IDLE_SLEEPS_MAX = 500;

/** What waiting cost a process. */
interface Cost {
  readonly cpuMs: number;
  readonly sleeps: number;
}

describe("two processes that wake each other in turn", () => {
  for (const [left, right] of [
    ["sync", "sync"],
    ["async", "async"],
    ["sync", "async"],
  ] as const) {
    test(`${left} and ${right}: lose no wake-up`, async () => {
      using home = new Home();
      await using stack = new AsyncDisposableStack();
      const [first, second] = participants(stack, 2) as [Participant, Participant];
      for (const participant of [first, second]) {
        for (const name of ["a", "b"]) await participant.call("event", "createOrOpen", name);
      }
      await Promise.all([
        first.call("rally", { mine: "a", theirs: "b", isServing: true }, ROUNDS, left),
        second.call("rally", { mine: "b", theirs: "a", isServing: false }, ROUNDS, right),
      ]);
      for (const name of ["a", "b"]) {
        expect(home.cell(name).timeoutWakes).toBeLessThanOrEqual(timeoutWakesMax(ROUNDS));
      }
    });
  }
});

describe("a process that waits in vain", () => {
  for (const how of ["sync", "async"] as const) {
    test(`${how}: neither spins nor polls`, async () => {
      using _home = new Home();
      await using participant = new Participant();
      await participant.call("event", "createNew", "e");
      const cost = await participant.call<Cost>("idle", "e", IDLE_MS, how);
      expect(cost.cpuMs).toBeLessThan(IDLE_CPU_MS_MAX);
      expect(cost.sleeps).toBeLessThan(IDLE_SLEEPS_MAX);
    });
  }
});

describe("many tasks of several processes", () => {
  test("are all released by one setting, and again", async () => {
    using home = new Home();
    using event = NamedEvent.createNew("e", { reset: "manual" });
    await using stack = new AsyncDisposableStack();
    const all = participants(stack, 2);
    for (const participant of all) await participant.call("event", "openExisting", "e");
    for (let round = 0; round < 20; round++) {
      const waits = all.flatMap((participant) =>
        Array.from({ length: 10 }, () => participant.call("waitAsync", "e")),
      );
      // Answered only once the waits before it are under way.
      await Promise.all(all.map((participant) => participant.call("isSet", "e")));
      event.set();
      event.reset();
      await Promise.all(waits);
    }
    expect(home.cell("e").timeoutWakes).toBeLessThanOrEqual(timeoutWakesMax(20 * 20));
  });
});
