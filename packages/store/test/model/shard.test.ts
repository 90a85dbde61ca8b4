/** The shard, `cache/shard.ts`: whoever dies where, nothing is torn, stale, lost or there twice. */
import { describe, test } from "bun:test";
import { testIf } from "@isthmus/testing/requirement";
import { expectSound } from "../../../ipc/test/model/checker/expectations.ts";
import { testSeeded } from "../../../ipc/test/model/checker/seeded.ts";
import * as source from "../../src/cache/shard.ts";
import { type Deed, type ShardBounds, type ShardSource, shardModel } from "./shard-model.ts";
import { LOGICAL, WEAK } from "./shard-mutants.ts";

/** What takes minutes. */
const isWhole = process.env["ISTHMUS_WHOLE_MODELS"] === "1";
const testWhole = testIf(isWhole, "ISTHMUS_WHOLE_MODELS=1: it takes minutes");

const ENTRY = "../../store/src/cache/shard.ts";

const J = (count: number): Deed[] => Array.from({ length: count }, () => ({ put: "J", value: 7 }));
const K = (value: number): Deed => ({ put: "K", value });

/** K is behind J in the chain, and is replaced. */
const REPLACED: ShardBounds = {
  name: "K replaced",
  logUnits: 128,
  before: [K(1), ...J(1)],
  writers: [[K(2)]],
  isKept: true,
};

/** The same, while another one changes what is before it in the chain. */
const BOTH: ShardBounds = { ...REPLACED, name: "K and J replaced", writers: [[K(2)], J(1)] };

/** What is before K in the chain goes. */
const UNCHAINED: ShardBounds = { ...REPLACED, name: "J removed", writers: [[{ remove: "J" }]] };

/** K is at the tail of a log that is full, and is written again at the head; its old place is overwritten. */
const MOVED: ShardBounds = {
  name: "K moved",
  logUnits: 128,
  before: [K(1), ...J(19)],
  writers: [J(1)],
  isKept: true,
};

/** The same, and K is replaced afterwards. */
const MOVED_AND_REPLACED: ShardBounds = {
  ...MOVED,
  name: "K moved and replaced",
  writers: [[...J(1), K(2)]],
};

describe("shard", () => {
  test("in order", () => {
    for (const bounds of [REPLACED, BOTH, UNCHAINED, MOVED]) {
      expectSound(shardModel(source, bounds), { preemptions: 2 }, 100);
    }
  });
  test("when a writer dies", () => {
    for (const bounds of [REPLACED, UNCHAINED]) {
      expectSound(shardModel(source, bounds), { crashes: 1, preemptions: 1 }, 100);
    }
  });
  test("on x86", () => {
    expectSound(shardModel(source, REPLACED), { order: "tso", preemptions: 2 }, 1000);
  });

  testSeeded<ShardSource>(LOGICAL, ENTRY, (mutant) => [
    [shardModel(mutant, REPLACED), { preemptions: 2 }],
    [shardModel(mutant, MOVED), { preemptions: 2 }],
    [shardModel(mutant, UNCHAINED), { crashes: 1, preemptions: 1 }],
    [shardModel(mutant, REPLACED), { crashes: 1, preemptions: 1 }],
  ]);

  testWhole("in order, however often writers and the reader take turns", () => {
    for (const bounds of [REPLACED, BOTH, UNCHAINED, MOVED, MOVED_AND_REPLACED]) {
      expectSound(shardModel(source, { ...bounds, reads: 2 }), { preemptions: 4 }, 1000);
    }
  });
  testWhole("when a writer dies while it moves what is at the tail", () => {
    for (const bounds of [MOVED, MOVED_AND_REPLACED]) {
      // What a writer leaves at the head when it dies takes from the room for moving; in 128 units, all of it.
      const larger = { ...bounds, logUnits: 256, before: [K(1), ...J(39)] };
      expectSound(shardModel(source, larger), { crashes: 1, preemptions: 1 }, 1000);
    }
  });
  testWhole("on x86, when what is at the tail moves", () => {
    expectSound(shardModel(source, MOVED), { order: "tso", preemptions: 2 }, 1000);
  });
  testWhole("on ARM64", () => {
    expectSound(shardModel(source, REPLACED), { order: "weak", preemptions: 1 }, 1000);
    expectSound(shardModel(source, MOVED), { order: "weak", preemptions: 1 }, 1000);
  });
  if (isWhole) {
    testSeeded<ShardSource>(WEAK, ENTRY, (mutant) => [
      [shardModel(mutant, REPLACED), { order: "weak", preemptions: 1 }],
      [shardModel(mutant, MOVED), { order: "weak", preemptions: 1 }],
    ]);
  }
});
