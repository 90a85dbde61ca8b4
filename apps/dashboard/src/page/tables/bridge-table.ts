/**
 * The ends of a bridge: what goes to other machines, and what comes from them.
 *
 * @module
 */
import type { BridgeEndFrame, SegmentFrame } from "../../wire/frame.ts";
import { element, setShown, setText } from "../dom.ts";
import { count, countOf, NOTHING, size, text } from "../format.ts";
import { fillState } from "./cells.ts";
import { type Column, LiveTable } from "./live-table.ts";

/** An end, with its place in the list. */
interface Row extends BridgeEndFrame {
  readonly index: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { id: "direction", title: "Direction", fill: ({ direction }) => direction },
  { id: "source", title: "Carries", fill: ({ source }) => source },
  { id: "state", title: "State", fill: (end, cell) => fillState(cell, stateOf(end)) },
  { id: "why", title: "Why", fill: ({ reason }) => reason || NOTHING },
  { id: "records", title: "Records", isNumber: true, fill: ({ records }) => count(records) },
  { id: "lag", title: "Still to carry", isNumber: true, fill: ({ lag }) => count(lag) },
  {
    id: "spilled",
    title: "On the disk",
    isNumber: true,
    fill: ({ spilled_bytes }) => text(size(spilled_bytes)),
  },
  { id: "server", title: "Server", fill: ({ server }) => server || NOTHING },
  { id: "pid", title: "PID", isNumber: true, fill: ({ pid }) => String(pid) },
];

/** The table of a bridge's ends. */
export class BridgeTable {
  readonly element: HTMLElement;
  readonly #count = element("span", { class: "unit" });
  readonly #empty = element("p", { class: "hint" }, "Nobody carries anything over this bridge.");
  readonly #table = new LiveTable<Row>(
    "Ends of the bridge",
    COLUMNS,
    ({ slot, index }) => `${slot}/${index}`,
  );

  constructor() {
    this.element = element(
      "div",
      { id: "ends" },
      element("div", { class: "head" }, element("h3", {}, "Ends"), this.#count),
      this.#table.element,
      this.#empty,
    );
  }

  /** Shows the ends of a bridge, and nothing for another kind. */
  render({ bridge }: SegmentFrame): void {
    setShown(this.element, bridge !== null);
    if (bridge === null) return;
    const { ends } = bridge;
    setText(this.#count, ends.length === 0 ? "" : countOf(ends.length, "end"));
    this.#table.render(ends.map((end, index) => ({ ...end, index })));
    setShown(this.#table.element, ends.length > 0);
    setShown(this.#empty, ends.length === 0);
  }
}

function stateOf({ stopped, away, full }: BridgeEndFrame): string {
  if (stopped) return "stopped";
  if (away) return "away";
  return full ? "full" : "live";
}
