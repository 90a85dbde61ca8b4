/** The mutex without robust mutexes: every meeting of those who lock, unlock, die, join and leave. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { SLOT_BYTES, SLOT_WORDS } from "../../src/segment/participant-layout.ts";
import { Participants } from "../../src/segment/participants.ts";
import { MUTEX } from "../../src/sync/mutex-layout.ts";
import { OwnerWord } from "../../src/sync/owner-word.ts";
import { LockTable, WHO } from "../segment/participants-model.ts";
import { ArrayWords } from "./support/array-words.ts";
import { type Mistake, mutate } from "./support/mutant.ts";
import { ownerWordMeetings, type Sources } from "./support/owner-word-model.ts";

const SLOTS = 2;
const BASE = SLOTS * SLOT_WORDS;

const SOUND: Sources = { Participants, OwnerWord };

/** Mistakes, by file. */
const MISTAKES: Readonly<Record<string, Readonly<Record<string, Mistake>>>> = {
  "sync/owner-word.ts": {
    "whoever finds a dead owner's name exchanged whatever is there by then": [
      "if (this.#words.compareExchange(holder, found, this.#name) !== found) return",
      "if (this.#words.exchange(holder, this.#name) === NOBODY) return",
    ],
    "names had no generation": [
      "(self.slot + 1) | (self.generation << HOLDER.generationShift)",
      "(self.slot + 1)",
    ],
    "names had no generation, and only the kernel were asked about the slot": [
      "const generation = name >>> HOLDER.generationShift;\n    return this.#lives.isOver(slot, generation, HOLDER.generationMask);",
      "return this.#lives.isOver(slot, 0, 0);",
    ],
    "the kernel were not asked": [
      "      if (!this.#isOver(found)) return this.#busy(found);\n",
      "",
    ],
    "the dead were never found": ["if (!this.#isOver(found))", "if (this.#isOver(found) || true)"],
    "the next one were not told": ['found === NOBODY ? "acquired" : "abandoned"', '"acquired"'],
  },
  "segment/participants.ts": {
    "a life were taken for the next one in its slot": [
      "    if ((this.generationOf(slot) & mask) !== generation) return true;\n",
      "",
    ],
    "a life began after the dead's traces have been cleared up": [
      "      this.#beginLife(slot);\n      if (this.#isInUse(slot)) reap(slot);\n",
      "      if (this.#isInUse(slot)) reap(slot);\n      this.#beginLife(slot);\n",
    ],
  },
};

describe("OwnerWord", () => {
  test("has one owner, robs nobody alive and is never lost, whoever meets where", () => {
    const { violations, count } = ownerWordMeetings(SOUND);
    expect([...violations]).toEqual([]);
    expect(count).toBeGreaterThan(1000);
  });

  for (const [file, mistakes] of Object.entries(MISTAKES)) {
    for (const [name, mistake] of Object.entries(mistakes)) {
      test(`would not if ${name}`, async () => {
        const mutant = await mutate<Partial<Sources>>(file, mistake);
        expect(ownerWordMeetings({ ...SOUND, ...mutant }).violations.size).toBeGreaterThan(0);
      });
    }
  }

  /** A participant of a segment whose mutex begins at word `BASE`. */
  function participant(words: ArrayWords, locks: LockTable, bell: number) {
    const participants = new Participants(words, 0, SLOTS * SLOT_BYTES, locks.of({}));
    const slot = participants.join({ ...WHO, bell }, () => {});
    const self = { slot, generation: participants.generationOf(slot), bell };
    return new OwnerWord(words, BASE, self, participants);
  }

  function twoOf(bells: readonly [number, number]): [OwnerWord, OwnerWord, ArrayWords] {
    const words = new ArrayWords(BASE + MUTEX.holder + 1);
    const locks = new LockTable(words);
    return [participant(words, locks, bells[0]), participant(words, locks, bells[1]), words];
  }

  test("is EPERM to unlock for whoever does not hold it", () => {
    const [one, two] = twoOf([1, 2]);
    expectCode(() => one.unlock(), "SystemError", "EPERM");
    expect([one.tryLock(), two.tryLock()]).toEqual(["acquired", "busy"]);
    expectCode(() => two.unlock(), "SystemError", "EPERM");
    one.unlock();
    expectCode(() => one.unlock(), "SystemError", "EPERM");
    expect(two.tryLock()).toBe("acquired");
  });

  test("is EDEADLK to lock for the thread that holds it, through whichever participant", () => {
    const [one, two] = twoOf([7, 7]);
    expect(one.tryLock()).toBe("acquired");
    expectCode(() => one.tryLock(), "SystemError", "EDEADLK");
    expectCode(() => two.tryLock(), "SystemError", "EDEADLK");
    const [first, second] = twoOf([0, 0]); // those without a bell cannot be told apart
    expect([first.tryLock(), second.tryLock()]).toEqual(["acquired", "busy"]);
  });

  test("names every slot and any generation, and refuses the name of nobody", () => {
    const [one, two, words] = twoOf([1, 2]);
    expect(one.ownerSlot).toBe(-1);
    one.tryLock();
    expect([one.ownerSlot, two.ownerSlot]).toEqual([0, 0]);
    for (const name of [SLOTS + 1, 0xff, 0x100, -256]) {
      words.values[BASE + MUTEX.holder] = name;
      const error = expectCode(() => two.tryLock(), "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
      expect(error.message).toContain(`one of ${SLOTS} slots`);
    }
    words.values[BASE + MUTEX.holder] = 1 | (-1 << 8); // a life of slot 0 that is over
    expect(two.tryLock()).toBe("abandoned");
  });
});
