/**
 * A chart with its title, legend and table.
 *
 * @module
 */
import type { LogEntry } from "../../wire/log-entry.ts";
import { drawing, element, setShown, setText } from "../dom.ts";
import { moodOf } from "../event-log-view.ts";
import { timeOfDay } from "../format.ts";
import { drawIntervalMs } from "../history.ts";
import type { Model } from "../model.ts";
import type { PageView } from "../page-view.ts";
import type { TimeRange } from "../sparkline.ts";
import type { View } from "../view-state.ts";
import { type ChartKind, type Line, valueText } from "./chart-kinds.ts";
import { ChartTable } from "./chart-table.ts";
import { colorOf } from "./colors.ts";
import { Plot, type PlotData } from "./plot.ts";

const EARLY_MS = 20;
/** The cursor is at a mark within this part of the window. */
const MARK_SHARE = 100;

/** One chart. */
export class ChartCard implements PageView {
  readonly element: HTMLElement;
  readonly #kind: ChartKind;
  readonly #legend = element("ul", { class: "legend" });
  readonly #place: HTMLElement;
  readonly #empty = element("p", { class: "empty" });
  readonly #table: ChartTable;
  /** What the cursor is at. */
  readonly #at = element("p", { class: "at" });
  #marks: readonly LogEntry[] = [];
  #reachSeconds = 0;
  #values: readonly HTMLElement[] = [];
  #lines: readonly Line[] = [];
  #shape = "";
  #plot: Plot | undefined;
  #data: PlotData = [[]];
  #now: readonly (number | null)[] = [];
  #cursor: number | null = null;
  #drawnAtMs = Number.NEGATIVE_INFINITY;

  constructor(kind: ChartKind) {
    this.#kind = kind;
    this.#table = new ChartTable(kind);
    const id = `chart-${kind.id}`;
    this.#place = element("div", {
      class: "plot",
      tabindex: "0",
      role: "img",
      "aria-label": `${kind.title}, ${kind.unit}. The arrow keys move the cursor; the table below has the figures.`,
      "aria-details": this.#table.id,
    });
    this.#place.addEventListener("keydown", (event) => this.#onKey(event));
    this.element = element(
      "figure",
      {
        class: kind.isWide ? "card chart wide" : "card chart",
        id,
        "aria-labelledby": `${id}-title`,
      },
      element(
        "figcaption",
        {},
        element("h2", { id: `${id}-title` }, kind.title),
        element("span", { class: "unit" }, kind.unit),
      ),
      this.#legend,
      element("div", { class: "stage" }, this.#place, this.#empty, this.#at),
      this.#table.element,
    );
  }

  /** When it was drawn last. */
  get drawnAtMs(): number {
    return this.#drawnAtMs;
  }

  /** Whether it is time to draw it again. */
  isDue(nowMs: number, { windowSeconds }: View): boolean {
    // A little sooner than the interval, or every other picture would come too late for it.
    return nowMs - this.#drawnAtMs > drawIntervalMs(windowSeconds) - EARLY_MS;
  }

  render(model: Model, view: View): void {
    const { frame } = model;
    if (frame === undefined) return;
    this.#drawnAtMs = performance.now();
    this.#useLines(this.#kind.lines(model, view.scope));
    const tier = model.history.of(view.windowSeconds);
    const { combine } = this.#kind;
    this.#data = [tier.times(), ...this.#lines.map(({ keys }) => tier.combined(keys, combine))];
    const to = frame.sampled_at_ms / 1000;
    const range = { from: to - view.windowSeconds, to };
    const isEmpty = !this.#hasValues(range.from);
    this.#marks = marksOf(model.log, view.scope, range);
    this.#reachSeconds = view.windowSeconds / MARK_SHARE;
    this.#plot?.show(
      this.#data,
      range,
      this.#marks.map(({ at_ms }) => at_ms / 1000),
    );
    setText(this.#empty, isEmpty ? this.#kind.whyEmpty(model, view.scope) : "");
    setShown(this.#empty, isEmpty);
    this.element.classList.toggle("is-empty", isEmpty);
    if (this.#cursor !== null) this.#showValues();
    this.#table.render(this.#lines, this.#data, range);
  }

  /**
   * Says in the legend what is now, unless the cursor is somewhere: the figures of the same look as everywhere else on
   * the page, and not the mean of the step that is being filled.
   */
  tell(now: ReadonlyMap<string, number | null>): void {
    const { combine } = this.#kind;
    this.#now = this.#lines.map(({ keys }) => {
      const values = keys.flatMap((key) => now.get(key) ?? []);
      if (values.length === 0) return null;
      return combine === "sum" ? values.reduce((sum, each) => sum + each, 0) : Math.max(...values);
    });
    if (this.#cursor === null) this.#showValues();
  }

  /** Draws anew next time, because the view has changed. */
  invalidate(): void {
    this.#drawnAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Draws anew next time, in other colours. */
  recolor(): void {
    this.#shape = "";
    this.invalidate();
  }

  #useLines(lines: readonly Line[]): void {
    const shape = JSON.stringify(lines);
    if (shape === this.#shape) return;
    this.#shape = shape;
    this.#lines = lines;
    this.#plot?.destroy();
    this.#plot = new Plot(this.#place, this.#kind, lines, (index) => {
      this.#cursor = index;
      this.#showValues();
    });
    this.#values = lines.map(() => element("span", { class: "value" }));
    this.#legend.replaceChildren(
      ...lines.map((line, index) =>
        element("li", {}, swatch(line), `${line.label} `, this.#values[index] as HTMLElement),
      ),
    );
  }

  #hasValues(from: number): boolean {
    const [times, ...columns] = this.#data;
    return columns.some((column) =>
      column.some((value, index) => value !== null && (times[index] ?? 0) >= from),
    );
  }

  /** The figures under the cursor, or else those of now. */
  #showValues(): void {
    const [times, ...columns] = this.#data;
    const index = this.#cursor;
    setText(this.#at, index === null ? "" : this.#whatIsAt(times[index]));
    this.#values.forEach((place, line) => {
      const value = index === null ? this.#now[line] : columns[line]?.[index];
      setText(place, valueText(this.#kind, value));
    });
  }

  /** The time at the cursor, and what happened there. */
  #whatIsAt(seconds: number | undefined): string {
    if (seconds === undefined) return "";
    const near = this.#marks.filter(
      ({ at_ms }) => Math.abs(at_ms / 1000 - seconds) <= this.#reachSeconds,
    );
    const last = near.at(-1);
    const time = timeOfDay(seconds * 1000);
    return last === undefined ? time : `${time}, ${last.segment}: ${last.text}`;
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.#plot?.step(step);
  }
}

/** What was bad, of a scope, within a range. */
function marksOf(log: readonly LogEntry[], scope: string, { from, to }: TimeRange): LogEntry[] {
  return log.filter(({ kind, segment, at_ms }) => {
    const isShown = (scope === "" || scope === segment) && moodOf(kind) === "bad";
    return isShown && at_ms >= from * 1000 && at_ms <= to * 1000;
  });
}

function swatch({ color, isDashed }: Line): SVGSVGElement {
  const line = drawing("path", { d: "M1 4h16", "stroke-dasharray": isDashed ? "4 3" : "none" });
  line.style.stroke = colorOf(color);
  return drawing("svg", { class: "swatch", viewBox: "0 0 18 8", "aria-hidden": "true" }, line);
}
