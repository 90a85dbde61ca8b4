/**
 * Lets a long computation be interrupted.
 *
 * @module
 */

/** Signals and timers wait at most this long; returning to the event loop costs about 10 µs. */
const BREATH_MS = 40;

/**
 * Builds a function that a long loop calls in every round. It returns to the event loop now and
 * then, so that Ctrl-C is heard, and throws the signal's reason once it is aborted.
 *
 * @param signal What interrupts the loop.
 * @returns The function to await in every round; almost always it only looks at the clock.
 */
export function createBreather(signal: AbortSignal): () => Promise<void> | undefined {
  let nextMs = performance.now() + BREATH_MS;
  return () => {
    if (performance.now() < nextMs) return undefined;
    return new Promise<void>((resolve, reject) => {
      // A macrotask: promises alone never let the event loop turn.
      setImmediate(() => {
        nextMs = performance.now() + BREATH_MS;
        if (signal.aborted) reject(signal.reason);
        else resolve();
      });
    });
  };
}
