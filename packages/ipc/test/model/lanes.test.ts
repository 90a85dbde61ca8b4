/** Lanes, `flow/laned-segment.ts` and `lane-claim.ts`: each has one owner, and records in it are found. */
import { describe, test } from "bun:test";
import { expectSound } from "./checker/expectations.ts";
import type { Bounds } from "./checker/model.ts";
import { testSeeded } from "./checker/seeded.ts";
import {
  LANES_ENTRY,
  LANES_STAND_INS,
  type LanesBounds,
  type LanesSource,
  lanes,
  loadLanes,
} from "./models/lanes.ts";
import { BUGS } from "./mutants/lanes.ts";

const source = await loadLanes();

/** More places than lanes, as many, and fewer places than producers; no memory for one of the lanes. */
const TAKEN: readonly LanesBounds[] = [
  { slots: 2, lanes: 1, producers: ["stays", "leaves"] },
  { slots: 2, lanes: 2, producers: ["stays", "leaves"] },
  { slots: 1, lanes: 1, producers: ["stays", "leaves"] },
  { slots: 2, lanes: 2, producers: ["stays", "leaves"], full: [0] },
];
const CONSUMED: LanesBounds = {
  slots: 1,
  lanes: 1,
  producers: ["leaves", "leaves"],
  isConsumed: true,
};

describe("lanes", () => {
  for (const bounds of TAKEN) {
    const { slots, lanes: count, full = [] } = bounds;
    test(`${count} of ${slots} participants, ${full.length} without memory, have one owner each, whoever dies`, () => {
      expectSound(lanes(source, bounds), { crashes: 1 }, 1e4);
    });
  }

  test("are found by a consumer when they have become ready", () => {
    expectSound(lanes(source, CONSUMED), {}, 1e6);
  });

  // The first version did not count a lane again that was ready: this found that a maker who dies between the two leaves
  // a lane that no consumer that was there before ever looks for, whoever takes it next.
  test("are found also when their maker died before it had counted them", () => {
    expectSound(lanes(source, CONSUMED), { crashes: 1 }, 1e6);
  });

  testSeeded<LanesSource>(
    BUGS,
    LANES_ENTRY,
    (mutant) => [
      ...TAKEN.map((bounds) => [lanes(mutant, bounds), {}] as [ReturnType<typeof lanes>, Bounds]),
      [lanes(mutant, CONSUMED), {}],
      [lanes(mutant, CONSUMED), { crashes: 1 }],
    ],
    LANES_STAND_INS,
  );
});
