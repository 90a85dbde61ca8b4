/**
 * All segments, one line each.
 *
 * @module
 */
import type { SegmentFrame } from "../../wire/frame.ts";
import { element, setAttribute, setShown, setText } from "../dom.ts";
import {
  byteRate,
  count,
  duration,
  NOTHING,
  orNothing,
  rate,
  share,
  size,
  text,
} from "../format.ts";
import type { Model } from "../model.ts";
import type { PageView } from "../page-view.ts";
import { addressOf, type View, type ViewState } from "../view-state.ts";
import { fillMeter, fillState } from "./cells.ts";
import { type Column, LiveTable } from "./live-table.ts";

/** The table of segments, and what chooses among them. */
export class SegmentTable implements PageView {
  readonly element: HTMLElement;
  readonly #state: ViewState;
  readonly #table: LiveTable<SegmentFrame>;
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
    this.#table = new LiveTable("Segments", columnsFor(state), ({ name }) => name);
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
    if (frame === undefined) return;
    const wanted = view.filter.toLowerCase();
    const rows = frame.segments.filter(
      ({ name, kind }) => name.toLowerCase().includes(wanted) || kind === wanted,
    );
    if (this.#filter.value !== view.filter) this.#filter.value = view.filter;
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

function columnsFor(state: ViewState): Column<SegmentFrame>[] {
  const flow = (
    id: string,
    title: string,
    value: (flow: NonNullable<SegmentFrame["flow"]>) => number | null | undefined,
    format: (value: number) => string,
  ): Column<SegmentFrame> => ({
    id,
    title,
    isNumber: true,
    order: (segment) => (segment.flow && value(segment.flow)) ?? -1,
    fill: (segment) => {
      const figure = segment.flow && value(segment.flow);
      return figure === null || figure === undefined ? NOTHING : format(figure);
    },
  });
  return [
    {
      id: "name",
      title: "Name",
      order: ({ name }) => name,
      fill: (row, cell) => fillName(row, cell, state),
    },
    { id: "kind", title: "Kind", order: ({ kind }) => kind, fill: ({ kind }) => kind },
    {
      id: "state",
      title: "State",
      order: stateOf,
      fill: (row, cell) => fillState(cell, stateOf(row)),
    },
    flow(
      "rate",
      "Records/s",
      (one) => one.consumed_per_second,
      (value) => text(rate(value)),
    ),
    {
      ...flow(
        "bytes",
        "Bytes/s",
        (one) => one.bytes_per_second,
        (value) => text(byteRate(value)),
      ),
      isOptional: true,
    },
    flow(
      "latency",
      "99 %",
      (one) => one.latency?.latency_ns_p99,
      (value) => text(duration(value)),
    ),
    {
      id: "fill",
      title: "Fill",
      isNumber: true,
      order: (row) => row.flow?.fill ?? -1,
      fill: (row, cell) => fillMeter(cell, row.flow?.fill, `${text(share(row.flow?.fill ?? 0))}`),
    },
    flow("lag", "Lag", (one) => one.lag, count),
    flow("drops", "Drops", (one) => one.drops, count),
    {
      id: "locks",
      title: "Locks/s",
      isNumber: true,
      isOptional: true,
      order: ({ lock }) => lock?.acquisitions_per_second ?? -1,
      fill: ({ lock }) => orNothing(lock?.acquisitions_per_second, rate),
    },
    {
      id: "parties",
      title: "Parties",
      isNumber: true,
      isOptional: true,
      order: ({ participants }) => participants.length,
      fill: (row) => count(row.participants.length),
    },
    {
      id: "size",
      title: "Size",
      isNumber: true,
      isOptional: true,
      order: ({ total_bytes }) => total_bytes,
      fill: ({ total_bytes }) => text(size(total_bytes)),
    },
  ];
}

function fillName({ name }: SegmentFrame, cell: HTMLTableCellElement, state: ViewState): undefined {
  let link = cell.firstElementChild;
  if (link === null) {
    link = element("a", { title: name }, name);
    cell.append(link);
  }
  const { current } = state;
  setAttribute(link, "href", addressOf({ ...current, scope: current.scope === name ? "" : name }));
}

function stateOf({ error, held, persistent, participants, lock }: SegmentFrame): string {
  if (error !== null) return "damaged";
  if (lock?.owner_alive === false) return "abandoned";
  const worst = ["dead", "stalled"].find((state) =>
    participants.some((one) => one.state === state),
  );
  if (worst !== undefined) return worst;
  if (held === false) return persistent ? "kept" : "left over";
  return participants.some(({ state }) => state === "waiting") ? "full" : "fine";
}
