/** The ring of many subscribers, with one side acting between any two steps of the other; and with mistakes in it. */
import { describe, expect, test } from "bun:test";
import { explore } from "./support/explore.ts";
import { type Mistake, mutateRing } from "./support/mutant-ring.ts";
import * as shipped from "./support/ring-source.ts";

const MISTAKES: Readonly<Record<string, Mistake>> = {
  "a copy is validated before it is made": {
    file: "broadcast-lapped",
    changes: [
      [
        `        memory.copy(from, count);
        // All of it must have been read before it is known whether it was whole.
        words.fence();
        if (positionAt(words, base + BROADCAST.oldest) <= this.next) return count;`,
        `        if (positionAt(words, base + BROADCAST.oldest) <= this.next) {
          memory.copy(from, count);
          return count;
        }`,
      ],
    ],
  },
  "a copy is not validated": {
    file: "broadcast-lapped",
    changes: [["if (positionAt(words, base + BROADCAST.oldest) <= this.next) return", "return"]],
  },
  "records are overwritten before that is announced": {
    file: "broadcast-ring",
    changes: [
      [
        "    this.#oldest.moveTo(this.boundaryAt((tail - kept) | 0));",
        "    this.#oldest.low = this.boundaryAt((tail - kept) | 0);",
      ],
      [
        "    this.#published.moveTo(this.tail);",
        "    this.#oldest.moveTo(this.#oldest.low);\n    this.#published.moveTo(this.tail);",
      ],
    ],
  },
  "gates are not looked at": {
    file: "broadcast-ring",
    changes: [["Math.max(lag, (this.tail - this.oldest) | 0)", "((this.tail - this.oldest) | 0)"]],
  },
  "gates are not looked at again after the announcement": {
    file: "broadcast-ring",
    changes: [
      [
        "return this.#allow(this.#gates.lag(tail, length), needed);",
        "return this.#allow(lag, needed);",
      ],
    ],
  },
  "one of two gating subscribers is ignored": {
    file: "broadcast-gates",
    changes: [
      [
        "if (behind > lag && behind <= length) lag = behind;",
        "if (behind <= length) lag = behind;",
      ],
    ],
  },
  "the gates of slots 32 to 63 are ignored": {
    file: "broadcast-gates",
    changes: [["word < bitWords; word++) {\n      let set", "word < 1; word++) {\n      let set"]],
  },
  "who joins does not look whether it was overtaken": {
    file: "broadcast-gates",
    changes: [["if (positionAt(words, base + BROADCAST.oldest) <= settled) break;", "break;"]],
  },
  "the number of the next record is not written at the tail": {
    file: "broadcast-ring",
    changes: [
      [
        "    this.words.set(this.#wordOf(this.tail) + 1, this.#sequence);\n  }\n\n  #wordOf",
        "  }\n\n  #wordOf",
      ],
    ],
  },
  "there is no room for the number at the tail": {
    file: "broadcast-ring",
    changes: [["const units = padding + needed + 1;", "const units = padding + needed;"]],
  },
  "what was lost is not counted": {
    file: "broadcast-lapped",
    changes: [["    this.#lost += lost;\n", ""]],
  },
  "the number of the oldest record is not validated": {
    file: "broadcast-reading",
    changes: [
      ["positionAt(words, base + BROADCAST.oldest) <= position ? sequence : undefined", "sequence"],
    ],
  },
  "a reader gives back what it has not handed out": {
    file: "broadcast-gated",
    changes: [["return this.releaseTo(this.next);", "return this.releaseTo(this.tailCopy);"]],
  },
  "a successor believes that nobody gates": {
    file: "broadcast-ring",
    changes: [["this.#limit = (this.tail - length) | 0;", "this.#limit = this.#oldest.low;"]],
  },
};

describe("the ring of many subscribers", () => {
  test("nobody reads what was overwritten, misses what it did not lose, or miscounts", () => {
    const { wrong, runs } = explore(shipped);
    expect(wrong).toEqual([]);
    expect(runs).toBeGreaterThan(5000);
  });

  for (const [name, mistake] of Object.entries(MISTAKES)) {
    test(`it is noticed when ${name}`, async () => {
      expect(explore(await mutateRing(mistake)).wrong).not.toEqual([]);
    });
  }
});
