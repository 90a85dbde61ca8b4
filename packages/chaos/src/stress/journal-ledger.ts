/**
 * What those who work on a journal in a storm write down, in memory that outlives all of them.
 *
 * ```text
 *     0 ┌ faults    f64 × 4   in the order of JOURNAL_FAULTS
 *    64 │ handled   f64 × 8   sequence of the last record whose body has ended, of each tailer
 *   128 └ promised  f64 for each victim: how many of its records have been appended for certain
 * ```
 *
 * @module
 */
import { MemoryMappedFile, type ViewAccessor } from "@isthmus/core";

/** What must not happen, and is counted by whoever sees it. */
export const JOURNAL_FAULTS = ["skipped", "repeated", "gap", "torn"] as const;
export type JournalFault = (typeof JOURNAL_FAULTS)[number];

/** Victims of one round. */
const VICTIMS_MAX = 4096;
const HANDLED = 8;
const PROMISED = 16;
const LENGTH_BYTES = (PROMISED + VICTIMS_MAX) * 8;
const NAME = "journal-ledger";

/** The ledger of one round. */
export class JournalLedger implements Disposable {
  readonly #memory: ViewAccessor;
  readonly #numbers: Float64Array;

  /** @param isNew Whether to make it. */
  constructor(isNew: boolean) {
    using file = isNew
      ? MemoryMappedFile.createNew(NAME, LENGTH_BYTES)
      : MemoryMappedFile.openExisting(NAME);
    this.#memory = file.createViewAccessor();
    const { buffer, byteOffset } = this.#memory.bytes();
    this.#numbers = new Float64Array(buffer, byteOffset, LENGTH_BYTES / 8);
  }

  /** Counts what must not happen: victims may overwrite each other's counts, but not the first. */
  count(fault: JournalFault): void {
    this.#numbers[JOURNAL_FAULTS.indexOf(fault)]! += 1;
  }

  counted(fault: JournalFault): number {
    return this.#numbers[JOURNAL_FAULTS.indexOf(fault)] as number;
  }

  /** The sequence of the last record that a tailer has handled; 0: none. */
  handled(tailer: number): number {
    return this.#numbers[HANDLED + tailer] as number;
  }

  handle(tailer: number, sequence: number): void {
    this.#numbers[HANDLED + tailer] = sequence;
  }

  /** How many of a victim's records were appended for certain. */
  promised(victim: number): number {
    return this.#numbers[PROMISED + victim] as number;
  }

  promise(victim: number, count: number): void {
    this.#numbers[PROMISED + victim] = count;
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }
}
