/**
 * What the table of segments says of each.
 *
 * @module
 */
import type { FlowFrame, SegmentFrame } from "../../wire/frame.ts";
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
import { addressOf, type ViewState } from "../view-state.ts";
import { fillMeter, fillState } from "./cells.ts";
import type { Column } from "./live-table.ts";

type SegmentColumn = Column<SegmentFrame>;

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
    {
      id: "kind",
      title: "Kind",
      isSpare: true,
      order: ({ kind }) => kind,
      fill: ({ kind }) => kind,
    },
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
];

const BODY: readonly SegmentColumn[] = [
  {
    id: "locks",
    title: "Locks/s",
    isNumber: true,
    isOptional: true,
    order: ({ lock }) => lock?.acquisitions_per_second ?? -1,
    fill: ({ lock }) => orNothing(lock?.acquisitions_per_second, rate),
  },
  {
    id: "participants",
    title: "Participants",
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

function flow(
  id: string,
  title: string,
  value: (flow: FlowFrame) => number | null | undefined,
  format: (value: number) => string,
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
