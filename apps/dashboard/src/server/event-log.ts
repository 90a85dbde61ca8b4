/**
 * What has happened, as far back as anybody is told.
 *
 * @module
 */
import type { LogEntry } from "../wire/log-entry.ts";

/** How many entries are kept. */
const LOG_ENTRIES_MAX = 500;

/** What happened, before it has its number and time. */
export type Change = Omit<LogEntry, "number" | "at_ms">;

/** The last entries, numbered. */
export class EventLog {
  readonly #entries: LogEntry[] = [];
  #last = 0;

  /** The number of the last entry; 0 when there has been none. */
  get lastNumber(): number {
    return this.#last;
  }

  /** Notes a change. */
  add(change: Change, atMs: number): LogEntry {
    const entry = { number: ++this.#last, at_ms: atMs, ...change };
    this.#entries.push(entry);
    if (this.#entries.length > LOG_ENTRIES_MAX) this.#entries.shift();
    return entry;
  }

  /** The entries after a number, oldest first; those that are kept no more are not among them. */
  after(number: number): LogEntry[] {
    return this.#entries.filter((entry) => entry.number > number);
  }
}
