/** The pure parts of semaphores and events, one step after the other. `test/model` has them among others. */
import { describe, expect, test } from "bun:test";
import { EventSignal } from "../../src/sync/event-signal.ts";
import { SemaphoreCount } from "../../src/sync/semaphore-count.ts";
import { SEMAPHORE, semaphoreBytes } from "../../src/sync/semaphore-layout.ts";
import { SemaphoreLedger } from "../../src/sync/semaphore-ledger.ts";
import { PlainWords } from "../model/checker/plain-words.ts";

const MAX = 5;
const MINE = 3;
const OTHER = 9;

/** The words of a semaphore with so many permits. */
function semaphoreWords(count: number, held: Readonly<Record<number, number>> = {}): PlainWords {
  const words = new PlainWords(semaphoreBytes(64) / 4);
  words.values[SEMAPHORE.max] = MAX;
  words.values[SEMAPHORE.count] = count;
  for (const [slot, permits] of Object.entries(held)) {
    words.values[SEMAPHORE.held + Number(slot)] = permits;
  }
  return words;
}

/** What a ledger says, after what the next owner of its mutex does first. */
function numbers(words: PlainWords): object {
  const ledger = new SemaphoreLedger(words, 0);
  ledger.recover();
  const { count, changingSlot } = ledger;
  return { count, mine: ledger.heldBy(MINE), other: ledger.heldBy(OTHER), changingSlot };
}

describe("SemaphoreLedger", () => {
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
      const words = new PlainWords(semaphoreBytes(64) / 4);
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
  test("remembers that it has been set, across 2^31 settings", () => {
    const words = new PlainWords(2);
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
