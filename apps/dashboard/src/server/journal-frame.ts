/**
 * A journal in one moment: where it is, and who follows it.
 *
 * @module
 */
import type { SegmentSample } from "@isthmus/ipc";
import type { JournalFrame } from "../wire/frame.ts";

/** Describes a journal; `null` for other kinds. */
export function journalFrame({ journal }: SegmentSample): JournalFrame | null {
  if (journal === undefined) return null;
  const { path, followers } = journal;
  return {
    path,
    followers: followers.map(({ participant, name, position, lag }) => {
      return { slot: participant.slot, pid: participant.pid, name, position, lag };
    }),
  };
}
