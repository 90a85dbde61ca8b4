/** The pure parts of semaphores and events: every step of them may be the last one of a process. */
import { describe, expect, test } from "bun:test";
import { EventSignal } from "../../src/sync/event-signal.ts";
import { SemaphoreCount } from "../../src/sync/semaphore-count.ts";
import { SEMAPHORE, SEMAPHORE_BYTES } from "../../src/sync/semaphore-layout.ts";
import { SemaphoreLedger } from "../../src/sync/semaphore-ledger.ts";
import { ArrayWords } from "./support/array-words.ts";
import {
  checkCrashes,
  type LedgerClass,
  MAX,
  MINE,
  numbers,
  OTHER,
  semaphoreWords,
} from "./support/ledger-model.ts";
import { type Mistake, mutate } from "./support/mutant.ts";

const OPEN = "    words.store(base + SEMAPHORE.isActive, 1);\n";
const COUNT = "    words.store(base + SEMAPHORE.count, count);\n";
const HELD = "    words.store(base + SEMAPHORE.held + slot, held);\n";
const CLOSE = "    words.store(base + SEMAPHORE.isActive, 0);\n";
const NOTE = "    words.store(base + SEMAPHORE.heldBefore, this.heldBy(slot));\n";
const UNDO = "    words.store(base + SEMAPHORE.count, words.load(base + SEMAPHORE.countBefore));\n";

const MISTAKES: Readonly<Record<string, Mistake>> = {
  "the journal were opened after the first change": [OPEN + COUNT, COUNT + OPEN],
  "the journal were closed before the last change": [HELD + CLOSE, CLOSE + HELD],
  "the journal were opened before it is filled": [NOTE + OPEN, OPEN + NOTE],
  "the journal were not kept": [OPEN, ""],
  "the recovery closed the journal first": [UNDO, CLOSE + UNDO],
  "the recovery undid one number only": [UNDO, ""],
};

describe("SemaphoreLedger", () => {
  test("a crash at any step, also of the recovery, leaves every change undone or done", () => {
    const { violations, crashes } = checkCrashes(SemaphoreLedger);
    expect(violations).toEqual([]);
    expect(crashes).toBeGreaterThan(100);
  });

  for (const [name, mistake] of Object.entries(MISTAKES)) {
    test(`would not survive one if ${name}`, async () => {
      const file = "sync/semaphore-ledger.ts";
      const mutant = await mutate<{ SemaphoreLedger: LedgerClass }>(file, mistake);
      expect(checkCrashes(mutant.SemaphoreLedger).violations.length).toBeGreaterThan(0);
    });
  }

  test("takes down to 0, gives up to max, and settles what is held", () => {
    const words = semaphoreWords(2);
    const ledger = new SemaphoreLedger(words, 0);
    expect([ledger.take(MINE), ledger.take(OTHER), ledger.take(MINE)]).toEqual([true, true, false]);
    expect(ledger.give(MINE, MAX + 1)).toBeUndefined();
    expect(ledger.give(MINE, 3)).toBe(0);
    expect(numbers(words)).toEqual({ count: 3, mine: 0, other: 1, changingSlot: undefined });
    expect([ledger.giveBackAll(OTHER), ledger.giveBackAll(OTHER)]).toEqual([1, 0]);
    expect(numbers(words)).toEqual({ count: 4, mine: 0, other: 0, changingSlot: undefined });
  });

  test("gives back no more than fits when others have released in the holder's place", () => {
    const words = semaphoreWords(MAX - 1, { [MINE]: 3 });
    expect(new SemaphoreLedger(words, 0).giveBackAll(MINE)).toBe(3);
    expect(numbers(words)).toMatchObject({ count: MAX, mine: 0 });
  });

  test("survives any words", () => {
    for (let round = 0; round < 500; round++) {
      const words = new ArrayWords(SEMAPHORE_BYTES / 4);
      crypto.getRandomValues(words.values);
      const ledger = new SemaphoreLedger(words, 0);
      ledger.recover();
      ledger.take(MINE);
      ledger.give(MINE, 1);
      ledger.giveBackAll(OTHER);
    }
  });
});

describe("SemaphoreCount", () => {
  test("another process may change it at any step: nothing is lost", () => {
    for (let step = 1; step <= 4; step++) {
      const words = semaphoreWords(2);
      const mine = new SemaphoreCount(words, 0);
      const other = new SemaphoreCount(words, 0);
      let steps = 0;
      words.before = () => {
        if (++steps !== step) return;
        words.before = () => {};
        expect(other.give(2)).toBeDefined();
      };
      expect(mine.take()).toBe(true);
      words.before = () => {};
      if (steps < step) other.give(2);
      expect(words.values[SEMAPHORE.count]).toBe(3);
    }
  });

  test("takes down to 0 and gives up to max", () => {
    const count = new SemaphoreCount(semaphoreWords(1), 0);
    expect([count.take(), count.take()]).toEqual([true, false]);
    expect([count.give(MAX + 1), count.give(MAX), count.give(1)]).toEqual([
      undefined,
      0,
      undefined,
    ]);
  });
});

describe("EventSignal", () => {
  test("a setting at any step of a take is taken once", () => {
    for (let step = 1; step <= 3; step++) {
      const words = new ArrayWords(2);
      const signal = new EventSignal(words, 0);
      const other = new EventSignal(words, 0);
      let steps = 0;
      words.before = () => {
        if (++steps !== step) return;
        words.before = () => {};
        other.set();
      };
      const taken = [signal.take()];
      words.before = () => {};
      if (steps < step) other.set();
      taken.push(signal.take(), signal.take());
      expect(taken.filter(Boolean)).toHaveLength(1);
    }
  });

  test("remembers that it has been set, across 2^31 settings", () => {
    const words = new ArrayWords(2);
    words.values[0] = -2; // has been set 2^31 - 1 times and is not set
    const signal = new EventSignal(words, 0);
    const since = signal.settings;
    expect(signal.hasBeenSet(since)).toBe(false);
    signal.set();
    signal.set();
    expect([signal.isSet, signal.settings, signal.hasBeenSet(since)]).toEqual([true, 0, true]);
    signal.reset();
    expect([signal.isSet, signal.hasBeenSet(since), signal.hasBeenSet(0)]).toEqual([
      false,
      true,
      false,
    ]);
  });
});
