/**
 * Shared memory in which somebody lies.
 *
 * @module
 */
import fc from "fast-check";
import { SteppedWords } from "../topic/support/stepped-words.ts";

/** A word is overwritten just before somebody accesses it. */
export interface Lie {
  /** After how many accesses since the last lie. */
  readonly after: number;
  readonly value: number;
}

/** No call of a ring makes so many accesses: 64 attempts at a copy of a ring of 4 KiB are far from it. */
const ACCESSES_MAX = 1_000_000;

/** What may be true, nearly true, or not at all. */
const value = fc.oneof(
  fc.integer(),
  fc.integer({ min: -70, max: 70 }),
  fc.constantFrom(0x7fff_ffff, -0x8000_0000, -0x8000_0000 + 64, 1 << 30, 4096),
);

/** Some close behind each other, so that a call that looks twice sees two different things; some when much is there. */
export const someLies: fc.Arbitrary<Lie[]> = fc.array(
  fc.record({ after: fc.oneof(fc.nat(4), fc.nat(60), fc.nat(500)), value }),
  { maxLength: 40 },
);

/** Words of which one is changed right before it is looked at, again and again until the lies have been told. */
export class LyingWords extends SteppedWords {
  readonly #lies: readonly Lie[];
  #told = 0;
  #truths = 0;
  #accesses = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>, lies: readonly Lie[]) {
    super(bytes);
    this.#lies = lies;
  }

  /** Ends lying. */
  beHonest(): void {
    this.#told = this.#lies.length;
  }

  /** Lets one call be made; throws when it does not come to an end. */
  call<T>(run: () => T): T {
    this.#accesses = 0;
    return run();
  }

  override step(index?: number): void {
    super.step(index);
    if (++this.#accesses > ACCESSES_MAX) throw new Error("does not end");
    if (index === undefined) return;
    const lie = this.#lies[this.#told];
    if (lie === undefined || this.#truths++ < lie.after) return;
    this.#truths = 0;
    this.#told++;
    this.values[index] = lie.value;
  }
}
