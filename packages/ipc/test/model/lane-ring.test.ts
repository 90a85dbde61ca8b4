/** The rings of a lane, `ring/fixed-ring.ts`, `ring/byte-ring.ts` and `ring/lane-layout.ts`. */
import { describe, test } from "bun:test";
import * as byteSource from "../../src/ring/byte-ring.ts";
import * as fixedSource from "../../src/ring/fixed-ring.ts";
import * as laneSource from "../../src/ring/lane-layout.ts";
import { expectSound } from "./checker/expectations.ts";
import { testSeeded } from "./checker/seeded.ts";
import {
  type ByteSource,
  byteRing,
  type FixedSource,
  fixedRing,
  type LaneSource,
  lanePosition,
} from "./models/lane-ring.ts";
import { BYTE, BYTE_WEAK, FIXED, FIXED_WEAK, POSITION } from "./mutants/lane-ring.ts";

/** Just before the lower half of a position changes its sign, and before it is 0 again. */
const WRAPS = [2 ** 31 - 2, 2 ** 32 - 2, 2 ** 45 + 2 ** 31 - 1];

/** Payloads in words: with some of them padding is needed at the end of the ring. */
const LENGTHS = [1, 5, 3];
const CAPACITY_BYTES = 64;

describe("a fixed ring", () => {
  test("in order, one by one and in batches", () => {
    expectSound(fixedRing(fixedSource, 2, { records: 5 }), {}, 1e9);
    expectSound(fixedRing(fixedSource, 4, { records: 7, batch: 3 }), {}, 1e6);
  });
  test("when producers and consumers die", () => {
    expectSound(fixedRing(fixedSource, 1, { records: 3 }), { crashes: 1 }, 1e6);
    expectSound(fixedRing(fixedSource, 2, { records: 4, batch: 2, lives: 3 }), { crashes: 2 }, 1e6);
  });
  test("when positions wrap, and one dies", () => {
    for (const start of WRAPS) {
      expectSound(fixedRing(fixedSource, 2, { records: 4, batch: 2, start }), { crashes: 1 }, 1e4);
    }
  });
  test("on x86 and ARM64, when one dies", () => {
    for (const order of ["tso", "weak"] as const) {
      const traffic = { records: 4, batch: 2, start: WRAPS[0] ?? 0 };
      expectSound(fixedRing(fixedSource, 2, traffic), { order, crashes: 1 }, 1e4);
      expectSound(fixedRing(fixedSource, 2, { records: 3 }), { order }, 1e4);
    }
  });

  testSeeded<FixedSource>(FIXED, "ring/fixed-ring.ts", (mutant) => [
    [fixedRing(mutant, 2, { records: 4 }), {}],
    [fixedRing(mutant, 2, { records: 3 }), { crashes: 1 }],
  ]);
  testSeeded<FixedSource>(FIXED_WEAK, "ring/fixed-ring.ts", (mutant) => [
    [fixedRing(mutant, 2, { records: 3 }), { order: "weak" }],
  ]);
});

describe("a byte ring", () => {
  test("in order, one by one and in batches", () => {
    expectSound(byteRing(byteSource, CAPACITY_BYTES, [1, 3], { records: 5 }), {}, 1e9);
    expectSound(byteRing(byteSource, CAPACITY_BYTES, LENGTHS, { records: 6, batch: 2 }), {}, 1e6);
  });
  test("when producers and consumers die", () => {
    const traffic = { records: 4, batch: 2 };
    expectSound(byteRing(byteSource, CAPACITY_BYTES, LENGTHS, traffic), { crashes: 1 }, 1e6);
    expectSound(
      byteRing(byteSource, CAPACITY_BYTES, [1, 3], { ...traffic, lives: 3 }),
      { crashes: 2 },
      1e6,
    );
  });
  test("when positions wrap, and one dies", () => {
    for (const start of WRAPS) {
      const traffic = { records: 4, batch: 2, start };
      expectSound(byteRing(byteSource, CAPACITY_BYTES, [1, 3], traffic), { crashes: 1 }, 1e4);
    }
  });
  test("on x86, when one dies", () => {
    const traffic = { records: 3 };
    const bounds = { order: "tso", crashes: 1 } as const;
    expectSound(byteRing(byteSource, CAPACITY_BYTES, [1, 3], traffic), bounds, 1e4);
  });
  test("on ARM64", () => {
    const bounds = { order: "weak", pendingStores: 2 } as const;
    const traffic = { records: 4, batch: 2 };
    expectSound(byteRing(byteSource, CAPACITY_BYTES, [1, 3], traffic), bounds, 1e4);
    expectSound(byteRing(byteSource, CAPACITY_BYTES, [1], { records: 3 }), bounds, 1e4);
  });

  testSeeded<ByteSource>(BYTE, "ring/byte-ring.ts", (mutant) => [
    [byteRing(mutant, CAPACITY_BYTES, LENGTHS, { records: 5 }), {}],
    [byteRing(mutant, CAPACITY_BYTES, [1, 3], { records: 3 }), { crashes: 1 }],
  ]);
  testSeeded<ByteSource>(BYTE_WEAK, "ring/byte-ring.ts", (mutant) => [
    [byteRing(mutant, CAPACITY_BYTES, [1], { records: 2 }), { order: "weak" }],
  ]);
});

describe("a position in two halves", () => {
  test("is never seen wrong, wherever its owner is or dies", () => {
    for (const start of WRAPS) {
      expectSound(lanePosition(laneSource, start), { crashes: 1 }, 1e3);
      expectSound(lanePosition(laneSource, start), { order: "weak", crashes: 1 }, 1e3);
    }
  });

  testSeeded<LaneSource>(POSITION, "ring/lane-layout.ts", (mutant) =>
    WRAPS.map((start) => [lanePosition(mutant, start), { crashes: 1 }]),
  );
});
