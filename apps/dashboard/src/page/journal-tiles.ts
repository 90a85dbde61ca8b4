/**
 * What the tiles say of a journal.
 *
 * @module
 */
import type { JournalFrame, SegmentFrame } from "../wire/frame.ts";
import { count, countOf, size, text } from "./format.ts";
import type { TileContent } from "./tile-contents.ts";
import { TileFigures } from "./tile-figures.ts";

/** How fast it grows, up to where it is safe, who is behind, and what it takes. */
export function journalTiles(segment: SegmentFrame, journal: JournalFrame): TileContent[] {
  const of = new TileFigures(segment, "journal.segment");
  const followers = new TileFigures(segment, "journal.follower");
  const kept = `kept from ${count(of.value("firstSequence"))}`;
  const synced = of.level("syncedSequence");
  const unsynced = of.value("unsynced");
  const behind = unsynced === 0 ? "all of it" : `${countOf(unsynced, "record")} behind it`;
  const { length } = journal.followers;
  const lag = length === 0 ? undefined : followers.level("lag");
  const who = length === 0 ? "nobody follows" : `behind, of ${countOf(length, "follower")}`;
  const onDisk = `${text(size(of.value("diskBytes")))} on the disk`;
  return [
    of.tile("appended", "Appended", "records", of.speed("records"), of.byteSpeed("bytes")),
    of.tile("last-sequence", "Last sequence", "lastSequence", of.level("lastSequence"), kept),
    of.tile("synced", "On the disk up to", "unsynced", synced, behind),
    followers.tile("follower-lag", "Slowest follower", "lag", lag, who),
    of.tile("segments", "Segments", "diskBytes", of.level("segments"), onDisk),
  ];
}
