/**
 * Who follows a journal, and how far each has come.
 *
 * @module
 */
import type { FollowerFrame } from "../../wire/frame.ts";
import { count, countOf, NOTHING } from "../format.ts";
import type { Column } from "./live-table.ts";
import { DetailTable, type TableWords } from "./titled-table.ts";

/** A follower, with its place in the list: those without a name look alike. */
interface Row extends FollowerFrame {
  readonly index: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { id: "follower", title: "Follower", fill: ({ name }) => name || NOTHING },
  { id: "pid", title: "PID", isNumber: true, fill: ({ pid }) => String(pid) },
  { id: "position", title: "Done up to", isNumber: true, fill: ({ position }) => count(position) },
  { id: "lag", title: "Lag", isNumber: true, fill: ({ lag }) => count(lag) },
];

/** The table of a journal's followers. */
export function followerTable(): DetailTable<Row> {
  const words: TableWords<Row> = {
    id: "followers",
    title: "Followers",
    caption: "Followers of the journal",
    empty: "Nobody follows this journal.",
    columns: COLUMNS,
    keyOf: ({ slot, index }) => `${slot}/${index}`,
  };
  return new DetailTable(words, ({ journal }) => {
    if (journal === null) return undefined;
    const rows = journal.followers.map((follower, index) => ({ ...follower, index }));
    return { rows, count: rows.length === 0 ? "" : countOf(rows.length, "follower") };
  });
}
