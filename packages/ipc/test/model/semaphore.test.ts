/** Semaphores and events, `sync/semaphore-ledger.ts`, `semaphore-count.ts` and `event-signal.ts`. */
import { describe, test } from "bun:test";
import * as eventSource from "../../src/sync/event-signal.ts";
import * as countSource from "../../src/sync/semaphore-count.ts";
import * as ledgerSource from "../../src/sync/semaphore-ledger.ts";
import { expectSound } from "./checker/expectations.ts";
import { testSeeded } from "./checker/seeded.ts";
import { type EventSource, event, type Part } from "./models/event.ts";
import {
  type CountSource,
  count,
  type Deed,
  type LedgerSource,
  ledger,
} from "./models/semaphore.ts";
import { EVENT, LEDGER, SEMAPHORE_COUNT } from "./mutants/semaphore.ts";

type Deeds = readonly (readonly Deed[])[];

const LEDGERS: readonly (readonly [permits: number, held: readonly number[], cast: Deeds])[] = [
  [2, [0, 0], [["take", "take"], ["take"]]],
  [1, [1, 1], [["take", 1], ["take"]]],
  [
    1,
    [1, 0],
    [
      [1, "take"],
      ["take", 1],
    ],
  ],
  [3, [1, 1], [[2], ["take"]]],
  [3, [1, 1], [[3], ["take", 1]]],
];
const THREE: Deeds = [["take"], ["take", 1], [1]];
const EVENTS: readonly (readonly Part[])[] = [
  ["sets", "takes", "takes"],
  ["sets", "sets", "takes"],
  ["sets and resets", "sets", "takes"],
  ["sets and resets", "waits", "waits"],
  ["sets", "resets", "waits"],
];
/** Set 2^31 - 1 times, and not set. */
const LAST_SETTING = -2;

describe("a semaphore's ledger", () => {
  for (const [permits, held, cast] of LEDGERS) {
    test(`of ${permits} permits, ${cast.join(" | ")}, whoever dies, and dies clearing up`, () => {
      expectSound(ledger(ledgerSource, permits, held, cast), { crashes: 2 }, 100);
    });
  }
  test("of three", () => {
    expectSound(ledger(ledgerSource, 1, [0, 0, 1], THREE), { crashes: 2 }, 1e3);
  });
  testSeeded<LedgerSource>(LEDGER, "sync/semaphore-ledger.ts", (mutant) =>
    LEDGERS.map(([permits, held, cast]) => [ledger(mutant, permits, held, cast), { crashes: 2 }]),
  );
});

describe("a semaphore's count", () => {
  const casts: Deeds[] = [
    [["take"], ["take"], [1]],
    [["take", 1], ["take", "take"], [2]],
    [[2], [2], ["take"]],
  ];
  for (const cast of casts) {
    test(`of ${cast.join(" | ")}`, () => {
      for (const permits of [0, 1, 4])
        expectSound(count(countSource, permits, cast), { crashes: 1 }, 100);
    });
  }
  testSeeded<CountSource>(SEMAPHORE_COUNT, "sync/semaphore-count.ts", (mutant) =>
    casts.map((cast) => [count(mutant, 1, cast), {}]),
  );
});

describe("an event", () => {
  for (const cast of EVENTS) {
    test(`of which one ${cast.join(", one ")}`, () => {
      for (const start of [0, 1, LAST_SETTING]) {
        expectSound(event(eventSource, cast, start), {}, 10);
      }
    });
  }
  testSeeded<EventSource>(EVENT, "sync/event-signal.ts", (mutant) =>
    EVENTS.flatMap((cast) =>
      [0, LAST_SETTING].map((start) => [event(mutant, cast, start), {}] as const),
    ),
  );
});
