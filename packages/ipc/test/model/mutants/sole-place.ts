/** Seeded bugs of places that only one has. */
import type { Seeded } from "../checker/seeded.ts";
import type { Mistake } from "../checker/source.ts";

const inPlace = (from: string, to: string): Mistake[] => [{ file: "flow/sole-place.ts", from, to }];

const TAKE = "    const owner = words.compareExchange(base + word, 0, own);\n";
const REAP = "    else laned.reapSlot(owner - 1);\n";

export const BUGS: Seeded = {
  "taking the place that was free a moment ago": inPlace(
    TAKE,
    "    const owner = words.load(base + word);\n    if (owner === 0) words.store(base + word, own);\n",
  ),
  "not asking whether its owner lives": [
    ...inPlace("participants.isAlive(owner - 1) || attempt", "attempt"),
    ...inPlace(REAP, "    else words.compareExchange(base + word, owner, 0);\n"),
  ],
  "freeing it for the dead while somebody new may take the slot": inPlace(
    REAP,
    `    else {
      laned.reapDead();
      if (!participants.isAlive(owner - 1)) words.compareExchange(base + word, owner, 0);
    }\n`,
  ),
};
