/**
 * Interrupting an actor in the middle of what it does.
 *
 * @module
 */
import type { PlainWords } from "../../model/checker/plain-words.ts";

/** Thrown to end an actor before a step, as SIGKILL would. */
export class Crash extends Error {}

/**
 * Runs something, and something else before its `step`-th step.
 *
 * @returns Whether it has so many steps.
 */
export function interrupted(
  words: PlainWords,
  step: number,
  action: () => void,
  meet: () => void,
): boolean {
  let steps = 0;
  let hasMet = false;
  words.before = () => {
    if (++steps !== step) return;
    hasMet = true;
    words.before = () => {};
    meet();
  };
  try {
    action();
  } finally {
    words.before = () => {};
  }
  return hasMet;
}

/** Runs what may find all slots taken, or crash. */
export function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    const { code } = error as { code?: string };
    if (!(error instanceof Crash) && code !== "EAGAIN") throw error;
  }
}
