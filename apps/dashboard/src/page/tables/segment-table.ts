/**
 * All segments, one line each.
 *
 * @module
 */
import { element, setAttribute } from "../dom.ts";
import { count } from "../format.ts";
import type { Model } from "../model.ts";
import type { PageView } from "../page-view.ts";
import type { View, ViewState } from "../view-state.ts";
import { type SegmentRow, segmentColumns } from "./segment-columns.ts";
import { TitledTable } from "./titled-table.ts";

/** The table of segments, and what chooses among them. */
export class SegmentTable implements PageView {
  readonly element: HTMLElement;
  readonly #state: ViewState;
  readonly #titled: TitledTable<SegmentRow>;
  readonly #filter = element("input", {
    type: "search",
    id: "filter",
    placeholder: "Filter by name or kind",
    "aria-label": "Filter segments by name or kind",
    autocomplete: "off",
    spellcheck: "false",
  });

  constructor(state: ViewState) {
    this.#state = state;
    this.#filter.addEventListener("input", () => state.change({ filter: this.#filter.value }));
    const all = element(
      "button",
      { type: "button", class: "quiet", id: "all-segments" },
      "All segments",
    );
    all.addEventListener("click", () => state.change({ scope: "" }));
    const words = {
      id: "segments",
      title: "Segments",
      empty: "",
      columns: segmentColumns(state),
      keyOf: ({ name }: SegmentRow) => name,
    };
    this.#titled = new TitledTable(words, true, all, this.#filter);
    this.element = this.#titled.element;
  }

  render({ frame }: Model, view: View): void {
    // Also before the first frame: it may be typed into then.
    if (this.#filter.value !== view.filter) this.#filter.value = view.filter;
    if (frame === undefined) return;
    const wanted = view.filter.toLowerCase();
    const issues = Map.groupBy(frame.issues, ({ segment }) => segment);
    const rows = frame.segments
      .filter((one) => one.name.toLowerCase().includes(wanted) || one.kind === wanted)
      // The weightiest issue comes first.
      .map((segment): SegmentRow => ({ ...segment, issue: issues.get(segment.name)?.[0] }));
    const total = frame.segments.length;
    const known = rows.length === total ? count(total) : `${count(rows.length)} of ${count(total)}`;
    const onSort = (sort: string): void => this.#state.change({ sort });
    this.#titled.render(rows, known, {
      sorting: { sort: view.sort, onSort },
      empty: total === 0 ? "None yet." : `No segment matches “${view.filter}”.`,
    });
    for (const line of this.element.querySelectorAll("tbody tr")) {
      setAttribute(line, "aria-current", String(line.getAttribute("data-key") === view.scope));
    }
    this.element.classList.toggle("has-scope", view.scope !== "");
  }
}
