/**
 * One record that one writer at a time replaces and any number of readers read, none of them ever torn and none
 * waiting for the other.
 *
 * The writer fills the copy behind the current one and then moves the counter on: one store publishes all of it,
 * and a writer that dies before that store has changed nothing that a reader looks at. A reader copies the
 * current copy out and looks at the counter again: as long as it has moved by no more than two, the writer has
 * not come back to the copy that was read (it fills the fourth one at most). iceoryx2's and LMDB's double cells
 * are the same idea; four copies instead of two let a slow reader finish beside a fast writer.
 *
 * @module
 */
import { CorruptSegmentError } from "@isthmus/core";
import type { Words } from "../words.ts";
import { COPY_COUNT } from "./cells-layout.ts";

/** The copies, as the algorithm moves them. */
export interface Copies {
  /** Copies a whole cell out of shared memory into the reader's own. */
  copyOut(cell: number): void;
  /** Copies the writer's own into a cell. */
  copyIn(cell: number): void;
}

/**
 * How often a reader tries. A writer needs longer for three updates than a reader for one copy, so that more
 * than a few tries in a row mean that somebody moves the counter without writing records.
 */
const TRIES_MAX = 100_000;

/** By how much the counter may move while a copy is read. */
const MOVES_MAX = COPY_COUNT - 2;

/** The counter and its copies. */
export class VersionedCells {
  readonly #words: Words;
  #sequence: number;
  readonly #copies: Copies;
  readonly #copyOut = (cell: number): void => this.#copies.copyOut(cell);

  /**
   * @param words The segment.
   * @param sequence Word of the counter.
   * @param copies The copies.
   */
  constructor(words: Words, sequence: number, copies: Copies) {
    this.#words = words;
    this.#sequence = sequence;
    this.#copies = copies;
  }

  /** From now on means another record, whose counter is this word; the copies are its own business. */
  moveTo(sequence: number): void {
    this.#sequence = sequence;
  }

  /** The counter: differs from an earlier look when something was published in between. */
  get sequence(): number {
    return this.#words.load(this.#sequence);
  }

  /**
   * Copies the current record out, whole.
   *
   * @throws {CorruptSegmentError} When the counter never stands still for as long as a copy takes.
   */
  read(): void {
    this.look(this.#copyOut);
  }

  /**
   * Looks at the current record where it is.
   *
   * @param take Takes what it wants of a cell, which may change under its eyes: then it is called again, whatever it returned or threw.
   * @returns What it returned of a record that was whole.
   * @throws {CorruptSegmentError} When the counter never stands still for so long.
   */
  look<T>(take: (cell: number) => T): T {
    const words = this.#words;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const sequence = words.glance(this.#sequence);
      // What the writer wrote before it moved the counter is to be seen.
      words.acquire();
      try {
        const taken = take(sequence & (COPY_COUNT - 1));
        if (this.#isWhole(sequence)) return taken;
      } catch (error) {
        if (this.#isWhole(sequence)) throw error;
      }
    }
    throw new CorruptSegmentError(
      `Cannot read the record: its counter moved in each of ${TRIES_MAX} tries, faster than any writer writes`,
    );
  }

  /** Whether nobody has come back to what was read since the counter said so. */
  #isWhole(sequence: number): boolean {
    // The reading must be over before the counter is looked at again.
    this.#words.acquire();
    return (this.#words.glance(this.#sequence) - sequence) >>> 0 <= MOVES_MAX;
  }

  /** Publishes the writer's own as the new record. Only who holds the mutex may call it. */
  publish(): void {
    const next = (this.#words.load(this.#sequence) + 1) | 0;
    this.#copies.copyIn(next & (COPY_COUNT - 1));
    this.#words.store(this.#sequence, next);
  }
}
