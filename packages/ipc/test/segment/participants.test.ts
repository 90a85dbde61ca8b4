/** Participants: every meeting of those who join, leave, die and reap; hostile words; full tables. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import {
  FIRST_SLOTS,
  SLOT_BYTES,
  SLOT_COUNT,
  SLOT_WORDS,
} from "../../src/segment/participant-layout.ts";
import { Participants } from "../../src/segment/participants.ts";
import { PlainWords } from "../model/checker/plain-words.ts";
import { type Change, mutate } from "../model/checker/source.ts";
import { crashes, meetings, type ParticipantsClass, WHO, World } from "./participants-model.ts";

const MISTAKES: Readonly<Record<string, Change>> = {
  "reapDead() does not look again under the lock": [
    "        if (!this.#isInUse(slot)) continue;\n",
    "",
  ],
  "join() does not look again under the lock": [
    "      if (!this.#isInUse(slot)) return this.#beginLife(slot);\n      this.#locks.unlock(slot);",
    "      return this.#beginLife(slot);",
  ],
  "join() does not clear up after the dead": ["      if (this.#isInUse(slot)) reap(slot);\n", ""],
  "reapDead() frees the slot before it has cleared up": [
    `        reap(slot);
        this.#words.store(this.#at(slot, SLOT.armed), 0);
        this.#words.store(this.#at(slot, SLOT.state), STATE.free);`,
    `        this.#words.store(this.#at(slot, SLOT.state), STATE.free);
        reap(slot);`,
  ],
};

describe("Participants", () => {
  test("are cleared up after exactly once, wherever joining, leaving, dying and reaping meet", () => {
    expect([...meetings(Participants)]).toEqual([]);
  });

  test("can die at every step", () => {
    expect([...crashes(Participants)]).toEqual([]);
  });

  for (const [name, mistake] of Object.entries(MISTAKES)) {
    test(`would not be if ${name}`, async () => {
      const file = "segment/participants.ts";
      const mutant = await mutate<{ Participants: ParticipantsClass }>(file, mistake);
      const found = [...meetings(mutant.Participants), ...crashes(mutant.Participants)];
      expect(found.length).toBeGreaterThan(0);
    });
  }

  test("fill all slots, then EAGAIN; dead slots are used again with a new generation", () => {
    const world = new World(Participants, SLOT_COUNT);
    const all = Array.from({ length: SLOT_COUNT }, () => world.handle());
    for (const handle of all) handle.join();
    expectCode(() => world.handle().join(), "SystemError", "EAGAIN");
    const reader = world.handle().participants;
    expect(reader.list().filter(({ isAlive }) => isAlive)).toHaveLength(SLOT_COUNT);
    all[17]?.die();
    expect([reader.isAlive(17), reader.hasDead(), reader.generationOf(17)]).toEqual([
      false,
      true,
      1,
    ]);
    const next = world.handle();
    next.join();
    expect([next.slot, reader.generationOf(17), reader.hasDead()]).toEqual([17, 2, false]);
    expect(world.violations).toEqual([]);
  });

  test("a reaper that fails leaves the dead to be seen as dead, and to the next one", () => {
    const world = new World(Participants, 2);
    const dead = world.handle();
    dead.join();
    dead.die();
    const failing = world.handle();
    const fail = (): never => {
      throw new Error("no");
    };
    expect(() => failing.participants.reapDead(fail)).toThrow("no");
    const { participants } = world.handle();
    expect(participants.isAlive(0)).toBe(false);
    expect(participants.reapDead(() => {})).toEqual([0]);
  });

  test("names and numbers come back as they were written", () => {
    const world = new World(Participants, 2);
    const { participants } = world.handle();
    const who = { ...WHO, bell: 2 ** 53 - 1, joinedAtMs: 2 ** 41, startTicks: 2 ** 33 + 5 };
    for (const [name, expected] of [
      ["árvíztűrő", "árvíztűrő"],
      ["x".repeat(80), "x".repeat(60)],
      ["é".repeat(40), "é".repeat(30)],
      [`${"x".repeat(59)}é`, "x".repeat(59)],
      ["", ""],
    ] as const) {
      const slot = participants.join({ ...who, name }, () => {});
      expect(participants.list()).toEqual([
        { ...who, name: expected, slot, generation: expect.any(Number), isAlive: true },
      ]);
      participants.leave(slot);
    }
  });

  test("any words at all can be read, asked and reaped", () => {
    for (let round = 0; round < 300; round++) {
      const words = new PlainWords(FIRST_SLOTS * SLOT_WORDS);
      crypto.getRandomValues(words.values);
      const locks = {
        tryLock: () => round % 2 === 0,
        unlock: () => {},
        isLockedByOther: () => round % 3 === 0,
      };
      const participants = new Participants(words, 0, FIRST_SLOTS * SLOT_BYTES, locks);
      for (const one of participants.list()) {
        expect(Number.isSafeInteger(one.bell) && one.bell >= 0).toBe(true);
        expect(Number.isSafeInteger(one.startTicks) && one.startTicks >= 0).toBe(true);
        expect(new TextEncoder().encode(one.name).length).toBeLessThanOrEqual(3 * 60);
      }
      for (const slot of [-1, 0, 63, 64, Number.MAX_SAFE_INTEGER]) {
        participants.isAlive(slot);
        expect(participants.bellOf(slot)).toBeGreaterThanOrEqual(0);
      }
      expect(participants.reapDead(() => {})).toHaveLength(round % 2 === 0 ? FIRST_SLOTS : 0);
    }
  });
});
