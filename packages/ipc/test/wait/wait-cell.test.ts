/** No wake-up is lost: every meeting of those who wait and those who wake, and the mistakes that would lose one. */
import { describe, expect, test } from "bun:test";
import { WaitCell } from "../../src/wait/wait-cell.ts";
import { type Mistake, mutate } from "../sync/support/mutant.ts";
import { type CellClass, hastyPoster, meetings } from "./cell-model.ts";

const MISTAKES: Readonly<Record<string, Mistake>> = {
  "sleep() announces itself after the look": [
    `    this.#words.or(this.#armed, ARMED_SLEEPER);
    if (isTrue()) return "changed";`,
    `    if (isTrue()) return "changed";
    this.#words.or(this.#armed, ARMED_SLEEPER);`,
  ],
  "sleep() reads the sequence after the look": [
    "this.#futex.wait(sequence, timeoutMs)",
    "this.#futex.wait(this.#words.load(this.#sequence), timeoutMs)",
  ],
  "sleep() does not announce itself": ["    this.#words.or(this.#armed, ARMED_SLEEPER);\n", ""],
  "wake() does not change the sequence": ["      words.add(this.#sequence, 1);\n", ""],
  "wake() does not wake the futex": ["      this.#futex.wake(EVERYBODY);\n", ""],
  "wake() takes bells for sleepers": [
    "if ((armed & ARMED_BELL) === 0) return;",
    "if ((armed & ARMED_SLEEPER) === 0) return;",
  ],
  "arm() announces itself in the cell before its slot": [
    `    const wasArmed = this.#bells.arm(this.#index);
    this.#words.or(this.#armed, ARMED_BELL);`,
    `    this.#words.or(this.#armed, ARMED_BELL);
    const wasArmed = this.#bells.arm(this.#index);`,
  ],
  "arm() does not announce itself in the cell": [
    "    this.#words.or(this.#armed, ARMED_BELL);\n",
    "",
  ],
  "leave() takes the request of all tasks back": [
    "if (!this.#waiters.delete(onClose) || this.#waiters.size > 0) return;",
    "this.#waiters.delete(onClose);",
  ],
};

describe("WaitCell", () => {
  test("loses no wake-up, wherever waiters and posters meet", () => {
    expect([...meetings(WaitCell)]).toEqual([]);
  });

  test("loses wake-ups of who wakes before it publishes, so these meetings would show them", () => {
    expect(meetings(WaitCell, hastyPoster).size).toBeGreaterThan(1);
  });

  for (const [name, mistake] of Object.entries(MISTAKES)) {
    test(`would lose one if ${name}`, async () => {
      const mutant = await mutate<{ WaitCell: CellClass }>("wait/wait-cell.ts", mistake);
      expect(meetings(mutant.WaitCell).size).toBeGreaterThan(0);
    });
  }
});
