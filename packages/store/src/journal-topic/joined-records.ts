/**
 * The records of a topic that has a journal, one after the other: out of the rings while they have them, else out of the journal.
 *
 * A record is appended before it is published, and is published as it was appended, with its sequence. So the sequence alone
 * decides: what is before the one that is due has been handed out, what is that one is handed out, and when what is published is further on,
 * the journal has what is between. Nothing depends on who published it, in which ring, or how often that ring has come round.
 *
 * @module
 */
import type { Gap } from "../journal/record-cursor.ts";

/** The journal, as one reads it. */
export interface History {
  /** The last sequence, modulo 2^32, that somebody has said is there; 0 when nobody has. */
  readonly noted: number;
  /** Whether one should look although nobody has said anything; asked when there is nothing else to do. */
  isLookDue(): boolean;
  /** Goes to the place before a record. */
  seek(sequence: number): void;
  /** Goes on by one record. */
  advance(): "record" | "gap" | "end";
  /** Of the record that was found, and what was found missing. */
  readonly sequence: number;
  readonly gap: Gap;
}

/** What has been published, as it has been copied out of the rings: in the order of sequences. */
export interface Live {
  /** The sequence of the first one; 0 when there is none. */
  readonly sequence: number;
  /** Copies what has been published since out of the rings; returns whether there was any. */
  fetch(): boolean;
  /** Drops the first one. */
  drop(): void;
}

/** Where a record is. */
export type Step = "live" | "history" | "gap" | "end";

/** One reader. */
export class JoinedRecords {
  readonly #history: History;
  readonly #live: Live;
  /** The sequence that is due. */
  #next: number;
  /** Whether the journal is read. It is by then where this is. */
  #isBehind = true;
  /** What somebody had noted when the journal was looked at last. */
  #looked = 0;
  /** What is missing from both. */
  gap: Gap = { from: 0, to: 0 };

  /** @param next The sequence to begin with. */
  constructor(history: History, live: Live, next: number) {
    this.#history = history;
    this.#live = live;
    this.#next = next;
    history.seek(next);
  }

  /** The sequence of the record that comes next. */
  get next(): number {
    return this.#next;
  }

  /**
   * Goes on by one record, which is then the first one of `live`, or that of `history`.
   *
   * @returns `"end"` when nothing more has been appended.
   */
  step(): Step {
    const history = this.#history;
    const live = this.#live;
    for (;;) {
      this.#dropOld();
      if (live.sequence === this.#next) {
        this.#next++;
        this.#isBehind = false;
        return "live";
      }
      if (this.#isBehind) {
        const step = history.advance();
        if (step === "record") {
          this.#next = history.sequence + 1;
          return "history";
        }
        if (step === "gap") return this.#tellGap();
        this.#isBehind = false;
        // What was published before that look is in the journal, or it is not what it says.
        if (live.sequence !== 0) live.drop();
      }
      if (live.fetch()) continue;
      if (live.sequence === 0 && !this.#isMoreLikely()) return "end";
      history.seek(this.#next);
      this.#isBehind = true;
    }
  }

  #dropOld(): void {
    const live = this.#live;
    while (live.sequence !== 0 && live.sequence < this.#next) live.drop();
  }

  /** Whether the journal may have what nobody has published. */
  #isMoreLikely(): boolean {
    const { noted } = this.#history;
    const isNews = ((noted - this.#next) | 0) >= 0 && noted !== this.#looked;
    this.#looked = noted;
    return isNews || this.#history.isLookDue();
  }

  /** Some of what the journal lacks may still be in the rings. */
  #tellGap(): Step {
    const live = this.#live;
    live.fetch();
    this.#dropOld();
    const { to } = this.#history.gap;
    const isCut = live.sequence !== 0 && live.sequence <= to;
    const gap = { from: this.#next, to: isCut ? live.sequence - 1 : to };
    this.#isBehind = !isCut;
    if (gap.to < gap.from) return this.step();
    this.#next = gap.to + 1;
    this.gap = gap;
    return "gap";
  }
}
