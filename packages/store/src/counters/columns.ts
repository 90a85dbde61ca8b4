/**
 * The columns of numbers: one for each place, with one writer each, and one that everybody writes.
 *
 * @module
 */
import { SECTION } from "@isthmus/core/internal";
import type { Segment } from "@isthmus/ipc/internal";

import { DROPPED, LIVES_OFFSET } from "./counters-layout.ts";
import type { CountersShape } from "./counters-segment.ts";
import type { Family } from "./directory.ts";

/** The numbers of one segment, as one handle writes and reads them. */
export class Columns {
  /** The whole segment. What is told to count does so here, at `own` or `shared` and the number of its series. */
  readonly numbers: Float64Array;
  /** Where everybody's column begins. */
  readonly shared: number;
  /** Where this handle's column begins. */
  readonly own: number;
  readonly #segment: Segment;
  readonly #columnNumbers: number;
  readonly #lives: number;

  /**
   * Takes the column of this handle's place. What its last owner counted stays in it.
   *
   * @param numbers The whole segment.
   * @param families What is counted: when the last owner was another one, its gauges tell of nobody.
   * @throws {SystemError} `EAGAIN` when every place belongs to somebody alive; `ENOSPC` when there is no memory for a column.
   */
  constructor(
    segment: Segment,
    { columnBytes }: CountersShape,
    numbers: Float64Array,
    families: readonly Family[],
  ) {
    const { memory, participants } = segment;
    const { offset } = memory.section(SECTION.data);
    this.#segment = segment;
    this.#columnNumbers = columnBytes / 8;
    this.#lives = memory.wordOf(SECTION.state) + LIVES_OFFSET / 4;
    this.numbers = numbers;
    const slot = segment.slot < 0 ? segment.needPlace() : segment.slot;
    this.shared = offset / 8;
    this.own = this.#columnOf(slot);
    segment.allocate(SECTION.data, 0, columnBytes);
    const life = participants.generationOf(slot);
    const { words } = memory;
    if (words.load(this.#lives + slot) >>> 0 === life) return;
    segment.allocate(SECTION.data, (slot + 1) * columnBytes, columnBytes);
    this.#forgetGauges(families);
    words.store(this.#lives + slot, life);
  }

  /** Throws when the counters were disposed. */
  check(): void {
    this.#segment.checkOpen("SharedCounters");
  }

  /** Counts something for which there was no room. */
  drop(): void {
    this.numbers[this.own + DROPPED]! += 1;
  }

  /** Where the columns begin that anybody has ever had. */
  everybodys(): number[] {
    return this.#slots().map((slot) => this.#columnOf(slot));
  }

  /** Where the columns of those begin who live: a system call for each. */
  livings(): number[] {
    const { participants, memory } = this.#segment;
    return this.#slots()
      .filter((slot) => {
        const life = memory.words.load(this.#lives + slot) >>> 0;
        return life === participants.generationOf(slot) && participants.isAlive(slot);
      })
      .map((slot) => this.#columnOf(slot));
  }

  /** The sum of a number over columns; what nobody can have counted is left out. */
  sum(columns: readonly number[], number: number): number {
    let sum = 0;
    for (const column of columns) {
      const value = this.numbers[column + number] as number;
      if (Number.isFinite(value)) sum += value;
    }
    return sum;
  }

  /** The same for counts: they are not negative. */
  count(columns: readonly number[], number: number): number {
    let sum = 0;
    for (const column of columns) {
      const value = this.numbers[column + number] as number;
      if (value > 0 && value < Infinity) sum += value;
    }
    return sum;
  }

  #forgetGauges(families: readonly Family[]): void {
    for (const { definition, series } of families) {
      if (definition.type !== "gauge") continue;
      for (const { number } of series.values()) {
        this.numbers[this.own + number] = 0;
        this.numbers[this.own + number + 1] = 0;
      }
    }
  }

  #slots(): number[] {
    const { participants, memory } = this.#segment;
    const slots: number[] = [];
    for (let slot = 0; slot < participants.used; slot++) {
      // Memory of a column without a life may not be there yet.
      if (memory.words.load(this.#lives + slot) !== 0) slots.push(slot);
    }
    return slots;
  }

  #columnOf(slot: number): number {
    return this.shared + (slot + 1) * this.#columnNumbers;
  }
}
