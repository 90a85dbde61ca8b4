/**
 * The last records that a consumer was handed.
 *
 * @module
 */

/** Remembers the records since it was begun, and no more of them than there may be. */
export class Streak {
  #streams: number[] = [];
  #sequences: number[] = [];
  #limit = 0;

  /** Forgets all records. */
  begin(limit: number): void {
    this.#limit = limit;
    this.#streams = [];
    this.#sequences = [];
  }

  push(stream: number, sequence: number): void {
    this.#streams.push(stream);
    this.#sequences.push(sequence);
  }

  /** The lowest number of each stream among the last records. */
  firsts(): Map<number, number> {
    const firsts = new Map<number, number>();
    const { length } = this.#streams;
    for (let index = Math.max(0, length - this.#limit); index < length; index++) {
      const stream = this.#streams[index] as number;
      const sequence = this.#sequences[index] as number;
      firsts.set(stream, Math.min(firsts.get(stream) ?? sequence, sequence));
    }
    return firsts;
  }
}
