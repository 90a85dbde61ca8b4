/**
 * Waiting for what must come, on a machine that may be busy.
 *
 * @module
 */

/** How many times as long everything may take, on an emulated CPU for example; see `scripts/other-bun-preload.ts`. */
const FACTOR = Number(process.env["ISTHMUS_TEST_PATIENCE"] ?? "1");
/** Whether everything takes longer than it should. */
export const isSlow: boolean = FACTOR > 1;
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
