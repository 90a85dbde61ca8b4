/**
 * What a scenario is: participants in their roles around one segment, and the judge of what they did.
 *
 * @module
 */
import type { Evidence } from "./evidence.ts";
import type { Finding } from "./judges/findings.ts";
import type { Participant } from "./participant.ts";

/** What the participants of one role do. */
export interface Role {
  readonly name: string;
  /** How many participants there are at a time. */
  readonly count: number;
  /**
   * When they are asked to end: senders first (0), then those who take what was sent (1), then the keeper, who looks at
   * what is left (2).
   */
  readonly rank: 0 | 1 | 2;
  /** A keeper is there before all others, and is never killed or stopped. */
  readonly isKeeper?: boolean;
  /** The role without which this one cannot work at all: nobody takes what it sends, or answers it. */
  readonly needs?: string;
  /** Works until the participant is told to end; then leaves nothing behind. */
  readonly play: (participant: Participant) => Promise<void>;
}

/** A segment and who works on it. */
export interface Scenario {
  /** Also the name of the segment. */
  readonly name: string;
  readonly roles: readonly Role[];
  /**
   * Judges what the participants have written down.
   *
   * @param evidence That of all participants of the scenario, in the order in which they were started.
   * @param evidencePath The directory in which they may have left more.
   * @returns What broke a promise of the documentation.
   */
  readonly judge: (evidence: readonly Evidence[], evidencePath: string) => Finding[];
}
