/** Wait cells, `wait/wait-cell.ts`: no wake-up is lost, wherever waiters and posters meet. */
import { describe, expect, test } from "bun:test";
import * as source from "../../src/wait/wait-cell.ts";
import { expectCaught, expectSound } from "./checker/expectations.ts";
import type { Bounds } from "./checker/model.ts";
import { testSeeded } from "./checker/seeded.ts";
import { type CellSource, type ProgramName, waitCell } from "./models/wait-cell.ts";
import { BUGS } from "./mutants/wait-cell.ts";

const CASTS: readonly (readonly ProgramName[])[] = [
  ["sleeper", "stranger", "poster"],
  ["looper", "stranger", "poster"],
  ["loopers", "stranger", "poster"],
  ["sleeper", "looper", "poster"],
  ["sleeper", "sleeper", "poster"],
  ["sleeper", "poster", "poster"],
  ["bellSleeper", "stranger", "poster"],
  ["bellSleeper", "looper", "poster"],
  ["bellSleeper", "poster", "poster"],
  ["sleeper", "stranger", "fencedPoster"],
  ["looper", "poster", "fencedPoster"],
  ["sleeper", "looper", "unlocker"],
];
const PAIRS: readonly (readonly ProgramName[])[] = [
  ["sleeper", "poster"],
  ["bellSleeper", "poster"],
  ["looper", "poster"],
  ["loopers", "poster"],
];

describe("a wait cell", () => {
  for (const cast of CASTS) {
    test(`of ${cast.join(", ")} loses no wake-up, also when a waiter dies`, () => {
      expectSound(waitCell(source, cast), { crashes: 2 }, 1e3);
    });
    test(`of ${cast.join(", ")} loses none on x86 and ARM64`, () => {
      expectSound(waitCell(source, cast), { order: "tso" }, 1e3);
      expectSound(waitCell(source, cast), { order: "weak" }, 1e4);
    });
  }

  test("loses those of who wakes before the change, or changes with a plain store", () => {
    const attempts = (name: ProgramName, bounds: Bounds) =>
      PAIRS.map((cast) => [waitCell(source, [cast[0] ?? "sleeper", name]), bounds] as const);
    expect(expectCaught(attempts("hastyPoster", {})).verdict).toContain("is not woken");
    for (const order of ["tso", "weak"] as const) {
      expectCaught(attempts("plainPoster", { order }));
    }
    expectCaught(attempts("unfencedPoster", { order: "weak" }));
  });

  test("loses one of who, rung in vain, does not announce itself again", () => {
    const model = waitCell(source, ["lazyLooper", "stranger", "poster"]);
    expect(expectCaught([[model, {}]]).verdict).toBe("lazyLooper is not woken");
  });

  test("loses one when a waker dies between disarming and waking: the reason for safety looks", () => {
    const model = waitCell(source, ["sleeper", "stranger", "poster"], ["stranger"]);
    const { verdict, trace } = expectCaught([[model, { crashes: 1 }]]);
    expect(verdict).toBe("sleeper is not woken");
    expect(trace).toContain("stranger  dies");
  });

  testSeeded<CellSource>(BUGS, "wait/wait-cell.ts", (mutant) => [
    ...[...PAIRS, ...CASTS].map((cast) => [waitCell(mutant, cast), {}] as const),
    [waitCell(mutant, ["sleeper", "unlocker"]), { order: "tso" }],
  ]);
});
