/**
 * `Words` on a plain array, for what runs alone: before the actors begin, and when they have ended.
 *
 * @module
 */
import type { Words } from "../../../src/words.ts";

/** Words that nobody else touches. */
export class PlainWords implements Words {
  readonly values: Int32Array;

  constructor(values: Int32Array) {
    this.values = values;
  }

  load(index: number): number {
    return this.values[index] as number;
  }

  store(index: number, value: number): void {
    this.values[index] = value;
  }

  add(index: number, delta: number): number {
    return this.#replace(index, this.load(index) + delta);
  }

  and(index: number, mask: number): number {
    return this.#replace(index, this.load(index) & mask);
  }

  or(index: number, mask: number): number {
    return this.#replace(index, this.load(index) | mask);
  }

  exchange(index: number, value: number): number {
    return this.#replace(index, value);
  }

  compareExchange(index: number, expected: number, value: number): number {
    return this.load(index) === expected ? this.#replace(index, value) : this.load(index);
  }

  acquire(): void {}

  fence(): void {}

  glance(index: number): number {
    return this.load(index);
  }

  get(index: number): number {
    return this.load(index);
  }

  set(index: number, value: number): void {
    this.values[index] = value;
  }

  #replace(index: number, value: number): number {
    const before = this.load(index);
    this.values[index] = value;
    return before;
  }
}
