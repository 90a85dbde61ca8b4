/** The mutex without robust mutexes: every meeting of those who lock, unlock, die, join and leave. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { SLOT_BYTES, SLOT_WORDS } from "../../src/segment/participant-layout.ts";
import { Participants } from "../../src/segment/participants.ts";
import { HOLDER, MUTEX } from "../../src/sync/mutex-layout.ts";
import { OwnerWord } from "../../src/sync/owner-word.ts";
import { PlainWords } from "../model/checker/plain-words.ts";
import { type Change, mutate } from "../model/checker/source.ts";
import { LockTable, WHO } from "../segment/participants-model.ts";
import { ownerWordMeetings, type Sources } from "./support/owner-word-model.ts";

const SLOTS = 2;
const BASE = SLOTS * SLOT_WORDS;

const SOUND: Sources = { Participants, OwnerWord };

/** Mistakes, by file. */
const MISTAKES: Readonly<Record<string, Readonly<Record<string, Change>>>> = {
  "sync/owner-word.ts": {
    "whoever finds a dead owner's name exchanged whatever is there by then": [
      "if (this.#words.compareExchange(holder, found, this.name) !== found) return",
      "if (this.#words.exchange(holder, this.name) === NOBODY) return",
    ],
    "names had no generation": [
      "(self.slot + 1) | (self.generation << HOLDER.generationShift)",
      "(self.slot + 1)",
    ],
    "names had no generation, and only the kernel were asked about the slot": [
      "const generation = name >>> HOLDER.generationShift;\n    return this.#lives.isOver(slot, generation, HOLDER.generationMask);",
      "return this.#lives.isOver(slot, 0, 0);",
    ],
    "the kernel were not asked": ['      if (!this.#isOver(found)) return "busy";\n', ""],
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
  function participant(words: PlainWords, locks: LockTable) {
    const participants = new Participants(words, 0, SLOTS * SLOT_BYTES, locks.of({}));
    const slot = participants.join(WHO, () => {});
    const self = { slot, generation: participants.generationOf(slot) };
    return new OwnerWord(words, BASE, self, participants);
  }

  function two(): [OwnerWord, OwnerWord, PlainWords] {
    const words = new PlainWords(BASE + MUTEX.holder + 1);
    const locks = new LockTable(words);
    return [participant(words, locks), participant(words, locks), words];
  }

  test("is EPERM to unlock for whoever does not hold it", () => {
    const [one, other] = two();
    expectCode(() => one.unlock(), "SystemError", "EPERM");
    expect([one.tryLock(), one.tryLock(), other.tryLock()]).toEqual(["acquired", "busy", "busy"]);
    expectCode(() => other.unlock(), "SystemError", "EPERM");
    one.unlock();
    expectCode(() => one.unlock(), "SystemError", "EPERM");
    expect(other.tryLock()).toBe("acquired");
  });

  test("names every slot and any generation, and refuses the name of nobody", () => {
    const [one, other, words] = two();
    expect(one.ownerSlot).toBe(-1);
    one.tryLock();
    expect([one.ownerSlot, other.ownerSlot]).toEqual([0, 0]);
    for (const name of [SLOTS + 1, HOLDER.slotMask, HOLDER.slotMask + 1, -HOLDER.slotMask - 1]) {
      words.values[BASE + MUTEX.holder] = name;
      const error = expectCode(() => other.tryLock(), "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
      expect(error.message).toContain(`one of ${SLOTS} slots`);
    }
    words.values[BASE + MUTEX.holder] = 1 | (-1 << HOLDER.generationShift); // a life of slot 0 that is over
    expect(other.tryLock()).toBe("abandoned");
  });
});
