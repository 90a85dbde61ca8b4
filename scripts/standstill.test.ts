/** What counts as a standstill of the machine, and what is only a busy one. */
import { expect, test } from "bun:test";
import { StandstillWatch, stoodOf } from "./standstill.ts";

test("three quarters of the time must be lost by one cause", () => {
  expect(stoodOf(1000, [0, 0, 0, 0])).toBe(0);
  expect(stoodOf(1000, [700, 700, 700, 700])).toBe(0);
  expect(stoodOf(1000, [0, 0, 800, 10])).toBe(800);
  expect(stoodOf(531_000, [530_000, 0, 0, 0])).toBe(530_000);
  // Counted by another clock.
  expect(stoodOf(1000, [0, 1300, 0, 0])).toBe(1000);
});

test("a look that comes late tells how long nothing ran", async () => {
  using watch = new StandstillWatch(10);
  await Bun.sleep(1);
  Bun.sleepSync(500);
  // A busy machine may have stood still before that, for a shorter time.
  while (watch.stoodMs < 400) await Bun.sleep(1);
});
