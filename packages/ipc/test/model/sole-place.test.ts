/** The place of a consumer or responder, `flow/sole-place.ts`: one has it, whoever dies, and nobody dead keeps it. */
import { describe, test } from "bun:test";
import { expectSound } from "./checker/expectations.ts";
import { testSeeded } from "./checker/seeded.ts";
import {
  type Doing,
  loadPlace,
  PLACE_ENTRY,
  PLACE_STAND_INS,
  type PlaceSource,
  solePlace,
} from "./models/sole-place.ts";
import { BUGS } from "./mutants/sole-place.ts";

const source = await loadPlace();

const STAYING: readonly Doing[] = ["stays", "stays"];
const LEAVING: readonly Doing[] = ["stays", "leaves"];

describe("a place that only one has", () => {
  // Before it was freed with the dead owner's slot locked, who came anew into that slot could lose the place again.
  for (const cast of [STAYING, LEAVING]) {
    test(`is one's of two, of whom one ${cast[0]} and one ${cast[1]}, and one may die`, () => {
      expectSound(solePlace(source, cast), { crashes: 1 }, 1e6);
    });
  }

  testSeeded<PlaceSource>(
    BUGS,
    PLACE_ENTRY,
    (mutant) => [
      [solePlace(mutant, STAYING), {}],
      [solePlace(mutant, STAYING), { crashes: 1, preemptions: 1 }],
    ],
    PLACE_STAND_INS,
  );
});
