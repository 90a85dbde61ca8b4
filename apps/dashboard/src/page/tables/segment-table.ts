/**
 * All segments, one line each.
 *
 * @module
 */
import { element, setAttribute, setShown, setText } from "../dom.ts";
import { count } from "../format.ts";
import { kindName } from "../kind-words.ts";
import type { Model } from "../model.ts";
import type { PageView } from "../page-view.ts";
import type { View, ViewState } from "../view-state.ts";
import { LiveTable } from "./live-table.ts";
import { type SegmentRow, segmentColumns } from "./segment-columns.ts";

/** The table of segments, and what chooses among them. */
export class SegmentTable implements PageView {
  readonly element: HTMLElement;
  readonly #state: ViewState;
  readonly #table: LiveTable<SegmentRow>;
  readonly #count = element("span", { class: "unit" });
  readonly #filter = element("input", {
    type: "search",
    id: "filter",
    placeholder: "Filter by name or kind",
    "aria-label": "Filter segments by name or kind",
    autocomplete: "off",
    spellcheck: "false",
  });
  readonly #empty = element("p", { class: "hint" });

  constructor(state: ViewState) {
    this.#state = state;
    this.#table = new LiveTable("Segments", segmentColumns(state), ({ name }) => name);
    this.#filter.addEventListener("input", () => state.change({ filter: this.#filter.value }));
    const all = element(
      "button",
      { type: "button", class: "quiet", id: "all-segments" },
      "All segments",
    );
    all.addEventListener("click", () => state.change({ scope: "" }));
    this.element = element(
      "section",
      { class: "card", id: "segments" },
      element(
        "div",
        { class: "head" },
        element("h2", {}, "Segments"),
        this.#count,
        all,
        this.#filter,
      ),
      this.#table.element,
      this.#empty,
    );
  }

  render({ frame }: Model, view: View): void {
    // Also before the first frame: it may be typed into then.
    if (this.#filter.value !== view.filter) this.#filter.value = view.filter;
    if (frame === undefined) return;
    const wanted = view.filter.toLowerCase();
    const issues = Map.groupBy(frame.issues, ({ segment }) => segment);
    const rows = frame.segments
      .filter((one) => one.name.toLowerCase().includes(wanted) || kindName(one) === wanted)
      // The weightiest issue comes first.
      .map((segment): SegmentRow => ({ ...segment, issue: issues.get(segment.name)?.[0] }));
    const total = frame.segments.length;
    setText(
      this.#count,
      rows.length === total ? count(total) : `${count(rows.length)} of ${count(total)}`,
    );
    const onSort = (sort: string): void => this.#state.change({ sort });
    this.#table.render(rows, { sort: view.sort, onSort });
    for (const line of this.#table.element.querySelectorAll("tbody tr")) {
      setAttribute(line, "aria-current", String(line.getAttribute("data-key") === view.scope));
    }
    setShown(this.#table.element, rows.length > 0);
    setShown(this.#empty, rows.length === 0);
    setText(this.#empty, total === 0 ? "None yet." : `No segment matches “${view.filter}”.`);
    this.element.classList.toggle("has-scope", view.scope !== "");
  }
}
