/**
 * Waiting for what must come, on a machine that may be busy.
 *
 * @module
 */

import { wine } from "./requirement.ts";

/** How many times as long everything may take, on an emulated CPU for example; see `scripts/other-bun-preload.ts`. */
const FACTOR = Number(process.env["ISTHMUS_TEST_PATIENCE"] ?? "1");
/** Whether everything takes longer than it should. */
export const isSlow: boolean = FACTOR > 1;

/**
 * How long a test with several processes may take, in milliseconds. Wine makes of one system call many, and of the start of a
 * process seconds.
 */
export const PROCESSES_MS: number = wine === undefined ? 60_000 : 300_000;

/**
 * How many of so many waits may be ended by the look by the clock that each takes once a second. None; but such a look may find
 * what somebody is about to ring for, and Wine and an emulated CPU stretch that moment: nine times in 2000 waits on a busy machine.
 */
export function timeoutWakesMax(waits: number): number {
  return wine === undefined && !isSlow ? 0 : Math.ceil(waits / 50);
}

/** What has not come by then never will, in milliseconds. Nothing depends on how fast the machine is. */
export const PATIENCE_MS: number = 60_000 * FACTOR;
/** Less than a test has: its time must not be over before it can say what it has waited for. */
const LOOKS_MS = 50_000 * FACTOR;
const LOOK_MS = 2;

/**
 * Waits for a promise, but not for ever.
 *
 * @param promise What must come.
 * @param complaint Says what has not come.
 * @param patienceMs How long to wait, in milliseconds.
 */
export async function within<T>(
  promise: Promise<T>,
  complaint: () => string,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(complaint())), patienceMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Looks again and again until there is something.
 *
 * @param look Returns false or undefined while there is nothing.
 * @param what What must come, for the message of the error.
 * @returns What it found.
 */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
): Promise<T> {
  const endMs = performance.now() + LOOKS_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > endMs) throw new Error(`There is no sign of this: ${what}`);
    await Bun.sleep(LOOK_MS);
  }
}
