/**
 * How long the demonstration's processes wait for each other, and work.
 *
 * @module
 */

/** Far more than any answer needs, also on a machine that is busy with much else: only a partner that is gone takes so long. */
export const PATIENCE_MS = 60_000;

/** How long they do one thing again and again: where much else is done, they do less of it. */
const WORK_MS = 1000;
/** Between two looks at the clock. */
const TIMES_PER_LOOK = 64;

/**
 * Does something again and again, so often, or as often as there is time for.
 *
 * @returns How often.
 */
export function repeat(times: number, action: () => void): number {
  const endMs = performance.now() + WORK_MS;
  let done = 0;
  for (; done < times; done += 1) {
    if (done % TIMES_PER_LOOK === 0 && performance.now() > endMs) break;
    action();
  }
  return done;
}
