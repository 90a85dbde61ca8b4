/**
 * What the tiles say of a bridge to other machines.
 *
 * @module
 */
import type { BridgeFrame, SegmentFrame } from "../wire/frame.ts";
import { ago, count, countOf, duration, perSecond, rate, size, text } from "./format.ts";
import type { TileContent } from "./tile-contents.ts";
import { TileFigures, word } from "./tile-figures.ts";

/** How fast it carries, whether it goes on, what is still to be carried, and what never will be. */
export function bridgeTiles(segment: SegmentFrame, bridge: BridgeFrame): TileContent[] {
  const of = new TileFigures(segment, "bridge.end");
  const [spilled, acknowledgeMs] = [of.value("spilledBytes"), of.value("acknowledgeMs")];
  const onDisk = spilled === 0 ? "" : `${text(size(spilled))} on the disk`;
  const behind = spilled > 0 ? "warning" : undefined;
  const time = acknowledgeMs === 0 ? undefined : duration(acknowledgeMs * 1e6);
  const inFlight = `${countOf(of.value("inFlight"), "message")} in flight`;
  const lost = word(count(of.value("lost") + of.value("drops")));
  const losing = (of.growth("lost") ?? 0) + (of.growth("drops") ?? 0);
  const now = losing > 0 ? `${text(perSecond(rate(losing)))} now` : "none now";
  return [
    of.tile("carried", "Carried", "records", of.speed("records"), of.byteSpeed("bytes")),
    { id: "bridge-state", title: "State", key: of.key("stalls"), ...stateOf(bridge) },
    of.tile("bridge-lag", "Still to carry", "lag", of.level("lag"), onDisk, behind),
    of.tile("acknowledge", "Acknowledged in", "acknowledgeMs", time, inFlight),
    of.tile("lost", "Lost or given up", "lost", lost, now, losing > 0 ? "bad" : undefined),
  ];
}

/** The worst that can be said of any end. */
function stateOf({ ends }: BridgeFrame): Pick<TileContent, "quantity" | "note" | "mood"> {
  const stopped = ends.find((end) => end.stopped);
  if (stopped) return { quantity: word("stopped"), note: stopped.reason, mood: "bad" };
  const halted = ends.filter(({ halted_ms }) => halted_ms !== null);
  const [longest] = halted.toSorted((one, two) => (two.halted_ms ?? 0) - (one.halted_ms ?? 0));
  if (longest) {
    const since = `for ${ago(longest.halted_ms ?? 0)}`;
    const note = longest.reason === "" ? since : `${since}: ${longest.reason}`;
    return { quantity: word(longest.away ? "away" : "full"), note, mood: "warning" };
  }
  const quantity = ends.length === 0 ? undefined : word("live");
  return { quantity, note: countOf(ends.length, "end") };
}
