/**
 * When records are due that are replayed as they came.
 *
 * @module
 */

/** A clock that begins with the first record and runs so many times as fast as that of the journal. */
export class ReplayPace {
  readonly #speed: number;
  #firstTime: number | undefined;
  #startMs = 0;

  /** @param speed 0: everything is due at once. */
  constructor(speed: number) {
    this.#speed = speed;
  }

  /**
   * How long it is until a record is due, in milliseconds; 0 for one that is late.
   *
   * @param time When it was appended, in milliseconds since 1970.
   * @param nowMs The time on any clock that only goes forward.
   */
  delayMs(time: number, nowMs: number): number {
    if (this.#firstTime === undefined) {
      this.#firstTime = time;
      this.#startMs = nowMs;
    }
    if (this.#speed === 0) return 0;
    const dueMs = this.#startMs + (time - this.#firstTime) / this.#speed;
    return Math.max(0, dueMs - nowMs);
  }
}
