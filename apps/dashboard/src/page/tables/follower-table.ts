/**
 * Who follows a journal, and how far each has come.
 *
 * @module
 */
import type { FollowerFrame, SegmentFrame } from "../../wire/frame.ts";
import { element, setShown, setText } from "../dom.ts";
import { count, countOf, NOTHING } from "../format.ts";
import { type Column, LiveTable } from "./live-table.ts";

/** A follower, with its place in the list: those without a name look alike. */
interface Row extends FollowerFrame {
  readonly index: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { id: "follower", title: "Follower", fill: ({ name }) => name || NOTHING },
  { id: "pid", title: "PID", isNumber: true, fill: ({ pid }) => String(pid) },
  { id: "position", title: "Done up to", isNumber: true, fill: ({ position }) => count(position) },
  { id: "lag", title: "Lag", isNumber: true, fill: ({ lag }) => count(lag) },
];

/** The table of a journal's followers. */
export class FollowerTable {
  readonly element: HTMLElement;
  readonly #count = element("span", { class: "unit" });
  readonly #empty = element("p", { class: "hint" }, "Nobody follows this journal.");
  readonly #table = new LiveTable<Row>(
    "Followers of the journal",
    COLUMNS,
    ({ slot, index }) => `${slot}/${index}`,
  );

  constructor() {
    this.element = element(
      "div",
      { id: "followers" },
      element("div", { class: "head" }, element("h3", {}, "Followers"), this.#count),
      this.#table.element,
      this.#empty,
    );
  }

  /** Shows the followers of a journal, and nothing for another kind. */
  render({ journal }: SegmentFrame): void {
    setShown(this.element, journal !== null);
    if (journal === null) return;
    const { followers } = journal;
    setText(this.#count, followers.length === 0 ? "" : countOf(followers.length, "follower"));
    this.#table.render(followers.map((follower, index) => ({ ...follower, index })));
    setShown(this.#table.element, followers.length > 0);
    setShown(this.#empty, followers.length === 0);
  }
}
