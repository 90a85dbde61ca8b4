/**
 * A live table with a heading, how many rows there are, and what stands there when there are none.
 *
 * @module
 */
import type { SegmentFrame } from "../../wire/frame.ts";
import { type Child, element, setShown, setText } from "../dom.ts";
import { type Column, LiveTable, type Sorting } from "./live-table.ts";

/** More lines than this nobody reads. */
export const ROWS_MAX = 200;

/** What a table is of. */
export interface TableWords<Row> {
  readonly id: string;
  readonly title: string;
  /** What it is, for those who do not see the heading; the title unless given. */
  readonly caption?: string;
  /** What stands there when there are no rows. */
  readonly empty: string;
  readonly columns: readonly Column<Row>[];
  /** What tells rows apart. */
  readonly keyOf: (row: Row) => string;
}

/** The table, in a card of its own or as a part of another one. */
export class TitledTable<Row> {
  readonly element: HTMLElement;
  readonly table: LiveTable<Row>;
  readonly #count = element("span", { class: "unit" });
  readonly #empty: HTMLElement;

  /**
   * @param words What it is of.
   * @param isCard Whether it is a card of its own.
   * @param controls What else stands beside the heading.
   */
  constructor(words: TableWords<Row>, isCard: boolean, ...controls: readonly Child[]) {
    const { id, title, caption = title, empty, columns, keyOf } = words;
    this.table = new LiveTable(caption, columns, keyOf);
    this.#empty = element("p", { class: "hint" }, empty);
    const heading = element(isCard ? "h2" : "h3", {}, title);
    this.element = element(
      isCard ? "section" : "div",
      isCard ? { class: "card", id } : { id },
      element("div", { class: "head" }, heading, this.#count, ...controls),
      this.table.element,
      this.#empty,
    );
  }

  /**
   * Shows rows.
   *
   * @param rows Those that are shown.
   * @param count How many there are, in words.
   * @param options How they are sorted; what stands there when there are none.
   */
  render(
    rows: readonly Row[],
    count: string,
    { sorting, empty }: { readonly sorting?: Sorting; readonly empty?: string } = {},
  ): void {
    setText(this.#count, count);
    if (empty !== undefined) setText(this.#empty, empty);
    this.table.render(rows, sorting);
    setShown(this.table.element, rows.length > 0);
    setShown(this.#empty, rows.length === 0);
  }
}

/** What such a table shows of a segment; undefined of a kind that has none. */
export type RowsOf<Row> = (
  segment: SegmentFrame,
) => { readonly rows: readonly Row[]; readonly count: string } | undefined;

/** A table that one kind of segments has beside what all have. */
export class DetailTable<Row> {
  readonly element: HTMLElement;
  readonly #titled: TitledTable<Row>;
  readonly #rowsOf: RowsOf<Row>;

  constructor(words: TableWords<Row>, rowsOf: RowsOf<Row>) {
    this.#titled = new TitledTable(words, false);
    this.#rowsOf = rowsOf;
    this.element = this.#titled.element;
  }

  /** Shows what there is of a segment, and nothing for another kind. */
  render(segment: SegmentFrame): void {
    const found = this.#rowsOf(segment);
    setShown(this.element, found !== undefined);
    if (found !== undefined) this.#titled.render(found.rows, found.count);
  }
}
