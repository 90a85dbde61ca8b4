/**
 * One participant's counters in shared memory.
 *
 * @module
 */
import type { Mapping } from "@isthmus/core/internal";
import { COUNTER, COUNTERS_BYTES, type CounterName } from "./counter-layout.ts";

/**
 * Counters with one writer. A successor counts on where the last writer stopped.
 *
 * **Safety.** Reads are plain and never torn; what another process writes arrives in its own time.
 */
export class Counters {
  readonly #values: Float64Array;

  /**
   * @param mapping The segment.
   * @param offset Where the counters begin in it, in bytes; a multiple of 8.
   */
  constructor(mapping: Mapping, offset: number) {
    const { buffer, byteOffset } = mapping.bytes(offset, COUNTERS_BYTES);
    this.#values = new Float64Array(buffer, byteOffset, COUNTERS_BYTES / 8);
  }

  /** A counter's value; 0 when memory holds what no counter can be. */
  get(name: CounterName): number {
    const value = this.#values[COUNTER[name]] as number;
    return Number.isFinite(value) && value > 0 ? value : 0;
  }

  /** Adds to a counter. */
  add(name: CounterName, count: number): void {
    this.#values[COUNTER[name]] = this.get(name) + count;
  }

  /** Counts records that were sent or consumed. */
  addRecords(records: number, bytes: number): void {
    const values = this.#values;
    values[COUNTER.records] = (values[COUNTER.records] as number) + records;
    values[COUNTER.bytes] = (values[COUNTER.bytes] as number) + bytes;
  }

  /** Notes the time: costs about 35 ns, so it is called once per many records. */
  touch(): void {
    this.#values[COUNTER.lastActivity] = Date.now();
  }
}
