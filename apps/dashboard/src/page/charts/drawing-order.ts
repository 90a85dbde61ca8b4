/**
 * Whose turn it is to be drawn.
 *
 * @module
 */

/** What is drawn from time to time. */
export interface Drawn {
  /** When it was drawn last. */
  readonly drawnAtMs: number;
}

/**
 * Chooses who has waited longest: where drawing takes so long that the first one is due again before the last one had its
 * turn, all have theirs all the same.
 *
 * @param due Those whose time has come.
 * @returns The one to draw now; undefined when there is none.
 */
export function nextToDraw<T extends Drawn>(due: readonly T[]): T | undefined {
  return due.reduce<T | undefined>((first, one) => {
    return first === undefined || one.drawnAtMs < first.drawnAtMs ? one : first;
  }, undefined);
}
