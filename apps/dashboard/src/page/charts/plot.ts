/**
 * A drawing of lines over time, by uPlot.
 *
 * @module
 */
import uPlot from "uplot";
import { markText } from "../format.ts";
import type { TimeRange } from "../sparkline.ts";
import type { ChartKind, Line } from "./chart-kinds.ts";
import { colorOf } from "./colors.ts";

/** All charts move their cursors together. */
const SYNC_KEY = "isthmus";
const HEIGHT = 190;
const AXIS_WIDTH = 58;
const FONT = "12px system-ui, sans-serif";
const DASHES = [5, 4];

/** Times and, for each line, values. */
export type PlotData = readonly [readonly number[], ...(readonly (number | null)[])[]];

/** Draws one chart; for other lines, make another. */
export class Plot {
  readonly #plot: uPlot;
  readonly #resizer: ResizeObserver;
  #range: TimeRange = { from: 0, to: 1 };
  #marks: readonly number[] = [];

  /**
   * @param place Where it is drawn; its width decides.
   * @param kind What is drawn.
   * @param lines Which lines.
   * @param onCursor Is told at which point the cursor is; `null`: nowhere.
   */
  constructor(
    place: HTMLElement,
    kind: ChartKind,
    lines: readonly Line[],
    onCursor: (index: number | null) => void,
  ) {
    const options: uPlot.Options = {
      width: Math.max(1, place.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      cursor: { sync: { key: SYNC_KEY }, drag: { x: false, y: false }, points: { size: 7 } },
      scales: {
        x: { range: () => [this.#range.from, this.#range.to] },
        y: yScale(kind),
      },
      axes: [
        axis({ size: 30, space: 70, values: timeLabels }),
        axis({ size: AXIS_WIDTH, ...yAxis(kind) }),
      ],
      series: [{}, ...lines.map(seriesOf)],
      hooks: {
        setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)],
        drawAxes: [
          (plot) => drawMarks(plot, this.#marks),
          ...(kind.scale === "share" ? [drawCapacity] : []),
        ],
      },
    };
    this.#plot = new uPlot(options, [[]], place);
    this.#resizer = new ResizeObserver(() => {
      const width = place.clientWidth;
      if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT });
    });
    this.#resizer.observe(place);
  }

  /**
   * Draws other figures.
   *
   * @param data The figures.
   * @param range From when to when.
   * @param marks When something bad happened, in seconds.
   */
  show(data: PlotData, range: TimeRange, marks: readonly number[]): void {
    this.#range = range;
    this.#marks = marks;
    this.#plot.setData(data as uPlot.AlignedData);
  }

  /** Moves the cursor by so many points, in all charts. */
  step(points: number): void {
    const { cursor, data } = this.#plot;
    const times = data[0];
    const last = times.length - 1;
    if (last < 0) return;
    const index = Math.min(last, Math.max(0, (cursor.idx ?? last) + points));
    const left = this.#plot.valToPos(times[index] ?? 0, "x");
    for (const plot of uPlot.sync(SYNC_KEY).plots) plot.setCursor({ left, top: 0 });
  }

  /** Takes the drawing away. */
  destroy(): void {
    this.#resizer.disconnect();
    this.#plot.destroy();
  }
}

function seriesOf({ color, isDashed, label }: Line): uPlot.Series {
  return {
    label,
    stroke: () => colorOf(color),
    width: isDashed ? 1.5 : 2,
    ...(isDashed && { dash: DASHES }),
    points: { show: false },
  };
}

function axis(more: uPlot.Axis): uPlot.Axis {
  const muted = (): string => colorOf("--muted");
  const grid = (): string => colorOf("--grid");
  return {
    stroke: muted,
    font: FONT,
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1, size: 4 },
    ...more,
  };
}

function yScale({ scale }: ChartKind): uPlot.Scale {
  if (scale === "share") return { range: [0, 1.04] };
  if (scale === "linear") return { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] };
  return {
    distr: 3,
    range: (_, least, most) => [
      10 ** Math.floor(Math.log10(Math.max(1, least ?? 1e3))),
      10 ** Math.ceil(Math.log10(Math.max(10, most ?? 1e6) * 1.01)),
    ],
  };
}

/** The steps between the lines of the grid where only whole numbers make sense. */
const WHOLE_STEPS = Array.from({ length: 15 }, (_, power) =>
  [1, 2, 5].map((one) => one * 10 ** power),
);

function yAxis({ scale, format, isWhole }: ChartKind): uPlot.Axis {
  const values: uPlot.Axis.DynamicValues = (_, splits) =>
    splits.map((value) => (value === null ? null : markText(format(value)))) as string[];
  if (scale === "share") return { values, splits: [0, 0.25, 0.5, 0.75, 1] };
  if (scale === "linear") {
    return { values, space: 36, ...(isWhole && { incrs: WHOLE_STEPS.flat() }) };
  }
  return { values, space: 24, splits: powersOfTen };
}

/** One line of the grid per power of ten: the usual nine would be a wall. */
function powersOfTen(_: uPlot, __: number, least: number, most: number): number[] {
  const splits: number[] = [];
  for (let value = least; value <= most * 1.001; value *= 10) splits.push(value);
  return splits;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const CLOCK_MINUTES = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });

function timeLabels(_: uPlot, splits: number[], __: number, ___: number, step: number): string[] {
  const clock = step >= 60 ? CLOCK_MINUTES : CLOCK;
  return splits.map((seconds) => clock.format(seconds * 1000));
}

/** The line above which nothing fits any more. */
function drawCapacity(plot: uPlot): void {
  const { left, width } = plot.bbox;
  const y = Math.round(plot.valToPos(1, "y", true));
  drawBad(plot, [6, 4], (ctx) => {
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
  });
}

/** Lines from top to bottom where something bad happened. */
function drawMarks(plot: uPlot, marks: readonly number[]): void {
  const { top, height } = plot.bbox;
  drawBad(plot, [2, 3], (ctx) => {
    for (const seconds of marks) {
      const x = Math.round(plot.valToPos(seconds, "x", true));
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
    }
  });
}

function drawBad(
  { ctx }: uPlot,
  dashes: readonly number[],
  path: (ctx: uPlot["ctx"]) => void,
): void {
  ctx.save();
  ctx.strokeStyle = colorOf("--bad");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(dashes.map((length) => length * devicePixelRatio));
  ctx.beginPath();
  path(ctx);
  ctx.stroke();
  ctx.restore();
}
