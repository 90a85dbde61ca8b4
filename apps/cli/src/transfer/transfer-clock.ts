/**
 * How long a transfer took.
 *
 * @module
 */

/** Measures from the first record to the last, less the pauses between. */
export class TransferClock {
  #startMs: number | undefined;
  #lastMs = 0;
  #pausedMs = 0;

  /** Milliseconds of transfer so far. */
  get elapsedMs(): number {
    return this.#startMs === undefined ? 0 : this.#lastMs - this.#startMs - this.#pausedMs;
  }

  /**
   * Notes that records moved.
   *
   * @param fromMs When the first of them did.
   * @param toMs When the last of them had.
   */
  moved(fromMs: number, toMs: number): void {
    this.#startMs ??= fromMs;
    this.#lastMs = toMs;
  }

  /**
   * Leaves time out in which nobody was at the other end. Only what lies between records counts.
   *
   * @param fromMs When the pause began.
   * @param toMs When it was over.
   */
  paused(fromMs: number, toMs: number): void {
    if (this.#startMs === undefined) return;
    this.#pausedMs += toMs - fromMs;
    // A pause behind which no record comes would be counted against what was before it.
    this.#lastMs += toMs - fromMs;
  }
}
