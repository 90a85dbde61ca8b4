/**
 * Waiting for what must come, on a machine that may be busy.
 *
 * @module
 */

/** How many times as long everything may take: more than once on an emulated CPU, or where Wine makes of one system call many. */
const FACTOR = Number(process.env["ISTHMUS_TEST_PATIENCE"] ?? "1");

/**
 * How long something may take here.
 *
 * @param milliseconds How long it may take on any machine that runs the tests as they are.
 */
export function patient(milliseconds: number): number {
  return milliseconds * FACTOR;
}

/**
 * How long a test may take, in milliseconds: what starts the tests says so to Bun. Nothing depends on how fast a machine is, and
 * one that has not ended by then hangs. A test that needs more takes `setDefaultTimeout(patient(…))`.
 */
export const TEST_MS: number = patient(600_000);

/**
 * How many of so many waits may be ended by the look by the clock that each takes once a second. None; but such a look may find
 * what somebody is about to ring for, and a busy machine stretches that moment: once in five waits at a load of ten, nine times in
 * 2000 under Wine. Where wake-ups are lost, far more are.
 */
export function timeoutWakesMax(waits: number): number {
  return Math.ceil(waits / (FACTOR > 1 ? 50 : 500));
}

/**
 * What has not come by then never will, in milliseconds: less than a test has, which must be able to say what it has waited for. Nothing
 * depends on how fast the machine is.
 */
export const PATIENCE_MS: number = patient(180_000);
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
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > endMs) throw new Error(`There is no sign of this: ${what}`);
    await Bun.sleep(LOOK_MS);
  }
}
