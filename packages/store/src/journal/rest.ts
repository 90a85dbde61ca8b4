/**
 * Stopping a thread for less than a millisecond.
 *
 * @module
 */

/** Nobody wakes who sleeps here. */
const PILLOW = new Int32Array(new SharedArrayBuffer(4));

/**
 * Stops this thread for a moment. `Bun.sleepSync` drops fractions (Bun 1.4.5).
 *
 * @param ms For how long, in milliseconds, also parts of one.
 */
export function rest(ms: number): void {
  Atomics.wait(PILLOW, 0, 0, ms);
}
