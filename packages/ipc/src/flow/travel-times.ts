/**
 * How long records took from being sent to being handed out.
 *
 * @module
 */
import { sharedClock } from "../metrics/clock.ts";
import { Histogram } from "../metrics/histogram.ts";
import { HistogramSnapshot } from "../metrics/histogram-snapshot.ts";

/** The receiver's side of records that tell when they were sent. */
export class TravelTimes {
  readonly #memory: Uint8Array<ArrayBuffer>;
  readonly #histogram: Histogram;
  readonly #now = sharedClock();

  constructor(memory: Uint8Array<ArrayBuffer>) {
    this.#memory = memory;
    this.#histogram = new Histogram(memory);
  }

  /** The time by the clock that all processes share, in nanoseconds. */
  now(): number {
    return this.#now();
  }

  /** Notes that a record is handed out now; the time at which it was sent is whatever memory says. */
  note(sentNs: number): void {
    this.#histogram.record(this.#now() - sentNs);
  }

  /** Begins anew. */
  clear(): void {
    this.#memory.fill(0);
  }

  /** What has been counted so far, also by earlier receivers. */
  read(): HistogramSnapshot {
    return HistogramSnapshot.read(this.#memory);
  }
}
