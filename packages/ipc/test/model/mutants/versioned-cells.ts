/** Seeded bugs of the record with four copies. */
import type { Seeded } from "../checker/seeded.ts";

const FILE = "shared-struct/versioned-cells.ts";
const COPY_IN = "    this.#copies.copyIn(next & (COPY_COUNT - 1));\n";
const PUBLISH = "    this.#words.store(this.#sequence, next);\n";
const LOOK_AGAIN = "(this.#words.glance(this.#sequence) - sequence) >>> 0 <= MOVES_MAX";
const ACQUIRE = "      words.acquire();\n";
const SEEN = "      // What the writer wrote before it moved the counter is to be seen.\n";
const OVER = `    // The reading must be over before the counter is looked at again.
    this.#words.acquire();
`;

/** Those that any order of memory shows. */
export const LOGICAL: Seeded = {
  "publishing before writing": [{ file: FILE, from: COPY_IN + PUBLISH, to: PUBLISH + COPY_IN }],
  "not looking at the counter again": [{ file: FILE, from: LOOK_AGAIN, to: "true" }],
  "letting the counter move too far": [
    { file: FILE, from: "COPY_COUNT - 2", to: "COPY_COUNT - 1" },
  ],
  "two copies where the reader counts on four": [
    { file: FILE, from: "take(sequence & (COPY_COUNT - 1))", to: "take(sequence & 1)" },
    { file: FILE, from: "copyIn(next & (COPY_COUNT - 1))", to: "copyIn(next & 1)" },
  ],
  "writing over the current copy": [
    {
      file: FILE,
      from: "copyIn(next & (COPY_COUNT - 1))",
      to: "copyIn((next - 1) & (COPY_COUNT - 1))",
    },
  ],
  "reading the copy behind the current one": [
    {
      file: FILE,
      from: "take(sequence & (COPY_COUNT - 1))",
      to: "take((sequence + 1) & (COPY_COUNT - 1))",
    },
  ],
  "comparing the wrapped counter as signed": [
    {
      file: FILE,
      from: LOOK_AGAIN,
      to: "this.#words.glance(this.#sequence) - sequence <= MOVES_MAX",
    },
  ],
};

/** Those that only a CPU of weak order shows. */
export const WEAK: Seeded = {
  "copying before the counter is known": [{ file: FILE, from: SEEN + ACQUIRE, to: "" }],
  "looking again while copying": [{ file: FILE, from: OVER, to: "" }],
  "publishing with a plain store": [
    { file: FILE, from: PUBLISH, to: "    this.#words.set(this.#sequence, next);\n" },
  ],
  "writing the next record without waiting for the last publication": [
    {
      file: FILE,
      from: "const next = (this.#words.load(this.#sequence) + 1) | 0;",
      to: "const next = (this.#words.get(this.#sequence) + 1) | 0;",
    },
  ],
};
