/**
 * What the tiles say of a journal.
 *
 * @module
 */
import type { JournalFrame, SegmentFrame } from "../wire/frame.ts";
import { tableKeyOf } from "./figures.ts";
import { byteRate, count, countOf, perSecond, rate, size, text } from "./format.ts";
import type { TileContent } from "./tile-contents.ts";

/** How fast it grows, up to where it is safe, who is behind, and what it takes. */
export function journalTiles(segment: SegmentFrame, journal: JournalFrame): TileContent[] {
  const { name, figures, rates } = segment;
  const of = (figure: string): number => figures[figure] ?? 0;
  const key = (figure: string): string => tableKeyOf(name, figure);
  const appended = rates["journal.segment.records"];
  const bytes = rates["journal.segment.bytes"];
  const last = of("journal.segment.lastSequence");
  const unsynced = of("journal.segment.unsynced");
  const { length: followers } = journal.followers;
  const whole = (value: number) => ({ value: count(value), unit: "" });
  return [
    {
      id: "appended",
      title: "Appended",
      quantity: appended === undefined ? undefined : perSecond(rate(appended)),
      note: bytes === undefined ? "" : text(byteRate(bytes)),
      key: key("journal.segment.records"),
    },
    {
      id: "last-sequence",
      title: "Last sequence",
      quantity: whole(last),
      note: `kept from ${count(of("journal.segment.firstSequence"))}`,
      key: key("journal.segment.lastSequence"),
    },
    {
      id: "synced",
      title: "On the disk up to",
      quantity: whole(of("journal.segment.syncedSequence")),
      note: unsynced === 0 ? "all of it" : `${countOf(unsynced, "record")} behind it`,
      key: key("journal.segment.unsynced"),
    },
    {
      id: "follower-lag",
      title: "Slowest follower",
      quantity: followers === 0 ? undefined : whole(of("journal.follower.lag")),
      note: followers === 0 ? "nobody follows" : `behind, of ${countOf(followers, "follower")}`,
      key: key("journal.follower.lag"),
    },
    {
      id: "segments",
      title: "Segments",
      quantity: whole(of("journal.segment.segments")),
      note: `${text(size(of("journal.segment.diskBytes")))} on the disk`,
      key: key("journal.segment.diskBytes"),
    },
  ];
}
