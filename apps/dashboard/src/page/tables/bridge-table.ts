/**
 * The ends of a bridge: what goes to other machines, and what comes from them.
 *
 * @module
 */
import type { BridgeEndFrame } from "../../wire/frame.ts";
import { count, countOf, NOTHING, size, text } from "../format.ts";
import { fillState } from "./cells.ts";
import type { Column } from "./live-table.ts";
import { DetailTable, type TableWords } from "./titled-table.ts";

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
export function bridgeTable(): DetailTable<Row> {
  const words: TableWords<Row> = {
    id: "ends",
    title: "Ends",
    caption: "Ends of the bridge",
    empty: "Nobody carries anything over this bridge.",
    columns: COLUMNS,
    keyOf: ({ slot, index }) => `${slot}/${index}`,
  };
  return new DetailTable(words, ({ bridge }) => {
    if (bridge === null) return undefined;
    const rows = bridge.ends.map((end, index) => ({ ...end, index }));
    return { rows, count: rows.length === 0 ? "" : countOf(rows.length, "end") };
  });
}

function stateOf({ stopped, away, full }: BridgeEndFrame): string {
  if (stopped) return "stopped";
  if (away) return "away";
  return full ? "full" : "live";
}
