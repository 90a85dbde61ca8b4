/**
 * How long the demonstration's processes wait for each other.
 *
 * @module
 */

/** Far more than any answer needs, also on a machine that is busy with much else: only a partner that is gone takes so long. */
export const PATIENCE_MS = 60_000;
