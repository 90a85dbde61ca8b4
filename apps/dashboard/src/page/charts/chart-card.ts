/**
 * A chart with its title, legend and table.
 *
 * @module
 */
import { drawing, element, setShown, setText } from "../dom.ts";
import { drawIntervalMs } from "../history.ts";
import type { Model } from "../model.ts";
import type { PageView } from "../page-view.ts";
import type { View } from "../view-state.ts";
import { type ChartKind, type Line, valueText } from "./chart-kinds.ts";
import { ChartTable } from "./chart-table.ts";
import { colorOf } from "./colors.ts";
import { Plot, type PlotData } from "./plot.ts";

const EARLY_MS = 20;

/** One chart. */
export class ChartCard implements PageView {
  readonly element: HTMLElement;
  readonly #kind: ChartKind;
  readonly #legend = element("ul", { class: "legend" });
  readonly #place: HTMLElement;
  readonly #empty = element("p", { class: "empty" });
  readonly #table: ChartTable;
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
      element("div", { class: "stage" }, this.#place, this.#empty),
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
    this.#plot?.show(this.#data, range);
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
    const [, ...columns] = this.#data;
    const index = this.#cursor;
    this.#values.forEach((place, line) => {
      const value = index === null ? this.#now[line] : columns[line]?.[index];
      setText(place, valueText(this.#kind, value));
    });
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.#plot?.step(step);
  }
}

function swatch({ color, isDashed }: Line): SVGSVGElement {
  const line = drawing("path", { d: "M1 4h16", "stroke-dasharray": isDashed ? "4 3" : "none" });
  line.style.stroke = colorOf(color);
  return drawing("svg", { class: "swatch", viewBox: "0 0 18 8", "aria-hidden": "true" }, line);
}
