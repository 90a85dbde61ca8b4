/**
 * A table whose rows change several times a second, and stay the same elements.
 *
 * @module
 */
import { type Child, element, setAttribute, setText } from "../dom.ts";
import { scrollBox } from "../scroll-box.ts";

/** A column. */
export interface Column<Row> {
  /** Stable; the address may hold it. */
  readonly id: string;
  readonly title: string;
  readonly isNumber?: boolean;
  /** By what it is sorted; absent: it is not. */
  readonly order?: (row: Row) => number | string;
  /** Fills a cell: a text, or what the function does with the cell itself. */
  readonly fill: (row: Row, cell: HTMLTableCellElement) => string | undefined;
}

/** How a table is sorted. */
export interface Sorting {
  /** The id of a column, with a `-` in front for the greatest first. */
  readonly sort: string;
  readonly onSort: (sort: string) => void;
}

/** A table of things that have keys. */
export class LiveTable<Row> {
  readonly element: HTMLElement;
  readonly #columns: readonly Column<Row>[];
  readonly #keyOf: (row: Row) => string;
  readonly #heads: readonly HTMLTableCellElement[];
  readonly #body = element("tbody");
  readonly #rows = new Map<string, HTMLTableRowElement>();
  #sorting: Sorting | undefined;

  /**
   * @param caption What the table is, for those who do not see the heading.
   * @param columns Its columns.
   * @param keyOf What tells rows apart.
   */
  constructor(caption: string, columns: readonly Column<Row>[], keyOf: (row: Row) => string) {
    this.#columns = columns;
    this.#keyOf = keyOf;
    this.#heads = columns.map((column) => this.#head(column));
    this.element = scrollBox(
      caption,
      element(
        "table",
        {},
        element("caption", { class: "unseen" }, caption),
        element("thead", {}, element("tr", {}, ...this.#heads)),
        this.#body,
      ),
    );
  }

  /** Shows rows; in the order of a column when there is a sorting, else in their own. */
  render(rows: readonly Row[], sorting?: Sorting): void {
    this.#sorting = sorting;
    const sorted = sorting === undefined ? rows : this.#sorted(rows, sorting.sort);
    const kept = new Set<string>();
    let previous: HTMLTableRowElement | undefined;
    for (const row of sorted) {
      const key = this.#keyOf(row);
      kept.add(key);
      const line = this.#rowFor(key);
      this.#columns.forEach((column, index) => {
        const cell = line.cells[index] as HTMLTableCellElement;
        const text = column.fill(row, cell);
        if (text !== undefined) setText(cell, text);
      });
      const wanted = previous === undefined ? this.#body.firstChild : previous.nextSibling;
      if (line !== wanted) this.#body.insertBefore(line, wanted);
      previous = line;
    }
    for (const [key, line] of this.#rows) {
      if (kept.has(key)) continue;
      line.remove();
      this.#rows.delete(key);
    }
  }

  #sorted(rows: readonly Row[], sort: string): readonly Row[] {
    const isDown = sort.startsWith("-");
    const id = isDown ? sort.slice(1) : sort;
    const column = this.#columns.find((each) => each.id === id);
    this.#columns.forEach((each, index) => {
      const head = this.#heads[index];
      if (!head || !each.order) return;
      const direction = isDown ? "descending" : "ascending";
      setAttribute(head, "aria-sort", each === column ? direction : "none");
    });
    const order = column?.order;
    if (order === undefined) return rows;
    const sign = isDown ? -1 : 1;
    return rows.toSorted((one, two) => sign * compare(order(one), order(two)));
  }

  #head(column: Column<Row>): HTMLTableCellElement {
    const { id, title, isNumber, order } = column;
    const children: Child[] = [title];
    if (order) {
      const button = element("button", { type: "button" }, title);
      button.addEventListener("click", () => this.#sortBy(id, isNumber === true));
      children[0] = button;
    }
    return element("th", { scope: "col", class: classOf(column) }, ...children);
  }

  /** The other way round when it is sorted so already; numbers begin with the greatest. */
  #sortBy(id: string, isNumber: boolean): void {
    if (this.#sorting === undefined) return;
    const { sort, onSort } = this.#sorting;
    const first = isNumber ? `-${id}` : id;
    const second = isNumber ? id : `-${id}`;
    onSort(sort === first ? second : first);
  }

  #rowFor(key: string): HTMLTableRowElement {
    let line = this.#rows.get(key);
    if (line === undefined) {
      const cells = this.#columns.map((column) => element("td", { class: classOf(column) }));
      line = element("tr", { "data-key": key }, ...cells);
      this.#rows.set(key, line);
    }
    return line;
  }
}

function classOf<Row>({ isNumber }: Column<Row>): string {
  return isNumber ? "number" : "";
}

function compare(one: number | string, two: number | string): number {
  if (typeof one === "number" && typeof two === "number") return one - two;
  return String(one).localeCompare(String(two), "en", { numeric: true });
}
