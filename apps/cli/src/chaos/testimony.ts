/**
 * What is known of a participant after its end.
 *
 * @module
 */
import type { EventLog } from "./event-log.ts";

/** A participant and what it wrote down. */
export interface Testimony {
  /** Its number, which is that of its stream of records, too. */
  readonly id: number;
  readonly role: string;
  /** In which life of the directory it worked. */
  readonly era: number;
  /** Whether it was killed. */
  readonly isKilled: boolean;
  /** The ticket that was drawn before it was killed. */
  readonly killTicket?: number | undefined;
  /** Reads what it wrote down. */
  readonly events: () => EventLog;
}
