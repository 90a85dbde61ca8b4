/**
 * What happens in shared memory, as the event log shows it.
 *
 * @module
 */

/** What happened. */
export type LogKind =
  | "created"
  | "removed"
  | "joined"
  | "left"
  | "gone"
  | "died"
  | "recovered"
  | "lock-abandoned"
  | "lock-recovered"
  | "dropped"
  | "corrupt"
  | "damaged"
  | "orphaned"
  | "redelivered"
  | "dead-letter"
  | "expired"
  | "paused"
  | "resumed";

/** One line of the event log. */
export interface LogEntry {
  /** Grows by 1 with every entry, as long as the server runs. */
  readonly number: number;
  readonly at_ms: number;
  readonly kind: LogKind;
  readonly segment: string;
  readonly text: string;
}
