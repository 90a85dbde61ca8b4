/**
 * What a demonstration is made of.
 *
 * @module
 */
import type { DemoRoom } from "./room.ts";

/** How a step ended well: what it found, in one line, or why this machine cannot do it. */
export type StepOutcome = string | SkippedStep;

/** One thing that is done and checked. */
export interface DemoStep {
  /** What is shown, in a few words; also the `step` field of `--json`, so it stays as it is. */
  readonly name: string;
  /**
   * Does it and checks what came of it.
   *
   * @throws when a check fails.
   */
  readonly run: (room: DemoRoom) => StepOutcome | Promise<StepOutcome>;
}

/** A group of steps about one idea. */
export interface DemoConcept {
  /** 1 to 5; the `concept` field of `--json`. */
  readonly number: number;
  /** The heading. */
  readonly title: string;
  /** The steps, in order. A later one may rely on files that an earlier one left in the room. */
  readonly steps: readonly DemoStep[];
}

/** What became of one step. */
export interface StepResult {
  readonly concept: number;
  readonly step: string;
  readonly ok: boolean;
  readonly isSkipped: boolean;
  readonly detail: string;
  readonly elapsedMs: number;
}

/** A step that this machine cannot do, which is not a failure. */
export class SkippedStep {
  /** Why, in a few words. */
  readonly reason: string;

  /** @param reason Why, in a few words. */
  constructor(reason: string) {
    this.reason = reason;
  }
}
