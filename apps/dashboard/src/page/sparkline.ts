/**
 * The shape of the window of the charts, without axes.
 *
 * @module
 */
import { drawing, setAttribute } from "./dom.ts";

const WIDTH = 120;
const HEIGHT = 28;
/** So that the line is not cut in half at the edges. */
const MARGIN = 2;

/** From when to when, in seconds since 1970. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The line and the area below it, on the time axis of the charts.
 *
 * @param times When the values were, in seconds since 1970, oldest first.
 * @param values The values; where there is none, there is a gap.
 * @param range From the left edge to the right one.
 */
export function sparklinePaths(
  times: readonly number[],
  values: readonly (number | null)[],
  { from, to }: TimeRange,
): { readonly line: string; readonly area: string } {
  const isShown = (index: number): boolean => {
    const time = times[index] ?? Number.NaN;
    return time >= from && time <= to;
  };
  const most =
    values.reduce<number>(
      (top, value, index) => (isShown(index) ? Math.max(top, value ?? 0) : top),
      0,
    ) || 1;
  const height = HEIGHT - 2 * MARGIN;
  let line = "";
  let area = "";
  let startX: string | undefined;
  let lastX = "";
  const close = (): void => {
    if (startX !== undefined) area += `L${lastX} ${HEIGHT}L${startX} ${HEIGHT}z`;
    startX = undefined;
  };
  values.forEach((value, index) => {
    if (value === null || !isShown(index)) {
      close();
      return;
    }
    const x = ((((times[index] ?? 0) - from) / (to - from)) * WIDTH).toFixed(1);
    const y = (HEIGHT - MARGIN - (value / most) * height).toFixed(1);
    const point = `${startX === undefined ? "M" : "L"}${x} ${y}`;
    startX ??= x;
    lastX = x;
    line += point;
    area += point;
  });
  close();
  return { line, area };
}

/** A small line. Decoration: the charts say the same with numbers. */
export class Sparkline {
  readonly element: SVGSVGElement;
  readonly #line = drawing("path", { class: "line" });
  readonly #area = drawing("path", { class: "area" });

  constructor() {
    const box = {
      class: "sparkline",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    };
    this.element = drawing("svg", box, this.#area, this.#line);
  }

  /** Draws values; see {@link sparklinePaths}. */
  render(times: readonly number[], values: readonly (number | null)[], range: TimeRange): void {
    const { line, area } = sparklinePaths(times, values, range);
    setAttribute(this.#line, "d", line);
    setAttribute(this.#area, "d", area);
  }
}
