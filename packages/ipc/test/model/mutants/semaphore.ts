/** Seeded bugs of semaphores and events. */
import type { Seeded } from "../checker/seeded.ts";
import type { Mistake } from "../checker/source.ts";

const bugIn =
  (file: string) =>
  (from: string, to: string): Mistake[] => [{ file, from, to }];

const inLedger = bugIn("sync/semaphore-ledger.ts");
const inCount = bugIn("sync/semaphore-count.ts");
const inEvent = bugIn("sync/event-signal.ts");

const OPEN = "    words.store(base + SEMAPHORE.isActive, 1);\n";
const COUNT = "    words.store(base + SEMAPHORE.count, count);\n";
const HELD = "    words.store(base + SEMAPHORE.held + slot, held);\n";
const CLOSE = "    words.store(base + SEMAPHORE.isActive, 0);\n";
const NOTE = "    words.store(base + SEMAPHORE.heldBefore, this.heldBy(slot));\n";
const UNDO = "    words.store(base + SEMAPHORE.count, words.load(base + SEMAPHORE.countBefore));\n";

export const LEDGER: Seeded = {
  "opening the journal after the first change": inLedger(OPEN + COUNT, COUNT + OPEN),
  "closing the journal before the last change": inLedger(HELD + CLOSE, CLOSE + HELD),
  "opening the journal before it is filled": inLedger(NOTE + OPEN, OPEN + NOTE),
  "not keeping the journal": inLedger(OPEN, ""),
  "closing the journal first when recovering": inLedger(UNDO, CLOSE + UNDO),
  "undoing one number only": inLedger(UNDO, ""),
};

export const SEMAPHORE_COUNT: Seeded = {
  "take() storing what it has computed": inCount(
    "if (words.compareExchange(this.#count, count, count - 1) === count) return true;",
    "words.store(this.#count, count - 1); return true;",
  ),
  "take() taking what another has taken": inCount(
    "if (words.compareExchange(this.#count, count, count - 1) === count) return true;",
    "words.add(this.#count, -1); return true;",
  ),
  "give() not trying again": inCount(
    "if (words.compareExchange(this.#count, count, count + permits) === count) return count;",
    "words.compareExchange(this.#count, count, count + permits); return count;",
  ),
};

export const EVENT: Seeded = {
  "set() storing what it has computed": inEvent(
    "if (words.compareExchange(this.#state, state, next) === state) return;",
    "words.store(this.#state, next); return;",
  ),
  "take() believing its first look": inEvent(
    "return this.isSet && (this.#words.and(this.#state, ~IS_SET) & IS_SET) !== 0;",
    "const { isSet } = this; this.reset(); return isSet;",
  ),
  "a manual event forgetting that it was set": inEvent(
    "return (state & IS_SET) !== 0 || state >>> 1 !== since;",
    "return (state & IS_SET) !== 0;",
  ),
};
