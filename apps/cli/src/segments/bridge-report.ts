/**
 * A bridge to other machines as a person reads it.
 *
 * @module
 */
import { type BridgeEndInfo, type BridgeInfo, FIGURES } from "@isthmus/ipc";
import { formatDuration } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { Style } from "../output/style.ts";
import type { FigureColumns } from "./figure-table.ts";
import { activityText } from "./segment-text.ts";

/** The table of ends. */
export const BRIDGE_END_COLUMNS: FigureColumns<BridgeEndInfo> = {
  leads: {
    SLOT: ({ participant }) => String(participant.slot),
    END: ({ direction, source }) => `${source} ${direction}`,
    PID: ({ participant }) => String(participant.pid),
  },
  tables: [FIGURES.bridge.end],
  headings: {
    records: "RECORDS",
    bytes: "BYTES",
    lag: "LAG",
    inFlight: "IN FLIGHT",
    spilledBytes: "SPILLED",
  },
};

/** What is to be said of each end, as pairs. */
export function bridgeRows({ target, ends }: BridgeInfo, nowMs: number, style: Style): string[][] {
  return [
    ["carries", printable(target)],
    ...ends.flatMap((end) => {
      const { direction, source, server, acknowledgeMs, lastActivityMs } = end;
      const way = direction === "out" ? "to" : "from";
      const taken = acknowledgeMs > 0 ? `, acknowledged in ${formatDuration(acknowledgeMs)}` : "";
      return [
        [direction, `${source} ${way} ${printable(server)}`],
        ["", bridgeEndText(end, style)],
        ["", `last carried ${activityText(lastActivityMs, nowMs)}${taken}`],
      ];
    }),
  ];
}

/** How an end is doing, in words. */
function bridgeEndText(end: BridgeEndInfo, style: Style): string {
  const why = end.reason === "" ? "" : `: ${printable(end.reason)}`;
  if (end.isStopped) return style.red(`stopped${why}`);
  if (!end.isAway && !end.isStalled) return style.green("live");
  const how = end.isAway ? "the server is away" : "no room";
  return style.yellow(`${how}, for ${formatDuration(end.haltedMs)}${why}`);
}
