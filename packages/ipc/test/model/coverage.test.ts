/** Every algorithm over `Words` has a model, or a reason not to. */
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SOURCE = join(import.meta.dir, "..", "..", "src");

/** The rooms whose files are algorithms; what puts them together is in other rooms, and so are its tests. */
const ROOMS = ["observe", "ring", "segment", "shared-struct", "struct", "sync", "wait"];

/** By path within `src`: the test with its model, or another test and why it is there. */
const COVERED: Readonly<Record<string, string>> = {
  "ring/broadcast-gated.ts": "model/broadcast-ring.test.ts",
  "ring/broadcast-gates.ts": "model/broadcast-ring.test.ts",
  "ring/broadcast-lapped.ts": "model/broadcast-ring.test.ts",
  "ring/broadcast-layout.ts": "model/broadcast-ring.test.ts",
  "ring/broadcast-ring.ts": "model/broadcast-ring.test.ts",
  // Only records of any size need it; their interleavings are explored there, in sequential order.
  "ring/broadcast-reading.ts": "topic/ring-interleaving.test.ts",
  "ring/broadcast-lapped-bytes.ts": "topic/ring-interleaving.test.ts",
  "ring/byte-ring.ts": "model/lane-ring.test.ts",
  "ring/fixed-ring.ts": "model/lane-ring.test.ts",
  "ring/lane-layout.ts": "model/lane-ring.test.ts",
  "segment/participants.ts": "model/participants.test.ts",
  "segment/slot-record.ts": "model/participants.test.ts",
  // Observers, who change nothing and promise nothing about what they see.
  "observe/section-reader.ts": "list/observe.test.ts",
  // Puts mappings, participants and cells together.
  "segment/segment-memory.ts": "segment/processes.test.ts",
  "shared-struct/versioned-cells.ts": "model/versioned-cells.test.ts",
  "sync/event-signal.ts": "model/semaphore.test.ts",
  // Has a model of its own, which knows generations of participants.
  "sync/owner-word.ts": "sync/owner-word.test.ts",
  "sync/semaphore-count.ts": "model/semaphore.test.ts",
  "sync/semaphore-ledger.ts": "model/semaphore.test.ts",
  "wait/wait-cell.ts": "model/wait-cell.test.ts",
};

test("every algorithm over shared words has a model, or a reason why it has none", () => {
  const found = ROOMS.flatMap((room) =>
    readdirSync(join(SOURCE, room), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => `${room}/${file}`)
      .filter((file) => readFileSync(join(SOURCE, file), "utf8").includes('/words.ts"')),
  );
  expect(found.sort()).toEqual(Object.keys(COVERED).sort());
});

test("what is said to cover an algorithm is there", () => {
  for (const file of new Set(Object.values(COVERED))) {
    expect(existsSync(join(import.meta.dir, "..", file))).toBe(true);
  }
});
