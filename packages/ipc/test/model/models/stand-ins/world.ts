/**
 * The actor on whose behalf source runs that makes its own `Segment`: set before, because the stand-in for `Segment`
 * is made by the source and not by the model.
 *
 * @module
 */
import type { Actor } from "../../checker/model.ts";

/** Where things are in the memory of a model with a segment. */
export interface SegmentPlaces {
  /** Word at which the participants' slots begin, and how many there are. */
  readonly participants: number;
  readonly slots: number;
  /** Word at which the kernel's locks on them are. */
  readonly locks: number;
  /** Word at which section "state" begins, and its length in bytes. */
  readonly state: number;
  readonly stateBytes: number;
  /** Word at which it is noted which lanes have been allocated. */
  readonly allocated: number;
  /** Whether the file system has no room for a lane. */
  readonly isFull: (lane: number) => boolean;
}

/** Who runs. */
export interface Running {
  readonly actor: Actor;
  /** Its place among the actors of the model. */
  readonly me: number;
  readonly places: SegmentPlaces;
}

let running: Running | undefined;

/** Says who runs from now on. */
export function runAs(who: Running): void {
  running = who;
}

/** Who runs. */
export function whoRuns(): Running {
  if (running === undefined) throw new Error("nobody runs");
  return running;
}
