/** The ring that many read, `ring/broadcast-*.ts`, with records of one size. */
import { describe, test } from "bun:test";
import { join } from "node:path";
import { expectSound } from "./checker/expectations.ts";
import { testSeeded } from "./checker/seeded.ts";
import { type BroadcastSource, broadcastRing } from "./models/broadcast-ring.ts";
import * as source from "./models/stand-ins/broadcast-entry.ts";

import { LOGICAL, WEAK } from "./mutants/broadcast-ring.ts";

const ENTRY = join(import.meta.dir, "models/stand-ins/broadcast-entry.ts");
const KINDS = ["gating", "joining", "lapped"] as const;
/** Just before the lower half of a position changes its sign. */
const WRAP = 2 ** 31 - 2;

describe("a ring that many read", () => {
  for (const kind of KINDS) {
    const ring = (records: number, start = 0) =>
      broadcastRing(source, { slots: 2, records, start, subscribers: [kind] });
    test(`by a ${kind} subscriber`, () => {
      expectSound(ring(4), {}, 1e6);
    });
    test(`by a ${kind} subscriber, when publishers die and positions wrap`, () => {
      for (const start of [0, WRAP]) expectSound(ring(3, start), { crashes: 1 }, 1e6);
    });
    test(`by a ${kind} subscriber, on x86 and ARM64`, () => {
      for (const order of ["tso", "weak"] as const) expectSound(ring(3), { order }, 1e6);
    });
  }

  test("by two that differ, who stop each other twice", () => {
    const model = broadcastRing(source, {
      slots: 2,
      records: 3,
      subscribers: ["gating", "lapped"],
    });
    expectSound(model, { preemptions: 2 }, 1e4);
  });

  testSeeded<BroadcastSource>(LOGICAL, ENTRY, (mutant) =>
    KINDS.flatMap((kind) =>
      [0, 1].map((crashes) => {
        // From the last slot on, records go on at the beginning of the ring.
        const bounds = { slots: 2, records: 4 - crashes, start: 1, subscribers: [kind] };
        return [broadcastRing(mutant, bounds), { crashes }];
      }),
    ),
  );
  testSeeded<BroadcastSource>(WEAK, ENTRY, (mutant) =>
    KINDS.map((kind) => [
      broadcastRing(mutant, { slots: 2, records: 3, subscribers: [kind] }),
      { order: "weak" },
    ]),
  );
});
