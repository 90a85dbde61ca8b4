/**
 * The table behind a chart: the same figures for those who do not see the lines, or want to copy them.
 *
 * @module
 */
import { element } from "../dom.ts";
import { timeOfDay } from "../format.ts";
import { scrollBox } from "../scroll-box.ts";
import type { TimeRange } from "../sparkline.ts";
import { type ChartKind, type Line, valueText } from "./chart-kinds.ts";
import type { PlotData } from "./plot.ts";

/** As many rows as one hears without losing the thread. */
const ROWS_MAX = 12;
/** Who reads a table does not want it to change under the eyes. */
const INTERVAL_MS = 2000;

/** A table that can be opened below a chart. */
export class ChartTable {
  readonly id: string;
  readonly element: HTMLDetailsElement;
  readonly #kind: ChartKind;
  readonly #head = element("tr");
  readonly #body = element("tbody");
  #shownAtMs = 0;

  constructor(kind: ChartKind) {
    this.#kind = kind;
    this.id = `chart-${kind.id}-table`;
    const caption = element("caption", {}, `${kind.title}, ${kind.unit}`);
    const table = element(
      "table",
      { id: this.id },
      caption,
      element("thead", {}, this.#head),
      this.#body,
    );
    this.element = element(
      "details",
      {},
      element("summary", {}, "Table"),
      scrollBox(`${kind.title}, table`, table),
    );
    this.element.addEventListener("toggle", () => {
      this.#shownAtMs = 0;
    });
  }

  /** Fills the table when it is open. */
  render(lines: readonly Line[], data: PlotData, { from }: TimeRange): void {
    const nowMs = performance.now();
    if (!this.element.open || nowMs - this.#shownAtMs < INTERVAL_MS) return;
    this.#shownAtMs = nowMs;
    const heads = ["Time", ...lines.map(({ label }) => label)];
    this.#head.replaceChildren(...heads.map((name) => element("th", { scope: "col" }, name)));
    const [times, ...columns] = data;
    const first = Math.max(
      0,
      times.findIndex((time) => time >= from),
    );
    const step = Math.max(1, Math.ceil((times.length - first) / ROWS_MAX));
    const rows: HTMLElement[] = [];
    for (let index = times.length - 1; index >= first; index -= step) {
      const time = timeOfDay((times[index] ?? 0) * 1000);
      const cells = columns.map((column) =>
        element("td", {}, valueText(this.#kind, column[index])),
      );
      rows.push(element("tr", {}, element("th", { scope: "row" }, time), ...cells));
    }
    this.#body.replaceChildren(...rows);
  }
}
