/**
 * Which segments are drawn with a line of their own.
 *
 * @module
 */
import type { SegmentFrame } from "../wire/frame.ts";

/** More lines than this nobody tells apart: the rest is drawn as one. */
export const LINES_MAX = 6;

/** So long a choice stands, for a line that changes its colour every second tells nothing. */
const TERM_MS = 10_000;
/** Who is drawn stays so until somebody else is busier by so much. */
const LOYALTY = 1.5;

/** Chooses the busiest, and keeps them where they are while they stay among the busiest. */
export class Ranking {
  #places: readonly string[] = [];
  #chosenAtMs = Number.NEGATIVE_INFINITY;

  /** The names, each in the place of its line. */
  get places(): readonly string[] {
    return this.#places;
  }

  /**
   * Chooses anew when it is time to, or when somebody who was chosen has gone.
   *
   * @param segments All there are; only those with a flow are drawn.
   * @param atMs When that was.
   */
  update(segments: readonly SegmentFrame[], atMs: number): void {
    const flows = segments.filter(({ flow }) => flow !== null);
    const names = new Set(flows.map(({ name }) => name));
    const isFull = this.#places.length === Math.min(LINES_MAX, flows.length);
    const isWhole = isFull && this.#places.every((name) => names.has(name));
    if (isWhole && atMs - this.#chosenAtMs < TERM_MS) return;
    this.#chosenAtMs = atMs;
    const merit = ({ name, flow }: SegmentFrame): number => {
      const perSecond = flow?.records_per_second ?? 0;
      return this.#places.includes(name) ? perSecond * LOYALTY : perSecond;
    };
    const best = flows
      .toSorted((one, two) => merit(two) - merit(one) || this.#before(one.name, two.name))
      .slice(0, LINES_MAX)
      .map(({ name }) => name);
    const newcomers = best.filter((name) => !this.#places.includes(name));
    const kept = this.#places.map((name) => (best.includes(name) ? name : newcomers.shift()));
    this.#places = [...kept.filter((name) => name !== undefined), ...newcomers];
  }

  /** Among equals, who is drawn stays; then the names decide. */
  #before(one: string, two: string): number {
    const isDrawn = (name: string): number => Number(this.#places.includes(name));
    return isDrawn(two) - isDrawn(one) || one.localeCompare(two, "en", { numeric: true });
  }
}
