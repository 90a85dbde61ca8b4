/** The group commit, `journal/group-commit.ts`: whoever dies where, who is told that its record is on the disk was told the truth. */
import { describe, test } from "bun:test";
import { expectSound } from "../../../ipc/test/model/checker/expectations.ts";
import { testSeeded } from "../../../ipc/test/model/checker/seeded.ts";
import * as source from "../../src/journal/group-commit.ts";
import { type GroupSource, groupModel } from "./group-commit-model.ts";
import { BUGS } from "./group-commit-mutants.ts";

const ENTRY = "../../store/src/journal/group-commit.ts";

describe("group commit", () => {
  test("of two, in any order", () => {
    expectSound(groupModel(source, { writers: 2 }), {}, 100);
  });
  test("of three", () => {
    expectSound(groupModel(source, { writers: 3 }), { preemptions: 2 }, 100);
  });
  test("when somebody dies", () => {
    expectSound(groupModel(source, { writers: 2 }), { crashes: 1 }, 100);
    expectSound(groupModel(source, { writers: 3 }), { crashes: 1, preemptions: 1 }, 100);
  });
  test("when the disk fails", () => {
    for (const failsAfter of [0, 1]) {
      expectSound(groupModel(source, { writers: 2, failsAfter }), { crashes: 1 }, 100);
      expectSound(groupModel(source, { writers: 3, failsAfter }), { preemptions: 2 }, 100);
    }
  });

  testSeeded<GroupSource>(BUGS, ENTRY, (mutant) => [
    [groupModel(mutant, { writers: 2 }), {}],
    [groupModel(mutant, { writers: 2, failsAfter: 0 }), {}],
    [groupModel(mutant, { writers: 3 }), { preemptions: 2 }],
  ]);
});
