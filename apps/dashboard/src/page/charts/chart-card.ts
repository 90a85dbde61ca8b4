/**
 * A chart with its title, legend and table.
 *
 * @module
 */
import { drawing, element, setShown, setText } from "../dom.ts";
import type { Tier } from "../history.ts";
import type { Model } from "../model.ts";
import type { PageView } from "../page-view.ts";
import type { View } from "../view-state.ts";
import { type ChartKind, type Line, valueText } from "./chart-kinds.ts";
import { ChartTable } from "./chart-table.ts";
import { colorOf } from "./colors.ts";
import { Plot, type PlotData } from "./plot.ts";

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
  #cursor: number | null = null;

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

  render(model: Model, view: View): void {
    const { frame } = model;
    if (frame === undefined) return;
    this.#useLines(this.#kind.lines(model, view.scope));
    const tier = model.history.of(view.windowSeconds);
    this.#data = [tier.times(), ...this.#lines.map(({ keys }) => this.#valuesOf(tier, keys))];
    const to = frame.sampled_at_ms / 1000;
    const range = { from: to - view.windowSeconds, to };
    const isEmpty = !this.#hasValues(range.from);
    this.#plot?.show(this.#data, range);
    setText(this.#empty, isEmpty ? this.#kind.whyEmpty(model, view.scope) : "");
    setShown(this.#empty, isEmpty);
    this.element.classList.toggle("is-empty", isEmpty);
    this.#showValues();
    this.#table.render(this.#lines, this.#data, range);
  }

  /** Draws anew, because the colours have changed. */
  recolor(): void {
    this.#shape = "";
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

  #valuesOf(tier: Tier, keys: readonly string[]): (number | null)[] {
    const columns = keys.map((key) => tier.values(key));
    const [first = []] = columns;
    if (columns.length === 1) return first;
    const isSum = this.#kind.combine === "sum";
    return first.map((_, index) => {
      const values = columns.flatMap((column) => column[index] ?? []);
      if (values.length === 0) return null;
      return isSum ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
    });
  }

  #hasValues(from: number): boolean {
    const [times, ...columns] = this.#data;
    return columns.some((column) =>
      column.some((value, index) => value !== null && (times[index] ?? 0) >= from),
    );
  }

  /** The figures under the cursor, or else the latest. */
  #showValues(): void {
    const [times, ...columns] = this.#data;
    const index = this.#cursor ?? times.length - 1;
    columns.forEach((column, line) => {
      const place = this.#values[line];
      if (place) setText(place, valueText(this.#kind, column[index]));
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
