/**
 * Figures of the last hour: the last seconds exactly, what is longer ago more coarsely.
 *
 * Three tiers of different steps are filled at the same time, so that every window is drawn from a few hundred points
 * and an hour needs no more memory or time than half a minute.
 *
 * @module
 */
import type { WindowSeconds } from "./view-state.ts";

/** How the figures of one step become one. */
export type Merge = "mean" | "max";

/** A figure with its name. */
export interface Figure {
  readonly key: string;
  readonly value: number | null;
  readonly merge: Merge;
}

/** From the time between two points to how many are kept; each a little more than its window has. */
const TIERS = {
  30: { stepMs: 200, length: 180 },
  300: { stepMs: 1000, length: 330 },
  3600: { stepMs: 6000, length: 620 },
} as const satisfies Record<WindowSeconds, unknown>;

/** Without figures for so many steps (and seconds), a line is not drawn through. */
const GAP_STEPS = 3;
const GAP_MS = 2500;

/** Names of what has gone are looked for so often. */
const FORGET_AFTER_STEPS = 60;

/** How often a window is worth drawing: what happens within a step is hardly to be seen. */
const DRAW_MS = { 30: 200, 300: 1000, 3600: 1000 } as const satisfies Record<WindowSeconds, number>;

/** Time between two drawings of a window, in milliseconds. */
export function drawIntervalMs(windowSeconds: WindowSeconds): number {
  return DRAW_MS[windowSeconds];
}

/** One window of figures. */
export class Tier {
  readonly #stepMs: number;
  readonly #length: number;
  readonly #times: Float64Array;
  readonly #columns = new Map<string, Float64Array>();
  /** How many steps there have been. The last one is still being filled. */
  #steps = 0;
  #inStep = 0;

  constructor(stepMs: number, length: number) {
    this.#stepMs = stepMs;
    this.#length = length;
    this.#times = new Float64Array(length);
  }

  /** Adds the figures of one moment. */
  add(atMs: number, figures: readonly Figure[]): void {
    const step = Math.floor(atMs / this.#stepMs) * this.#stepMs;
    const last = this.#times[this.#at(this.#steps - 1)] ?? 0;
    if (this.#steps > 0 && step < last) return;
    const gapMs = Math.max(GAP_MS, GAP_STEPS * this.#stepMs);
    if (this.#steps > 0 && step - last > gapMs) this.#begin(last + this.#stepMs);
    if (this.#steps === 0 || step > last) this.#begin(step);
    this.#inStep++;
    const index = this.#at(this.#steps - 1);
    for (const { key, value, merge } of figures) {
      if (value === null) continue;
      const column = this.#columnOf(key);
      column[index] = this.#merged(column[index] ?? Number.NaN, value, merge);
    }
  }

  /** The times of all points, oldest first, in seconds since 1970. */
  times(): number[] {
    return this.#ordered(this.#times).map((atMs) => atMs / 1000);
  }

  /** The figures of a name at those times; `null` where there is none. */
  values(key: string): (number | null)[] {
    const column = this.#columns.get(key);
    const count = Math.min(this.#steps, this.#length);
    if (column === undefined) return new Array<null>(count).fill(null);
    return this.#ordered(column).map((value) => (Number.isNaN(value) ? null : value));
  }

  /** The figures of several names together: their sum, or the greatest of them. */
  combined(keys: readonly string[], merge: "sum" | "max"): (number | null)[] {
    const [only] = keys;
    if (keys.length === 1 && only !== undefined) return this.values(only);
    const columns = keys.flatMap((key) => this.#columns.get(key) ?? []);
    const count = Math.min(this.#steps, this.#length);
    const all = new Array<number | null>(count).fill(null);
    for (let i = 0; i < count; i++) {
      const index = this.#at(this.#steps - count + i);
      let total = Number.NaN;
      for (const column of columns) {
        const value = column[index] as number;
        if (Number.isNaN(value)) continue;
        if (Number.isNaN(total)) total = value;
        else total = merge === "sum" ? total + value : Math.max(total, value);
      }
      if (!Number.isNaN(total)) all[i] = total;
    }
    return all;
  }

  /** Whether there is any figure of a name. */
  has(key: string): boolean {
    return this.#columns.has(key);
  }

  #begin(step: number): void {
    const index = this.#at(this.#steps);
    this.#times[index] = step;
    for (const column of this.#columns.values()) column[index] = Number.NaN;
    this.#steps++;
    this.#inStep = 0;
    if (this.#steps % FORGET_AFTER_STEPS === 0) this.#forget();
  }

  #merged(before: number, value: number, merge: Merge): number {
    if (Number.isNaN(before)) return value;
    return merge === "max" ? Math.max(before, value) : before + (value - before) / this.#inStep;
  }

  #columnOf(key: string): Float64Array {
    let column = this.#columns.get(key);
    if (column === undefined) {
      column = new Float64Array(this.#length).fill(Number.NaN);
      this.#columns.set(key, column);
    }
    return column;
  }

  #forget(): void {
    for (const [key, column] of this.#columns) {
      if (column.every((value) => Number.isNaN(value))) this.#columns.delete(key);
    }
  }

  #ordered(column: Float64Array): number[] {
    const count = Math.min(this.#steps, this.#length);
    return Array.from({ length: count }, (_, i) => column[this.#at(this.#steps - count + i)] ?? 0);
  }

  #at(step: number): number {
    return (step + this.#length) % this.#length;
  }
}

/** All windows. */
export class History {
  readonly #tiers = new Map(
    Object.entries(TIERS).map(([seconds, { stepMs, length }]) => [
      Number(seconds),
      new Tier(stepMs, length),
    ]),
  );

  /** Adds the figures of one moment. */
  add(atMs: number, figures: readonly Figure[]): void {
    for (const tier of this.#tiers.values()) tier.add(atMs, figures);
  }

  /** The figures of a window. */
  of(windowSeconds: WindowSeconds): Tier {
    return this.#tiers.get(windowSeconds) as Tier;
  }
}
