/** Seeded bugs of the ring that many read. */
import type { Seeded } from "../checker/seeded.ts";
import type { Mistake } from "../checker/source.ts";

const bugIn =
  (file: string) =>
  (from: string, to: string): Mistake[] => [{ file, from, to }];

const inRing = bugIn("ring/broadcast-ring.ts");
const inLapped = bugIn("ring/broadcast-lapped.ts");
const inGated = bugIn("ring/broadcast-gated.ts");
const inGates = bugIn("ring/broadcast-gates.ts");

const VALIDATE = "if (positionAt(words, base + BROADCAST.oldest) <= this.next) return count;";

/** Those that any order of memory shows. */
export const LOGICAL: Seeded = {
  "not looking whether a copy is whole": inLapped(VALIDATE, "return count;"),
  "overwriting one record more than was announced": inRing(
    "this.#limit = (this.tail - Math.max(lag, (this.tail - this.oldest) | 0)) | 0;",
    "this.#limit = (this.tail - Math.max(lag, ((this.tail - this.oldest) | 0) - 1)) | 0;",
  ),
  "not looking again who gates after the announcement": inRing(
    "return this.#allow(this.#gates.lag(tail, length), needed);",
    "return this.#allow(lag, needed);",
  ),
  "not looking whether one was overtaken while joining": inGates(
    "if (positionAt(words, base + BROADCAST.oldest) <= settled) break;",
    "break;",
  ),
  "giving back what has not been handed out": inGated(
    "return this.releaseTo(this.next);",
    "return this.releaseTo(this.tailCopy);",
  ),
  "a new publisher believing that nobody gates": inRing(
    "this.#limit = (this.tail - length) | 0;",
    "this.#limit = this.#oldest.low;",
  ),
};

/** Those that only a CPU of weak order shows. */
export const WEAK: Seeded = {
  "looking whether a copy is whole without a fence": inLapped(
    `        words.fence();\n        ${VALIDATE}`,
    `        ${VALIDATE}`,
  ),
  "reading records before the look that found them": inGated("    this.words.acquire();\n", ""),
};
