/**
 * Shared memory on which somebody else acts between any two steps.
 *
 * @module
 */
import { SharedWords, type Words } from "../../../src/words.ts";

/** Words that count every access, and let somebody else act just before one of them. */
export class SteppedWords implements Words {
  readonly #words: SharedWords;
  /** How many accesses there were. */
  steps = 0;
  #at = -1;
  #action: () => void = () => {};

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#words = new SharedWords(bytes);
  }

  /** Acts once, before the access with a number, counted from now. What it does is not counted. */
  interrupt(at: number, action: () => void): void {
    this.steps = 0;
    this.#at = at;
    this.#action = action;
  }

  /**
   * Counts an access, or a step that is none, such as copying a part of a record.
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

  load(index: number): number {
    this.step(index);
    return this.#words.load(index);
  }

  store(index: number, value: number): void {
    this.step(index);
    this.#words.store(index, value);
  }

  add(index: number, delta: number): number {
    this.step(index);
    return this.#words.add(index, delta);
  }

  and(index: number, mask: number): number {
    this.step(index);
    return this.#words.and(index, mask);
  }

  or(index: number, mask: number): number {
    this.step(index);
    return this.#words.or(index, mask);
  }

  exchange(index: number, value: number): number {
    this.step(index);
    return this.#words.exchange(index, value);
  }

  compareExchange(index: number, expected: number, value: number): number {
    this.step(index);
    return this.#words.compareExchange(index, expected, value);
  }

  acquire(): void {
    this.#words.acquire();
  }

  fence(): void {
    this.#words.fence();
  }

  glance(index: number): number {
    this.step(index);
    return this.#words.glance(index);
  }

  get(index: number): number {
    this.step(index);
    return this.#words.get(index);
  }

  set(index: number, value: number): void {
    this.step(index);
    this.#words.set(index, value);
  }
}
