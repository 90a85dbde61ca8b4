/**
 * A `struct timespec` for system calls: seconds i64, nanoseconds i64, on every 64-bit system.
 *
 * @module
 */
import { engine } from "./runtime.ts";

/** Its size in bytes. */
export const TIMESPEC_BYTES = 16;

/** One of this process's own. */
export class Timespec {
  /** Allocated with its buffer, so that its address holds. */
  readonly #words = new Uint32Array(new ArrayBuffer(TIMESPEC_BYTES));
  /** Where it is, as long as this object. */
  readonly address: number = engine.addressOf(this.#words);

  /** Sets it to a time in milliseconds, below 2^32 seconds. */
  set(milliseconds: number): void {
    const seconds = Math.floor(milliseconds / 1000);
    this.#words[0] = seconds;
    this.#words[2] = Math.floor((milliseconds - seconds * 1000) * 1e6);
  }

  /** The time in nanoseconds. */
  get nanoseconds(): number {
    return (this.#words[0] as number) * 1e9 + (this.#words[2] as number);
  }
}
