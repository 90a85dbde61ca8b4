/**
 * What a kind of shared thing brings to the chaos: the processes that work on it, and who judges what they saw.
 *
 * @module
 */
import type { Finding } from "./finding.ts";
import type { Stand } from "./stand.ts";
import type { Testimony } from "./testimony.ts";

/** What the processes of one role do. */
export interface Part {
  /** The role, a word. */
  readonly role: string;
  /** How many processes there are at a time. */
  readonly count: number;
  /**
   * When they are asked to end, of all that work on the thing: senders first (0), then those who empty it (1), then who
   * has kept it and looks at what is left (2).
   */
  readonly rank: 0 | 1 | 2;
  /** Whether these are there before all others, and are never killed or stopped. */
  readonly isKeeper?: boolean;
  /** Works until the stand says that it is over; then leaves nothing behind. */
  readonly play: (stand: Stand) => Promise<void>;
}

/** A shared thing and the processes that work on it. */
export interface Stage {
  /** What the thing is called, also in shared memory. */
  readonly name: string;
  readonly parts: readonly Part[];
  /**
   * Judges what the processes have written down.
   *
   * @param testimonies Those of all that worked on the thing, in the order in which they were started.
   * @param evidencePath Where they may have left more.
   * @returns What broke a promise of the documentation.
   */
  readonly judge: (testimonies: readonly Testimony[], evidencePath: string) => Finding[];
}
