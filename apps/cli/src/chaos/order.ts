/**
 * What the driver tells a participant when it starts it.
 *
 * @module
 */
import type { Sabotage } from "./sabotage.ts";

/** The exit code of a participant that found no room in shared memory (EX_TEMPFAIL of sysexits.h). */
export const EXIT_NO_ROOM = 75;

/** The one argument of a participant's program, as JSON. */
export interface Order {
  /** Its number. */
  readonly id: number;
  readonly stage: string;
  readonly role: string;
  readonly seed: number;
  /** The file of the control block. */
  readonly controlPath: string;
  /** Where to write down what happens. */
  readonly logPath: string;
  readonly sabotage?: Sabotage | undefined;
}
