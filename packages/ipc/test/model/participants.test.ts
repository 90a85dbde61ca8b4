/** Participants, `segment/participants.ts`: one slot for each, everybody cleared up after, whoever dies when. */
import { describe, test } from "bun:test";
import * as source from "../../src/segment/participants.ts";
import { expectSound } from "./checker/expectations.ts";
import { testSeeded } from "./checker/seeded.ts";
import { type Doing, type ParticipantsSource, participants } from "./models/participants.ts";
import { LOGICAL, WEAK } from "./mutants/participants.ts";

const ENTRY = "segment/participants.ts";

const DOINGS: readonly Doing[] = ["joins", "joins and leaves", "reaps"];
const PAIRS: readonly (readonly Doing[])[] = DOINGS.flatMap((one, i) =>
  DOINGS.slice(i).map((other) => [one, other]),
);
const TRIPLES: readonly (readonly Doing[])[] = [
  ["joins", "joins and leaves", "reaps"],
  ["joins", "joins", "reaps"],
  ["joins and leaves", "joins and leaves", "reaps"],
];
/** Three of them without a bound take minutes: `bun run test:models`. */
const SHORT = process.env["ISTHMUS_WHOLE_MODELS"] === "1" ? {} : { preemptions: 1 };

const OBSERVED: readonly Doing[] = ["joins", "lists"];

describe("participants", () => {
  for (const cast of PAIRS) {
    test(`of whom one ${cast[0]} and one ${cast[1]}`, () => {
      for (const slots of [2, 3]) expectSound(participants(source, slots, cast), {}, 100);
    });
    test(`of whom one ${cast[0]} and one ${cast[1]} and both may die`, () => {
      expectSound(participants(source, 2, cast), { crashes: 2 }, 1e3);
    });
  }

  for (const cast of TRIPLES) {
    test(`of whom one ${cast[0]}, one ${cast[1]} and one ${cast[2]}, and one may die`, () => {
      expectSound(participants(source, 2, cast), { crashes: 1, ...SHORT }, 1e4);
    });
  }

  test("whom an observer sees, on ARM64", () => {
    expectSound(participants(source, 1, OBSERVED), { order: "weak", pendingStores: 2 }, 1e4);
  });

  testSeeded<ParticipantsSource>(LOGICAL, ENTRY, (mutant) => [
    ...PAIRS.map((cast) => [participants(mutant, 2, cast), {}] as const),
    ...PAIRS.map((cast) => [participants(mutant, 2, cast), { crashes: 1 }] as const),
  ]);
  testSeeded<ParticipantsSource>(WEAK, ENTRY, (mutant) => [
    [participants(mutant, 1, OBSERVED), { order: "weak", pendingStores: 2 }],
  ]);
});
