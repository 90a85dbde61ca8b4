/** Shared counters, `counters/`: whoever dies where, nothing is counted twice, lost, or told of the dead. */
import { describe, test } from "bun:test";
import { testIf } from "@isthmus/testing/requirement";
import { expectSound } from "../../../ipc/test/model/checker/expectations.ts";
import { testSeeded } from "../../../ipc/test/model/checker/seeded.ts";
import { type CountersBounds, type CountersSource, countersModel } from "./counters-model.ts";
import { ADDING, PLACES, WEAK } from "./counters-mutants.ts";
import * as source from "./counters-source.ts";

/** What takes minutes. */
const isWhole = process.env["ISTHMUS_WHOLE_MODELS"] === "1";
const testWhole = testIf(isWhole, "ISTHMUS_WHOLE_MODELS=1: it takes minutes");

const ENTRY = "../../store/test/model/counters-source.ts";

const A = { count: "a" } as const;
const B = { count: "b" } as const;

/** Two processes count the same new series. */
const SAME: CountersBounds = {
  name: "one series",
  processes: [[A], [A]],
  before: [B],
  isPrompt: true,
};

/** Each counts one of its own. */
const OTHERS: CountersBounds = { ...SAME, name: "two series", processes: [[A], [{ count: "c" }]] };

/** A process counts a new series, dies, and another one takes its place. */
const ALONE: CountersBounds = { ...SAME, name: "one series, one process", processes: [[A]] };

/** The same with series that are known, and a gauge. */
const REPLACED: CountersBounds = {
  name: "a place taken over",
  processes: [[A, "gauge"]],
  before: [A, "gauge"],
  isPrompt: true,
};

describe("counters", () => {
  test("in order", () => {
    expectSound(countersModel(source, SAME), { preemptions: 1 }, 100);
  });
  test("when a process dies and another one takes its place", () => {
    expectSound(countersModel(source, ALONE), { crashes: 1, preemptions: 0 }, 100);
    expectSound(countersModel(source, REPLACED), { crashes: 1, preemptions: 1 }, 100);
  });

  testSeeded<CountersSource>(ADDING, ENTRY, (mutant) => [
    [countersModel(mutant, SAME), { preemptions: 1 }],
    [countersModel(mutant, OTHERS), { preemptions: 1 }],
  ]);
  testSeeded<CountersSource>(PLACES, ENTRY, (mutant) => [
    [countersModel(mutant, REPLACED), { crashes: 1, preemptions: 1 }],
  ]);

  testWhole("in order, however often they take turns", () => {
    for (const bounds of [SAME, OTHERS]) {
      expectSound(countersModel(source, bounds), { preemptions: 2 }, 1000);
    }
  });
  testWhole("when several die", () => {
    for (const bounds of [ALONE, REPLACED]) {
      expectSound(countersModel(source, bounds), { crashes: 1, preemptions: 2 }, 1000);
      expectSound(countersModel(source, bounds), { crashes: 2, preemptions: 1 }, 1000);
    }
    expectSound(countersModel(source, SAME), { crashes: 1, preemptions: 0 }, 1000);
  });
  for (const order of ["tso", "weak"] as const) {
    testWhole(`on ${order === "tso" ? "x86" : "ARM64"}`, () => {
      for (const bounds of [ALONE, REPLACED]) {
        const late = { ...bounds, isPrompt: false };
        expectSound(countersModel(source, late), { order, crashes: 1, preemptions: 1 }, 1000);
      }
    });
  }
  if (isWhole) {
    testSeeded<CountersSource>(WEAK, ENTRY, (mutant) => [
      [countersModel(mutant, { ...ALONE, isPrompt: false }), { order: "weak", preemptions: 1 }],
    ]);
  }
});
