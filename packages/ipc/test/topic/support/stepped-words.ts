/**
 * Shared memory on which somebody else acts between any two steps.
 *
 * @module
 */
import { PlainWords } from "../../model/checker/plain-words.ts";

/** Words that count every step, and let somebody else act just before one of them. */
export class SteppedWords extends PlainWords {
  /** How many steps there were. */
  steps = 0;
  #at = -1;
  #action: () => void = () => {};

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    super(new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2));
    this.before = (index) => this.step(index);
  }

  /** Acts once, before the step with a number, counted from now. What it does is not counted. */
  interrupt(at: number, action: () => void): void {
    this.steps = 0;
    this.#at = at;
    this.#action = action;
  }

  /**
   * Counts a step, also one that is no access, such as copying a part of a record.
   *
   * @param _index The word, if it is one.
   */
  step(_index?: number): void {
    if (this.steps++ !== this.#at) return;
    this.#at = -1;
    const { steps } = this;
    this.#action();
    this.steps = steps;
  }
}
