/**
 * Counts readings as they come, and says twenty times a second how many there are.
 *
 * @module
 */
import { say } from "../shared/processes.ts";
import { nowMs, quantile } from "../shared/report.ts";
import type { Progress } from "./readings.ts";

const SAY_MS = 50;

/** What has come. */
export class Tally implements Disposable {
  readonly #seen = new Set<number>();
  readonly #times: number[] = [];
  readonly #timer = setInterval(() => this.#say(), SAY_MS);
  #twice = 0;
  #late = 0;
  #last = -1;
  #said = -1;

  /** Counts one. */
  add({ id, atMs }: { readonly id: number; readonly atMs: number }): void {
    if (this.#seen.has(id)) this.#twice++;
    else this.#seen.add(id);
    if (id < this.#last) this.#late++;
    this.#last = Math.max(this.#last, id);
    this.#times.push(nowMs() - atMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#say();
  }

  #say(): void {
    if (this.#said === this.#times.length) return;
    this.#said = this.#times.length;
    say({
      received: this.#seen.size,
      twice: this.#twice,
      late: this.#late,
      medianMs: quantile(this.#times, 0.5),
    } satisfies Progress);
  }
}
