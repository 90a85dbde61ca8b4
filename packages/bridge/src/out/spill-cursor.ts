/**
 * Where the journal between what is sent and the server is read.
 *
 * @module
 */
import type { bytes } from "@isthmus/ipc";
import type { Journal, JournalEntry } from "@isthmus/store";
import { decodeFrame, type Frame } from "../stream/frame.ts";

/** A message in the journal. */
export interface SpilledMessage {
  readonly sequence: number;
  /** When it was put there, in milliseconds since 1970. */
  readonly time: number;
  readonly frame: Frame;
}

/** Looks at one message after the other, and goes back when it is told to. */
export class SpillCursor {
  readonly #journal: Journal<typeof bytes>;
  /** The sequence of what is read next, and what was read and has not been passed. */
  #next: number;
  #head: SpilledMessage | undefined;
  #reading: Iterator<JournalEntry<typeof bytes>, undefined> | undefined;
  /** The sequence of the last message that there is. */
  last: number;

  constructor(journal: Journal<typeof bytes>) {
    this.#journal = journal;
    const { firstSequence, lastSequence } = journal.metrics;
    this.#next = firstSequence;
    this.last = lastSequence;
  }

  /** The sequence of what is read next. */
  get next(): number {
    return this.#next;
  }

  /** What was read and has not been passed. */
  get head(): SpilledMessage | undefined {
    return this.#head;
  }

  /** The message here; undefined behind the last one. */
  peek(): SpilledMessage | undefined {
    this.#head ??= this.#read();
    return this.#head;
  }

  /** Goes on to the next one. */
  pass(): void {
    this.#head = undefined;
  }

  /** Goes to a message, or to the first one behind it that is still there. */
  seek(sequence: number): void {
    this.#reading = undefined;
    this.#head = undefined;
    this.#next = Math.max(sequence, this.#journal.metrics.firstSequence);
  }

  #read(): SpilledMessage | undefined {
    while (this.#next <= this.last) {
      this.#reading ??= this.#journal.read({ from: this.#next })[Symbol.iterator]();
      const { done, value } = this.#reading.next();
      if (done === true || value === undefined) {
        this.#reading = undefined;
        return undefined;
      }
      if (value.gap !== undefined) {
        this.#next = value.gap.to + 1;
        continue;
      }
      const { sequence, time } = value;
      this.#next = sequence + 1;
      return { sequence, time, frame: decodeFrame(value.value) };
    }
    return undefined;
  }
}
