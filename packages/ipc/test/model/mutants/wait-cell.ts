/** Seeded bugs of the wait cell. */
import type { Seeded } from "../checker/seeded.ts";
import type { Mistake } from "../checker/source.ts";

const ANNOUNCE = "    this.#words.or(this.#armed, ARMED_SLEEPER);\n";
const LOOK = '    if (isTrue()) return "changed";\n';
const ARM_SLOT =
  "    const wasArmed = this.#bells.arm(this.#index);\n    this.#bells.checkWhole();\n";
const ARM_CELL = "    this.#words.or(this.#armed, ARMED_BELL);\n";

const bug = (from: string, to: string): Mistake[] => [{ file: "wait/wait-cell.ts", from, to }];

export const BUGS: Seeded = {
  "sleep() announcing itself after the look": [...bug(ANNOUNCE, ""), ...bug(LOOK, LOOK + ANNOUNCE)],
  "sleep() reading the sequence after the look": bug(
    "this.#futex.wait(sequence, timeoutMs)",
    "this.#futex.wait(this.#words.load(this.#sequence), timeoutMs)",
  ),
  "sleep() not announcing itself": bug(ANNOUNCE, ""),
  "sleep() not looking again": bug(LOOK, ""),
  "wake() not changing the sequence": bug("      words.add(this.#sequence, 1);\n", ""),
  "wake() not waking the futex": bug("      this.#futex?.wake(EVERYBODY);\n", ""),
  "wake() taking bells for sleepers": bug(
    "if ((armed & ARMED_BELL) === 0) return;",
    "if ((armed & ARMED_SLEEPER) === 0) return;",
  ),
  "arm() announcing itself in the cell before its slot": bug(
    ARM_SLOT + ARM_CELL,
    ARM_CELL + ARM_SLOT,
  ),
  "sleep() for a bell announcing itself after the look": bug(
    "    const canBeRung = this.arm() !== undefined;\n    if (!isTrue()) {\n",
    "    if (!isTrue()) {\n      const canBeRung = this.arm() !== undefined;\n",
  ),
  "arm() not announcing itself in the cell": bug(ARM_CELL, ""),
  "fenceAndWake() looking before the change can be seen": bug(
    "    this.#words.fence();\n    this.wake",
    "    this.wake",
  ),
  "leave() taking the request of all tasks back": bug(
    "if (this.#waiters.delete(waiter) && this.#waiters.size === 0) this.#bells",
    "if (this.#waiters.delete(waiter)) this.#bells",
  ),
};
