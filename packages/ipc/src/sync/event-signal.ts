/**
 * The signal of an event: one word that is set, reset and, by an automatic event, taken.
 *
 * @module
 */
import type { Words } from "../words.ts";
import { EVENT, IS_SET, ONE_SETTING } from "./event-layout.ts";

/** The state word of an event. */
export class EventSignal {
  readonly #words: Words;
  readonly #state: number;

  /**
   * @param words The segment.
   * @param base Word at which the section begins.
   */
  constructor(words: Words, base: number) {
    this.#words = words;
    this.#state = base + EVENT.state;
  }

  /** Whether it is set. */
  get isSet(): boolean {
    return (this.#words.load(this.#state) & IS_SET) !== 0;
  }

  /** How often it has been set, modulo 2^31. */
  get settings(): number {
    return this.#words.load(this.#state) >>> 1;
  }

  /** Sets it; nothing happens when it is set. */
  set(): void {
    const words = this.#words;
    for (;;) {
      const state = words.load(this.#state);
      if ((state & IS_SET) !== 0) return;
      const next = (state + ONE_SETTING) | IS_SET;
      if (words.compareExchange(this.#state, state, next) === state) return;
    }
  }

  /** Resets it. */
  reset(): void {
    this.#words.and(this.#state, ~IS_SET);
  }

  /** Takes the signal of an automatic event: of many who try, one resets it and gets true. */
  take(): boolean {
    // Looked at first: a look in vain then leaves the word to those who have it in their cache.
    return this.isSet && (this.#words.and(this.#state, ~IS_SET) & IS_SET) !== 0;
  }

  /** Whether a manual event is set, or has been since `settings` had the given value. */
  hasBeenSet(since: number): boolean {
    const state = this.#words.load(this.#state);
    return (state & IS_SET) !== 0 || state >>> 1 !== since;
  }
}
