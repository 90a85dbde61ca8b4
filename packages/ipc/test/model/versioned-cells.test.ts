/** The record with four copies, `shared-struct/versioned-cells.ts`: never torn, never stale, whoever dies. */
import { describe, test } from "bun:test";
import * as source from "../../src/shared-struct/versioned-cells.ts";
import { expectSound } from "./checker/expectations.ts";
import { testSeeded } from "./checker/seeded.ts";
import { type CellsBounds, type CellsSource, versionedCells } from "./models/versioned-cells.ts";
import { LOGICAL, WEAK } from "./mutants/versioned-cells.ts";

const ENTRY = "shared-struct/versioned-cells.ts";

/** The writer comes round to the copy that is being read, and further. */
const ROUND: CellsBounds = { publications: 6 };
/** Counters just below where they wrap, as signed and as unsigned words. */
const WRAPS = [-3, -1, 0x7fff_ffff - 1];

describe("versioned cells", () => {
  test("in order", () => {
    expectSound(versionedCells(source, ROUND), {}, 1e7);
  });
  test("when the counter wraps", () => {
    for (const start of WRAPS) expectSound(versionedCells(source, { ...ROUND, start }), {}, 1e4);
  });
  test("when a writer or a reader dies", () => {
    expectSound(versionedCells(source, ROUND), { crashes: 2 }, 1e5);
  });
  test("on x86", () => {
    expectSound(versionedCells(source, ROUND), { order: "tso", crashes: 1 }, 1e5);
  });
  test("on ARM64", () => {
    expectSound(versionedCells(source, { publications: 5 }), { order: "weak", crashes: 1 }, 1e5);
  });

  testSeeded<CellsSource>(LOGICAL, ENTRY, (mutant) =>
    [0, ...WRAPS].map((start) => [versionedCells(mutant, { ...ROUND, start }), {}]),
  );
  testSeeded<CellsSource>(WEAK, ENTRY, (mutant) => [
    [versionedCells(mutant, { publications: 5 }), { order: "weak" }],
  ]);
});
