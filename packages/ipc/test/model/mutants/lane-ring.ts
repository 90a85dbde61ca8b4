/** Seeded bugs of the rings of a lane. */
import type { Seeded } from "../checker/seeded.ts";
import type { Mistake } from "../checker/source.ts";

const bugIn =
  (file: string) =>
  (from: string, to: string): Mistake[] => [{ file, from, to }];

const inFixed = bugIn("ring/fixed-ring.ts");
const inByte = bugIn("ring/byte-ring.ts");
const inLane = bugIn("ring/lane-layout.ts");

const LOOK_AT_HEAD = "const head = this.#words.load(this.#base + LANE.head);";
const LOOK_AT_TAIL = "this.#words.load(this.#base + LANE.tail)";
const PLAINLY = "this.#words.get(this.#base + LANE.tail)";
const PUBLISH = "storePosition(this.#words, this.#base + LANE.tail, this.#published, tail);";
const GO_ON = "this.#tail = words.load(base + LANE.tail);";
const STORE_LOW = "  words.store(index, to);\n";
const STORE_HIGH =
  "  if ((from ^ to) < 0) words.store(index + 1, (words.load(index + 1) + 1) & HIGH_MASK);\n";

/** Bugs of the ring of slots that any order of memory shows. */
export const FIXED: Seeded = {
  "taking a slot for free that is not released": inFixed(
    "this.#headCopy = head;\n",
    "this.#headCopy = (head + 1) | 0;\n",
  ),
  "not refreshing the copy of the head": inFixed(LOOK_AT_HEAD, "const head = this.#headCopy;"),
  "publishing more than was written": inFixed(PUBLISH, PUBLISH.replace(", tail)", ", tail + 1)")),
  "giving slots back before they are read": inFixed(
    "return Math.min(this.available(), this.slotCount - this.slot);",
    `const count = Math.min(this.available(), this.slotCount - this.slot);
    this.#words.store(this.#base + LANE.head, (this.#next + count) | 0);
    return count;`,
  ),
  "a new producer going on at the head": inFixed(
    GO_ON,
    "this.#tail = words.load(base + LANE.head);",
  ),
};

/** Bugs of the ring of slots that only a CPU of weak order shows. */
export const FIXED_WEAK: Seeded = {
  "reading records before the look that found them": inFixed(LOOK_AT_TAIL, PLAINLY),
  "moving positions with a plain store": inLane(STORE_LOW, STORE_LOW.replace("store", "set")),
};

/** Bugs of the ring of bytes that any order of memory shows. */
export const BYTE: Seeded = {
  "not counting the padding": inByte("this.#hasRoom(padding + needed)", "this.#hasRoom(needed)"),
  "not marking the padding": inByte(
    "      this.#writeHeader(start, padding * UNIT_BYTES - RECORD_HEADER_BYTES, PADDING_TAG);\n",
    "",
  ),
  "not refreshing the copy of the head": inByte(LOOK_AT_HEAD, "const head = this.#headCopy;"),
  "publishing more than was written": inByte(PUBLISH, PUBLISH.replace(", tail)", ", tail + 2)")),
  "giving room back before a record is read": inByte(
    "      this.#next = (this.#next + units) | 0;\n",
    `      this.#next = (this.#next + units) | 0;
      this.release();\n`,
  ),
  "a new producer going on at the head": inByte(
    GO_ON,
    "this.#tail = words.load(base + LANE.head);",
  ),
};

/** Bugs of the ring of bytes that only a CPU of weak order shows. */
export const BYTE_WEAK: Seeded = {
  "reading records before the look that found them": inByte(LOOK_AT_TAIL, PLAINLY),
  "moving positions with a plain store": inLane(STORE_LOW, STORE_LOW.replace("store", "set")),
};

/** Bugs of a position's two halves. */
export const POSITION: Seeded = {
  "storing the lower half first": inLane(STORE_HIGH + STORE_LOW, STORE_LOW + STORE_HIGH),
  "not telling that the upper half is ahead": inLane("(isAhead ? 1 : 0)", "0"),
  "not repairing what a dead owner has left": inLane(
    "if ((high & 1) !== low >>> 31) words.store(index + 1, (high - 1) & HIGH_MASK);",
    "void high;",
  ),
};
