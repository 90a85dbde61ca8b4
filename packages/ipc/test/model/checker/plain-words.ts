/**
 * `Words` on a plain array: for what runs alone, or with others that a test lets act between two of its steps.
 *
 * @module
 */
import type { Words } from "../../../src/words.ts";

/** Words that nobody else touches, except when `before` lets them. */
export class PlainWords implements Words {
  readonly values: Int32Array;
  /** Called before every step: with the word that is accessed, or without one. */
  before: (index?: number) => void = () => {};

  /** @param values The words, or how many there are. */
  constructor(values: Int32Array | number) {
    this.values = typeof values === "number" ? new Int32Array(values) : values;
  }

  load(index: number): number {
    this.before(index);
    return this.#at(index);
  }

  store(index: number, value: number): void {
    this.before(index);
    this.#at(index);
    this.values[index] = value;
  }

  add(index: number, delta: number): number {
    return this.change(index, (value) => value + delta);
  }

  and(index: number, mask: number): number {
    return this.change(index, (value) => value & mask);
  }

  or(index: number, mask: number): number {
    return this.change(index, (value) => value | mask);
  }

  exchange(index: number, value: number): number {
    return this.change(index, () => value);
  }

  compareExchange(index: number, expected: number, value: number): number {
    return this.change(index, (found) => (found === expected ? value : found));
  }

  acquire(): void {}

  fence(): void {
    this.before();
  }

  glance(index: number): number {
    return this.load(index);
  }

  get(index: number): number {
    return this.load(index);
  }

  set(index: number, value: number): void {
    this.store(index, value);
  }

  /** Changes a word in one step; returns the value before. */
  protected change(index: number, change: (value: number) => number): number {
    this.before(index);
    const value = this.#at(index);
    this.values[index] = change(value);
    return value;
  }

  #at(index: number): number {
    const value = this.values[index];
    if (value === undefined) throw new RangeError(`word ${index} is outside`);
    return value;
  }
}
