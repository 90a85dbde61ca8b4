/**
 * Waiting for what must come, on a machine that may be busy.
 *
 * @module
 */

/** Whatever has not come by then never will. */
export const PATIENCE_MS = 60_000;

const PAUSE_MS = 20;

/** Waits for a promise, but not for ever. */
export async function patiently<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`There is no sign of ${what}`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Looks again and again until there is something to be seen. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > endMs) throw new Error(`There is no sign of ${what}`);
    await Bun.sleep(PAUSE_MS);
  }
}
