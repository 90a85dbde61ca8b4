/**
 * Everybody who takes part, one line each.
 *
 * @module
 */
import type { ParticipantFrame } from "../../wire/frame.ts";
import { ago, count, NOTHING, orNothing, rate } from "../format.ts";
import { segmentTitle } from "../kind-words.ts";
import type { Model } from "../model.ts";
import type { PageView } from "../page-view.ts";
import type { View } from "../view-state.ts";
import { fillState } from "./cells.ts";
import type { Column } from "./live-table.ts";
import { ROWS_MAX, TitledTable } from "./titled-table.ts";

interface Row extends ParticipantFrame {
  readonly segment: string;
  readonly title: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { id: "name", title: "Process", fill: ({ name }) => name || NOTHING },
  { id: "pid", title: "PID", isNumber: true, fill: ({ pid }) => String(pid) },
  { id: "role", title: "Role", fill: ({ role }) => role },
  { id: "segment", title: "Segment", fill: ({ title }) => title },
  { id: "state", title: "State", fill: ({ state }, cell) => fillState(cell, state) },
  {
    id: "rate",
    title: "Records/s",
    isNumber: true,
    fill: ({ records_per_second }) => orNothing(records_per_second, rate),
  },
  { id: "lag", title: "Lag", isNumber: true, fill: ({ lag }) => whole(lag) },
  {
    id: "waits",
    title: "Waits for room",
    isNumber: true,
    fill: ({ waiting_ms }) => (waiting_ms === null ? NOTHING : ago(waiting_ms)),
  },
  { id: "lost", title: "Lost", isNumber: true, fill: ({ lapped }) => whole(lapped?.lost ?? null) },
  { id: "holds", title: "Holds", fill: ({ holds }) => holds ?? NOTHING },
  { id: "position", title: "Position", isNumber: true, fill: ({ position }) => whole(position) },
  {
    id: "joined",
    title: "Since",
    isNumber: true,
    fill: ({ joined_at_ms }) => ago(Date.now() - joined_at_ms),
  },
];

/** The table of processes. */
export class ProcessTable implements PageView {
  readonly element: HTMLElement;
  readonly #table = new TitledTable<Row>(
    {
      id: "processes",
      title: "Processes",
      empty: "Nobody takes part.",
      columns: COLUMNS,
      keyOf: ({ segment, slot, generation }) => `${segment}/${slot}/${generation}`,
    },
    true,
  );

  constructor() {
    this.element = this.#table.element;
  }

  render({ frame }: Model, view: View): void {
    if (frame === undefined) return;
    const rows = frame.segments
      .filter(({ name }) => view.scope === "" || name === view.scope)
      .flatMap((segment) => {
        const title = segmentTitle(segment);
        return segment.participants.map((one): Row => ({ ...one, segment: segment.name, title }));
      });
    const cut = rows.length > ROWS_MAX ? `first ${ROWS_MAX} of ${count(rows.length)}` : "";
    // Who wants to read more chooses a segment.
    this.#table.render(rows.slice(0, ROWS_MAX), cut);
  }
}

function whole(value: number | null): string {
  return value === null ? NOTHING : count(value);
}
