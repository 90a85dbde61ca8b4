/**
 * When records are due that are sent at a rate.
 *
 * @module
 */

/** How much of a delay is made up for at once; what was missed before that is not. */
const CATCH_UP_MS = 100;

/**
 * A schedule of so many records a second. It never waits itself: it says how many are due, and when the next one is.
 * After a short delay the records that were missed are due together, after a long one only those of the last
 * 100 ms, so that whoever was stopped does not begin with a flood.
 */
export class Pace {
  readonly #perMs: number;
  readonly #batchRecords: number;
  #originMs: number;
  #sent = 0;

  /**
   * @param perSecond Records a second; 0: as many as possible.
   * @param startMs When the first one is due, on the caller's clock.
   * @param batchRecords So many are due together: when the last of them would be due alone.
   */
  constructor(perSecond: number, startMs: number, batchRecords = 1) {
    this.#batchRecords = batchRecords;
    this.#perMs = perSecond === 0 ? Infinity : perSecond / 1000;
    this.#originMs = startMs;
  }

  /**
   * How many records may be sent.
   *
   * @param nowMs The time.
   * @returns 0 when the next one is not due yet.
   */
  due(nowMs: number): number {
    if (this.#perMs === Infinity) return Infinity;
    const single = Math.floor((nowMs - this.#originMs) * this.#perMs) + 1 - this.#sent;
    const due = this.#whole(single);
    const most = Math.max(this.#batchRecords, this.#whole(Math.ceil(CATCH_UP_MS * this.#perMs)));
    if (due <= most) return Math.max(0, due);
    this.#originMs += (due - most) / this.#perMs;
    return most;
  }

  /**
   * Notes what was sent.
   *
   * @param count How many records.
   */
  sent(count: number): void {
    this.#sent += count;
  }

  /**
   * How long nothing is due, in milliseconds.
   *
   * @param nowMs The time.
   */
  delayMs(nowMs: number): number {
    if (this.#perMs === Infinity) return 0;
    const last = this.#sent + this.#batchRecords - 1;
    return Math.max(0, this.#originMs + last / this.#perMs - nowMs);
  }

  /** As many as whole batches have. */
  #whole(count: number): number {
    return Math.floor(count / this.#batchRecords) * this.#batchRecords;
  }
}
