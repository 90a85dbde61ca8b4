/**
 * Runs a ledger's changes with a crash at every step, and another one at every step of the recovery.
 *
 * @module
 */
import { SEMAPHORE, SEMAPHORE_BYTES } from "../../../src/sync/semaphore-layout.ts";
import { SemaphoreLedger } from "../../../src/sync/semaphore-ledger.ts";
import { ArrayWords, crashAt } from "./array-words.ts";

/** `SemaphoreLedger`, or a copy with a mistake in it. */
export type LedgerClass = typeof SemaphoreLedger;

/** What a ledger says: units that can be taken, and held units of two participants. */
export interface Numbers {
  readonly count: number;
  readonly mine: number;
  readonly other: number;
  readonly changingSlot: number | undefined;
}

export const MAX = 5;
export const MINE = 3;
export const OTHER = 9;

/** The words of a semaphore with so many units. */
export function semaphoreWords(
  count: number,
  held: Readonly<Record<number, number>> = {},
): ArrayWords {
  const words = new ArrayWords(SEMAPHORE_BYTES / 4);
  words.values[SEMAPHORE.max] = MAX;
  words.values[SEMAPHORE.count] = count;
  for (const [slot, units] of Object.entries(held)) {
    words.values[SEMAPHORE.held + Number(slot)] = units;
  }
  return words;
}

/** The numbers of a ledger, after what the next owner of its mutex does first. */
export function numbers(words: ArrayWords, Ledger: LedgerClass = SemaphoreLedger): Numbers {
  const ledger = new Ledger(words, 0);
  ledger.recover();
  const { count, changingSlot } = ledger;
  return { count, mine: ledger.heldBy(MINE), other: ledger.heldBy(OTHER), changingSlot };
}

const CHANGES: Readonly<Record<string, (ledger: SemaphoreLedger) => void>> = {
  "take a unit": (ledger) => void ledger.take(MINE),
  "give one unit": (ledger) => void ledger.give(MINE, 1),
  "give more than is held": (ledger) => void ledger.give(MINE, 2),
  "give too much": (ledger) => void ledger.give(MINE, 3),
  "give back all": (ledger) => void ledger.giveBackAll(MINE),
};

/** Returns in words where a crash leaves a change half-done, and how many crashes were tried. */
export function checkCrashes(Ledger: LedgerClass): { violations: string[]; crashes: number } {
  const violations: string[] = [];
  let crashes = 0;
  const start = { [MINE]: 1, [OTHER]: 1 };
  const before = JSON.stringify(numbers(semaphoreWords(3, start), Ledger));
  for (const [name, change] of Object.entries(CHANGES)) {
    const whole = semaphoreWords(3, start);
    change(new Ledger(whole, 0));
    const after = JSON.stringify(numbers(whole, Ledger));
    for (let step = 1, isThrough = false; !isThrough; step++) {
      const words = semaphoreWords(3, start);
      isThrough = crashAt(words, step, () => change(new Ledger(words, 0)));
      for (let recoveryStep = 1, isRecovered = false; !isRecovered; recoveryStep++) {
        const copy = semaphoreWords(0);
        copy.values.set(words.values);
        isRecovered = crashAt(copy, recoveryStep, () => new Ledger(copy, 0).recover());
        crashes++;
        const found = JSON.stringify(numbers(copy, Ledger));
        if (found === after || (found === before && !isThrough)) continue;
        violations.push(`${name}: steps ${step} and ${recoveryStep} leave ${found}`);
      }
    }
  }
  return { violations, crashes };
}
