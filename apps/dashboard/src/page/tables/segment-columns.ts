/**
 * What the table of segments says of each.
 *
 * @module
 */
import type { FlowFrame, Issue, SegmentFrame } from "../../wire/frame.ts";
import { element, setAttribute } from "../dom.ts";
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
import { segmentTitle } from "../kind-words.ts";
import { addressOf, type ViewState } from "../view-state.ts";
import { fillMeter, fillState } from "./cells.ts";
import type { Column } from "./live-table.ts";

/** A segment, and the weightiest thing that is wrong with it. */
export interface SegmentRow extends SegmentFrame {
  readonly issue: Issue | undefined;
}

type SegmentColumn = Column<SegmentRow>;

/** The columns of the table. */
export function segmentColumns(state: ViewState): SegmentColumn[] {
  return [...identity(state), ...FLOW, ...BODY];
}

function identity(state: ViewState): SegmentColumn[] {
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
  ];
}

const FLOW: readonly SegmentColumn[] = [
  flow(
    "rate",
    "Read/s",
    (value) => text(rate(value)),
    (one) => one.consumed_per_second,
  ),
  flow(
    "bytes",
    "Bytes sent/s",
    (value) => text(byteRate(value)),
    (one) => one.bytes_per_second,
  ),
  flow(
    "latency",
    "99 % within",
    (value) => text(duration(value)),
    (one) => one.latency?.latency_ns_p99,
  ),
  {
    id: "fill",
    title: "Fill",
    isNumber: true,
    order: (row) => row.flow?.fill ?? -1,
    fill: (row, cell) => fillMeter(cell, row.flow?.fill, text(share(row.flow?.fill ?? 0))),
  },
  flow("lag", "Lag", count, (one) => one.lag),
  flow("drops", "Drops", count, (one) => one.drops),
];

const BODY: readonly SegmentColumn[] = [
  {
    id: "locks",
    title: "Locks/s",
    isNumber: true,
    order: ({ lock }) => lock?.acquisitions_per_second ?? -1,
    fill: ({ lock }) => orNothing(lock?.acquisitions_per_second, rate),
  },
  {
    id: "participants",
    title: "Participants",
    isNumber: true,
    order: ({ participants }) => participants.length,
    fill: (row) => count(row.participants.length),
  },
  {
    id: "size",
    title: "Size",
    isNumber: true,
    order: ({ total_bytes }) => total_bytes,
    fill: ({ total_bytes }) => text(size(total_bytes)),
  },
];

function flow(
  id: string,
  title: string,
  format: (value: number) => string,
  value: (flow: FlowFrame) => number | null | undefined,
): SegmentColumn {
  return {
    id,
    title,
    isNumber: true,
    order: (segment) => (segment.flow && value(segment.flow)) ?? -1,
    fill: (segment) => {
      const figure = segment.flow && value(segment.flow);
      return figure === null || figure === undefined ? NOTHING : format(figure);
    },
  };
}

function fillName(row: SegmentRow, cell: HTMLTableCellElement, state: ViewState): undefined {
  const { name } = row;
  let link = cell.firstElementChild;
  if (link === null) {
    link = element("a", { title: row.journal?.path || name }, segmentTitle(row));
    cell.append(link);
  }
  const { current } = state;
  setAttribute(link, "href", addressOf({ ...current, scope: current.scope === name ? "" : name }));
}

/** What the state of a segment is called, by the code of what is wrong: judged once, where the issues are. */
const STATES: Readonly<Record<string, string>> = {
  died: "dead process",
  "left-over": "left over",
  "lock-abandoned": "abandoned",
  "lock-held": "held long",
};

function stateOf({ issue, held, persistent, queue }: SegmentRow): string {
  if (issue !== undefined) return STATES[issue.code] ?? issue.code;
  if (queue?.paused === true) return "paused";
  return held === false && persistent ? "kept" : "fine";
}
