/**
 * Counts the values of a column in what comes in chunks.
 *
 * @module
 */
import type { TopValues } from "@isthmus/core";
import { beginWork, mergerOf, type Task, workPlan } from "@isthmus/core/internal";

const LINE_FEED = 0x0a;
/** The longest line whose columns are looked at. */
const LINE_BYTES_MAX = 2 ** 30;
const TOO_LONG = "Cannot take a column: a line is longer than 1 GiB; scan without --top";

/** Counts the values of a column; blanks in any number separate columns, as in awk. Where chunks are cut changes nothing. */
export class ColumnCounter {
  readonly #task: Task & { readonly kind: "topValues" };
  readonly #work: ReturnType<typeof beginWork>;
  /** The beginning of a line that has not ended yet. */
  #carried: Buffer[] = [];
  #carriedBytes = 0;

  /** @param column Which column, from 1. */
  constructor(column: number) {
    this.#task = { kind: "topValues", column, separator: undefined, limit: 0 };
    this.#work = beginWork(workPlan(this.#task));
  }

  /** Looks at the next bytes. They are read before this returns. */
  add(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const first = bytes.indexOf(LINE_FEED) + 1;
    if (first === 0) {
      this.#carriedBytes += bytes.length;
      if (this.#carriedBytes > LINE_BYTES_MAX) throw new RangeError(TOO_LONG);
      this.#carried.push(Buffer.from(bytes));
      return;
    }
    const last = bytes.lastIndexOf(LINE_FEED) + 1;
    this.#run(Buffer.concat([...this.#carried, bytes.subarray(0, first)]));
    this.#run(bytes.subarray(first, last));
    this.#carried = [Buffer.from(bytes.subarray(last))];
    this.#carriedBytes = bytes.length - last;
  }

  /** Ends the input, and lists the most frequent values. */
  finish(limit: number): TopValues {
    this.#run(Buffer.concat(this.#carried));
    this.#carried = [];
    return mergerOf({ ...this.#task, limit }).finish([this.#work.finish()], 0) as TopValues;
  }

  #run(lines: Buffer): void {
    if (lines.length > 0) this.#work.run(lines, lines.length, 0);
  }
}
