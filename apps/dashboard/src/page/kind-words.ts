/**
 * The words that the page has for kinds of segments, all in this place. A kind without words here is shown all the same,
 * by what its tables of figures say.
 *
 * @module
 */
import type { SegmentFrame } from "../wire/frame.ts";

/** What is waited for at each wait cell of a kind, by the cell's number. */
const WAITS: Readonly<Record<string, readonly string[]>> = {
  channel: ["records", "room"],
  topic: ["records", "room"],
  service: ["requests", "room"],
  queue: ["the lock", "jobs", "room or drain"],
  mutex: ["the lock"],
  semaphore: ["a permit"],
  event: ["the event"],
  struct: ["the lock", "a change"],
  journal: ["a record"],
};

/** Figures whose names in code are not what a person would say. */
const TITLES: Readonly<Record<string, string>> = {
  "bridge.end.lag": "Still to carry",
  "bridge.end.resends": "Messages sent again",
  "bridge.end.isStalled": "Full",
  "bridge.end.spilledBytes": "On the disk",
  "bridge.end.acknowledgeMs": "Acknowledged in",
  "bridge.end.haltedMs": "Away or full for",
  "event.segment.isSet": "State",
  "event.segment.setCount": "Times set",
  "journal.follower.lag": "Lag of the slowest follower",
  "journal.segment.unsynced": "Not known to be on the disk",
  "queue.segment.deadLetters": "Dead letters",
  "queue.segment.inFlight": "In flight",
  "queue.segment.oldestInFlightMs": "Oldest in flight",
  "semaphore.segment.available": "Permits free",
  "semaphore.segment.max": "Permits in all",
  "semaphore.held.permits": "Permits held",
  "struct.segment.recordBytesMax": "Record, at most",
  "segment.cell.wakes": "Wakes",
};

/** How the two values of a figure are called that is a boolean. */
const BOOLEANS: Readonly<Record<string, readonly [no: string, yes: string]>> = {
  "event.segment.isSet": ["reset", "set"],
};

/** Figures that say how a segment was made, and not how it is doing: they have no tile. */
const SETTINGS: ReadonlySet<string> = new Set([
  "cache.segment.capacityBytes",
  "cache.segment.shards",
  "limiter.segment.capacityBytes",
  "semaphore.segment.returnsOnDeath",
  "table.segment.rowBytes",
  "table.segment.rows",
]);

/** Figures that would hide all others in a chart: they are much greater. */
const UNDRAWN: ReadonlySet<string> = new Set([
  "journal.segment.firstSequence",
  "journal.segment.lastSequence",
  "journal.segment.syncedSequence",
  "journal.segment.segments",
]);

/** What a person calls a segment: a journal by its directory, for its name is a number. */
export function segmentTitle({ name, journal }: Pick<SegmentFrame, "name" | "journal">): string {
  return journal?.path.split("/").at(-1) || name;
}

/** What is waited for at a cell. */
export function waitWords(kind: string, cell: number): string {
  // A service has a cell for each requester behind the two of its responder.
  if (kind === "service" && cell > 1) return "a reply or room";
  return WAITS[kind]?.[cell] ?? `cell ${cell}`;
}

/** The cells of a kind that are worth a word also when nobody waits there. */
export function namedCells(kind: string): readonly number[] {
  return (WAITS[kind] ?? []).map((_, cell) => cell);
}

/** A figure's title: its name as words. */
export function figureTitle(id: string): string {
  const name = id.slice(id.lastIndexOf(".") + 1).replace(/^is(?=[A-Z])|(?:Ms|Bytes)$/g, "");
  const words = name.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return TITLES[id] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a boolean figure says. */
export function booleanWords(id: string, value: number): string {
  return (BOOLEANS[id] ?? ["no", "yes"])[value === 0 ? 0 : 1];
}

/** Whether a figure has a tile where its kind has no other. */
export function hasTile(id: string): boolean {
  return !id.startsWith("segment.") && !SETTINGS.has(id);
}

/** Whether a figure has a line where its kind has no chart of its own. */
export function isDrawn(id: string): boolean {
  // What is no number of things has no place on their axis.
  const isOther = id.startsWith("lock.") || /\.is[A-Z]|[Bb]ytes|Ratio$|Ms$/.test(id);
  return hasTile(id) && !isOther && !UNDRAWN.has(id);
}
