/** The algorithm of shared structs alone, in every interleaving of a writer and a reader. */
import { describe, expect, test } from "bun:test";
import { CorruptSegmentError } from "@isthmus/core";
import { COPY_COUNT } from "../../src/struct/cells-layout.ts";
import { VersionedCells } from "../../src/struct/versioned-cells.ts";
import type { Words } from "../../src/words.ts";
import { type Bounds, explore } from "./support/cells-model.ts";
import { type Mistake, mutate } from "./support/mutant.ts";

/** The writer can come round to the copy that is being read, and a word of it further. */
const BOUNDS: Bounds = { recordWords: 2, publications: COPY_COUNT + 1 };

/** Just below where the counter wraps, as a signed word. */
const WRAP = -1;

describe("VersionedCells.read()", () => {
  test("never gives a torn, stale or unpublished record", () => {
    const { violation, interleavings } = explore(VersionedCells, {
      ...BOUNDS,
      publications: COPY_COUNT + 2,
    });
    expect(violation).toBeUndefined();
    expect(interleavings).toBeGreaterThan(100_000);
  });

  test("never does so when the counter wraps", () => {
    for (const start of [WRAP - 2, WRAP, 0x7fff_ffff - 1]) {
      expect(explore(VersionedCells, { ...BOUNDS, start }).violation).toBeUndefined();
    }
  });

  test("never does so after a writer died at any step, and another went on", () => {
    const steps = BOUNDS.publications * (BOUNDS.recordWords + 1);
    for (let crashAfter = 0; crashAfter < steps; crashAfter++) {
      expect(explore(VersionedCells, { ...BOUNDS, crashAfter }).violation).toBeUndefined();
    }
  });

  test("gives up on a counter that never stands still", () => {
    let counter = 0;
    const words = { load: () => (counter += 3), fence: () => {} } as unknown as Words;
    const cells = new VersionedCells(words, 0, { copyOut: () => {}, copyIn: () => {} });
    expect(() => cells.read()).toThrow(CorruptSegmentError);
  });
});

describe("the exploration catches", () => {
  const mistakes: Readonly<Record<string, Mistake>> = {
    "publishing before writing": [
      ["    this.#copies.copyIn(next & (COPY_COUNT - 1));\n", ""],
      [
        "this.#words.store(this.#sequence, next);",
        "this.#words.store(this.#sequence, next); this.#copies.copyIn(next & (COPY_COUNT - 1));",
      ],
    ],
    "not looking at the counter again": [
      ["(words.load(this.#sequence) - sequence) >>> 0 <= MOVES_MAX", "true"],
    ],
    "letting the counter move too far": [["COPY_COUNT - 2", "COPY_COUNT - 1"]],
    "two copies where the reader counts on four": [
      ["copyOut(sequence & (COPY_COUNT - 1))", "copyOut(sequence & 1)"],
      ["copyIn(next & (COPY_COUNT - 1))", "copyIn(next & 1)"],
    ],
    "writing over the current copy": [
      ["copyIn(next & (COPY_COUNT - 1))", "copyIn((next - 1) & (COPY_COUNT - 1))"],
    ],
    "reading the copy behind the current one": [
      ["copyOut(sequence & (COPY_COUNT - 1))", "copyOut((sequence + 1) & (COPY_COUNT - 1))"],
    ],
    "comparing the wrapped counter as signed": [
      [
        "(words.load(this.#sequence) - sequence) >>> 0 <=",
        "words.load(this.#sequence) - sequence <=",
      ],
    ],
  };
  for (const [name, mistake] of Object.entries(mistakes)) {
    test(name, async () => {
      const cells = await mutate(mistake);
      const verdicts = [0, WRAP, 0x7fff_ffff - 1].map((start) =>
        explore(cells, { ...BOUNDS, start }),
      );
      expect(verdicts.some(({ violation }) => violation !== undefined)).toBe(true);
    });
  }
});
