/**
 * Runs the steps one after the other.
 *
 * @module
 */
import { TimeoutError } from "@isthmus/core";
import { formatDuration } from "../output/format.ts";
import type { DemoRoom } from "./room.ts";
import { type DemoConcept, type DemoStep, SkippedStep, type StepResult } from "./step.ts";

/** Far more than any step needs, so that only a real hang is reported. */
const STEP_TIMEOUT_MS = 60_000;

/**
 * Runs every step of every concept. A step that fails is a result; the next one runs all the same.
 *
 * @param concepts What to run.
 * @param room Where.
 * @param onStart Called before each step, to show what is being done.
 * @yields One result per step, as soon as it is known.
 * @throws {InterruptedError} when the room's signal was aborted with one.
 */
export async function* runDemo(
  concepts: readonly DemoConcept[],
  room: DemoRoom,
  onStart: (concept: DemoConcept, step: DemoStep) => void,
): AsyncGenerator<StepResult, void> {
  for (const concept of concepts) {
    for (const step of concept.steps) {
      // Gives a signal the chance to be heard between steps that never wait.
      await new Promise<void>((resolve) => setImmediate(resolve));
      room.interruption.throwIfAborted();
      onStart(concept, step);
      const result = await runStep(concept.number, step, room);
      // Whatever a step says after an interruption is only about the interruption.
      room.interruption.throwIfAborted();
      yield result;
    }
  }
}

async function runStep(concept: number, step: DemoStep, room: DemoRoom): Promise<StepResult> {
  const startMs = performance.now();
  const result = (ok: boolean, isSkipped: boolean, detail: string): StepResult => {
    return {
      concept,
      step: step.name,
      ok,
      isSkipped,
      detail,
      elapsedMs: performance.now() - startMs,
    };
  };
  room.beginStep();
  const timer = setTimeout(() => {
    room.failStep(
      new TimeoutError(`The step did not end within ${formatDuration(STEP_TIMEOUT_MS)}`),
    );
  }, STEP_TIMEOUT_MS);
  try {
    const outcome = await step.run(room);
    if (outcome instanceof SkippedStep) return result(true, true, `skipped: ${outcome.reason}`);
    return result(true, false, outcome);
  } catch (error) {
    // What went wrong first: the rest of the step may only have suffered from it.
    const reason = room.signal.aborted ? room.signal.reason : error;
    return result(false, false, String(reason).replace(/\s+/g, " "));
  } finally {
    clearTimeout(timer);
  }
}
