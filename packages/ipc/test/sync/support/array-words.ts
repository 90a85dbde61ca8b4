/**
 * `Words` on a plain array, which tells of every step before it is taken.
 *
 * @module
 */
import type { Words } from "../../../src/words.ts";

/** Thrown by a hook to end an actor in the middle of what it does, as SIGKILL would. */
export class Crash extends Error {}

/** Words that a test can stop at, look into, and end a process in. */
export class ArrayWords implements Words {
  readonly values: Int32Array;
  /** Called before every step. */
  before: () => void = () => {};

  constructor(count: number) {
    this.values = new Int32Array(count);
  }

  load(index: number): number {
    this.before();
    return this.values[index] as number;
  }

  store(index: number, value: number): void {
    this.before();
    this.values[index] = value;
  }

  add(index: number, delta: number): number {
    return this.#change(index, (value) => value + delta);
  }

  and(index: number, mask: number): number {
    return this.#change(index, (value) => value & mask);
  }

  or(index: number, mask: number): number {
    return this.#change(index, (value) => value | mask);
  }

  exchange(index: number, value: number): number {
    return this.#change(index, () => value);
  }

  compareExchange(index: number, expected: number, value: number): number {
    return this.#change(index, (found) => (found === expected ? value : found));
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

  acquire(): void {}

  fence(): void {
    this.before();
  }

  #change(index: number, change: (value: number) => number): number {
    this.before();
    const value = this.values[index] as number;
    this.values[index] = change(value);
    return value;
  }
}

/**
 * Runs something that crashes before its `step`-th step.
 *
 * @returns Whether it came to its end, because it has fewer steps.
 */
export function crashAt(words: ArrayWords, step: number, action: () => void): boolean {
  let steps = 0;
  words.before = () => {
    if (++steps === step) throw new Crash();
  };
  try {
    action();
    return true;
  } catch (error) {
    if (error instanceof Crash) return false;
    throw error;
  } finally {
    words.before = () => {};
  }
}
