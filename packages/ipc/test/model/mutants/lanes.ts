/** Seeded bugs of lanes. */
import type { Seeded } from "../checker/seeded.ts";
import type { Mistake } from "../checker/source.ts";

const bugIn =
  (file: string) =>
  (from: string, to: string): Mistake[] => [{ file, from, to }];

const inSegment = bugIn("flow/laned-segment.ts");
const inClaim = bugIn("flow/lane-claim.ts");

const ALLOCATE = "      this.segment.allocate(SECTION.lanes, lane * laneBytes, laneBytes);\n";
const READY = "      this.words.store(this.laneWord(lane) + this.#table.isReady, 1);\n";
const COUNT = "    this.words.add(this.readyWord, 1);\n";

export const BUGS: Seeded = {
  "taking a lane that was free a moment ago": inSegment(
    "    return this.words.compareExchange(owner, 0, this.segment.slot + 1) === 0;\n",
    `    if (this.words.load(owner) !== 0) return false;
    this.words.store(owner, this.segment.slot + 1);
    return true;\n`,
  ),
  "freeing the lanes of all": inSegment(
    "      words.compareExchange(entryWord(table, base, lane) + table.owner, slot + 1, 0);\n",
    "      words.store(entryWord(table, base, lane) + table.owner, 0);\n",
  ),
  "a lane being ready before it has memory": inSegment(ALLOCATE + READY, READY + ALLOCATE),
  "counting a lane before it is ready": [
    ...inSegment(COUNT, ""),
    ...inSegment(READY, `  ${COUNT}${READY}`),
  ],
  "counting a lane only when it has become ready": [
    ...inSegment(COUNT, ""),
    ...inSegment(READY, `${READY}  ${COUNT}`),
  ],
  "not counting a lane that has become ready": inSegment(COUNT, ""),
  "leaving without freeing the lane": inSegment(
    "    this.#free(this.segment.memory, this.segment.slot);\n",
    "",
  ),
  "keeping a lane for which there is no memory": inClaim("        segment.disownLane(lane);\n", ""),
};
