/**
 * What the tiles say of a bridge to other machines.
 *
 * @module
 */
import type { BridgeFrame, SegmentFrame } from "../wire/frame.ts";
import { tableKeyOf } from "./figures.ts";
import { ago, byteRate, count, countOf, duration, perSecond, rate, size, text } from "./format.ts";
import type { TileContent } from "./tile-contents.ts";

/** How fast it carries, whether it goes on, what is still to be carried, and what never will be. */
export function bridgeTiles(segment: SegmentFrame, bridge: BridgeFrame): TileContent[] {
  const { name, figures, rates } = segment;
  const of = (figure: string): number => figures[`bridge.end.${figure}`] ?? 0;
  const key = (figure: string): string => tableKeyOf(name, `bridge.end.${figure}`);
  const whole = (value: number) => ({ value: count(value), unit: "" });
  const [carried, bytes] = [rates["bridge.end.records"], rates["bridge.end.bytes"]];
  const [spilled, inFlight] = [of("spilledBytes"), of("inFlight")];
  const gone = (rates["bridge.end.lost"] ?? 0) + (rates["bridge.end.drops"] ?? 0);
  return [
    {
      id: "carried",
      title: "Carried",
      quantity: carried === undefined ? undefined : perSecond(rate(carried)),
      note: bytes === undefined ? "" : text(byteRate(bytes)),
      key: key("records"),
    },
    stateTile(bridge, key("stalls")),
    {
      id: "bridge-lag",
      title: "Still to carry",
      quantity: whole(of("lag")),
      note: spilled === 0 ? "" : `${text(size(spilled))} on the disk`,
      mood: spilled > 0 ? "warning" : undefined,
      key: key("lag"),
    },
    {
      id: "acknowledge",
      title: "Acknowledged in",
      quantity: of("acknowledgeMs") === 0 ? undefined : duration(of("acknowledgeMs") * 1e6),
      note: `${countOf(inFlight, "message")} in flight`,
      key: key("acknowledgeMs"),
    },
    {
      id: "lost",
      title: "Lost or given up",
      quantity: whole(of("lost") + of("drops")),
      note: gone > 0 ? `${text(perSecond(rate(gone)))} now` : "none now",
      mood: gone > 0 ? "bad" : undefined,
      key: key("lost"),
    },
  ];
}

/** The worst that can be said of any end. */
function stateTile({ ends }: BridgeFrame, key: string): TileContent {
  const common = { id: "bridge-state", title: "State", key };
  const stopped = ends.find((end) => end.stopped);
  if (stopped) {
    return { ...common, quantity: word("stopped"), note: stopped.reason, mood: "bad" };
  }
  const halted = ends.filter(({ halted_ms }) => halted_ms !== null);
  const [longest] = halted.toSorted((one, two) => (two.halted_ms ?? 0) - (one.halted_ms ?? 0));
  if (longest) {
    const since = `for ${ago(longest.halted_ms ?? 0)}`;
    const note = longest.reason === "" ? since : `${since}: ${longest.reason}`;
    return { ...common, quantity: word(longest.away ? "away" : "full"), note, mood: "warning" };
  }
  const quantity = ends.length === 0 ? undefined : word("live");
  return { ...common, quantity, note: countOf(ends.length, "end") };
}

function word(value: string): { readonly value: string; readonly unit: string } {
  return { value, unit: "" };
}
