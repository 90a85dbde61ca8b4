/**
 * The shape of the last half minute, without axes.
 *
 * @module
 */
import { drawing, setAttribute } from "./dom.ts";

const WIDTH = 120;
const HEIGHT = 28;
/** So that the line is not cut in half at the edges. */
const MARGIN = 2;

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

  /** Draws values, oldest first; where there is none, there is a gap. */
  render(values: readonly (number | null)[]): void {
    const most = values.reduce<number>((top, value) => Math.max(top, value ?? 0), 0) || 1;
    const step = WIDTH / Math.max(1, values.length - 1);
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
      if (value === null) {
        close();
        return;
      }
      const x = (index * step).toFixed(1);
      const y = (HEIGHT - MARGIN - (value / most) * height).toFixed(1);
      const point = `${startX === undefined ? "M" : "L"}${x} ${y}`;
      startX ??= x;
      lastX = x;
      line += point;
      area += point;
    });
    close();
    setAttribute(this.#line, "d", line);
    setAttribute(this.#area, "d", area);
  }
}
