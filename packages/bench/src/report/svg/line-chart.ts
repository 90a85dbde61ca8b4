/**
 * Lines over a logarithmic plane.
 *
 * @module
 */
import {
  line,
  logScale,
  picture,
  powersBetween,
  round,
  SERIES_COUNT,
  text,
  WIDTH,
} from "./canvas.ts";

const HEIGHT = 400;
const LEFT = 90;
const RIGHT = 24;
const TOP = 44;
const BOTTOM = 96;
const LEGEND_STEP = 220;
const LEGEND_ROW = 18;

/** One line. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** What is drawn. */
export interface LineChart {
  readonly title: string;
  readonly series: readonly Series[];
  /** The marks below: where, and what they say. Their order is that of the axis; the scale is theirs. */
  readonly columns: readonly { readonly x: number; readonly label: string }[];
  readonly formatY: (value: number) => string;
}

/**
 * Draws lines; the vertical axis is logarithmic, the columns stand at equal distances.
 *
 * @param chart What is drawn; values must be above 0.
 * @returns An SVG document; `undefined` when there is nothing to draw.
 */
export function lineChart({ title, series, columns, formatY }: LineChart): string | undefined {
  const drawn = series.filter(({ points }) => points.length > 0).slice(0, SERIES_COUNT);
  const values = drawn.flatMap(({ points }) => points.map(({ y }) => y));
  if (values.length === 0) return undefined;
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...values) * 1.0001));
  const right = WIDTH - RIGHT;
  const bottom = HEIGHT - BOTTOM;
  const toY = logScale(low, high, bottom, TOP);
  const step = (right - LEFT) / Math.max(1, columns.length - 1);
  const toX = (x: number): number => LEFT + columns.findIndex((column) => column.x === x) * step;
  const shapes = [
    ...powersBetween(low, high, 10).flatMap((value) => [
      line(LEFT, toY(value), right, toY(value)),
      text(LEFT - 8, toY(value) + 4, formatY(value), "end", "soft"),
    ]),
    ...columns.flatMap(({ x, label }) => [text(toX(x), bottom + 18, label, "middle", "soft")]),
    ...drawn.flatMap(({ points }, index) => [
      `<polyline class="s${index}" points="${points.map(({ x, y }) => `${round(toX(x))},${round(toY(y))}`).join(" ")}"/>`,
      ...points.map(
        ({ x, y }) =>
          `<circle class="f${index}" cx="${round(toX(x))}" cy="${round(toY(y))}" r="3"/>`,
      ),
    ]),
    ...drawn.flatMap(({ name }, index) => legend(name, index, bottom)),
  ];
  return picture(title, HEIGHT, shapes);
}

function legend(name: string, index: number, bottom: number): string[] {
  const x = LEFT + (index % 3) * LEGEND_STEP;
  const y = bottom + 44 + Math.floor(index / 3) * LEGEND_ROW;
  return [
    `<rect class="f${index}" x="${x}" y="${y - 9}" width="12" height="10"/>`,
    text(x + 18, y, name),
  ];
}
