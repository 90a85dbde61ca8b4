/**
 * Writing to something that may be full, without waiting and without losing anything.
 *
 * @module
 */

/** Takes as many bytes as there is room for, and says how many those were. */
export type Sink = (bytes: Uint8Array) => number;

/** Keeps what did not fit and tries again in the next turn of the event loop. */
export class Backlog {
  readonly #sink: Sink;
  readonly #waiting: Uint8Array[] = [];

  /** @param sink Where everything goes, in order. */
  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Writes bytes; they may be reused afterwards. */
  write(bytes: Uint8Array): void {
    const done = this.#waiting.length === 0 ? this.#sink(bytes) : 0;
    if (done === bytes.length) return;
    this.#waiting.push(bytes.slice(done));
    if (this.#waiting.length === 1) setImmediate(this.#retry);
  }

  readonly #retry = (): void => {
    for (;;) {
      const next = this.#waiting[0];
      if (next === undefined) return;
      const done = this.#sink(next);
      if (done < next.length) {
        this.#waiting[0] = next.subarray(done);
        setImmediate(this.#retry);
        return;
      }
      this.#waiting.shift();
    }
  };
}
