/** Seeded bugs of joining and clearing up. */
import type { Seeded } from "../checker/seeded.ts";
import type { Mistake } from "../checker/source.ts";

const bug = (from: string, to: string): Mistake[] => [
  { file: "segment/participants.ts", from, to },
];

const REAP = "        reap(slot);\n";
const FREE = "        this.#words.store(this.#at(slot, SLOT.state), STATE.free);\n";
const DISARM = "        this.#words.store(this.#at(slot, SLOT.armed), 0);\n";
const TAKE_FREE = "      if (!this.#isInUse(slot)) return this.#beginLife(slot);\n";

/** Those that any order of memory shows. */
export const LOGICAL: Seeded = {
  "reapDead() not looking again under the lock": bug(
    "        if (!this.#isInUse(slot)) continue;\n",
    "",
  ),
  "join() not looking again under the lock": bug(
    `${TAKE_FREE}      this.#locks.unlock(slot);\n`,
    "      return this.#beginLife(slot);\n",
  ),
  "join() not clearing up after the dead": bug("      if (this.#isInUse(slot)) reap(slot);\n", ""),
  "reapDead() freeing the slot before it has cleared up": bug(
    REAP + DISARM + FREE,
    FREE + REAP + DISARM,
  ),
  "reapDead() keeping the lock": bug("        this.#locks.unlock(slot);\n", ""),
  "leave() unlocking before the slot is free": bug(
    `    this.#words.store(this.#at(slot, SLOT.state), STATE.free);
    this.#locks.unlock(slot);`,
    `    this.#locks.unlock(slot);
    this.#words.store(this.#at(slot, SLOT.state), STATE.free);`,
  ),
};

/** Those that only a CPU of weak order shows. */
export const WEAK: Seeded = {
  "join() publishing its slot with a plain store": bug(
    "    this.#words.store(this.#at(slot, SLOT.state), STATE.joined);\n",
    "    this.#words.set(this.#at(slot, SLOT.state), STATE.joined);\n",
  ),
  "others looking at the slot's state with a plain load": bug(
    "return this.#words.load(this.#at(slot, SLOT.state)) !== STATE.free;",
    "return this.#words.get(this.#at(slot, SLOT.state)) !== STATE.free;",
  ),
};
