/**
 * Waiting for the garbage collector and its finalisers.
 *
 * @module
 */

const ATTEMPTS_MAX = 50;

/**
 * Collects garbage until a condition holds. Finalisers run between turns of the event loop, and one
 * collection may find what another one released, so once is not enough; without end would be too much.
 *
 * @returns Whether it came to hold.
 */
export async function collectUntil(isReached: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    Bun.gc(true);
    await Bun.sleep(2);
    if (isReached()) return true;
  }
  return false;
}
