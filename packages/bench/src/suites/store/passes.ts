/**
 * Timing operations on many keys.
 *
 * @module
 */
import type { Sizes } from "../../runner/sizes.ts";
import type { Figure } from "../../runner/suite.ts";
import { median } from "../../statistics/statistics.ts";

/** Operations that are timed together: so few that most of them run without another process in between. */
const CHUNK = 500;
/** How long before the timed passes, in times of a micro benchmark: everything is compiled by then, also on a busy machine. */
const WARM_UP = 4;

/** What is passed over again and again. */
export interface Passes {
  /** Operations of a whole pass. */
  readonly operations: number;
  /** How many times fewer passes than those of what takes less than a microsecond. Default 1. */
  readonly slowness?: number;
  /** Operations from one number up to, not including, another one. */
  readonly run: (from: number, to: number) => unknown;
  /** Operations that are timed together; default 500. */
  readonly chunk?: number;
}

/** The median time of an operation in nanoseconds. */
export async function timePasses(
  { updates, microMs }: Sizes,
  { operations, slowness = 1, run, chunk = CHUNK }: Passes,
): Promise<Figure> {
  const times: number[] = [];
  const warmAt = Bun.nanoseconds() + microMs * WARM_UP * 1e6;
  let passes = Math.max(3, Math.ceil(updates / 2000 / slowness));
  while (passes > 0) {
    const isWarm = Bun.nanoseconds() > warmAt;
    for (let from = 0; from < operations; from += chunk) {
      const to = Math.min(operations, from + chunk);
      const startedAt = Bun.nanoseconds();
      const pending = run(from, to);
      if (pending instanceof Promise) await pending;
      const elapsed = Bun.nanoseconds() - startedAt;
      if (isWarm) times.push(elapsed / (to - from));
    }
    if (isWarm) passes--;
  }
  return { value: median(times) };
}

/** Throws unless two numbers are the same. */
export function mustAddUp(sum: number, expected: number): void {
  if (sum !== expected) throw new Error(`the values add up to ${sum} instead of ${expected}`);
}
