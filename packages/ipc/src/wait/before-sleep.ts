/**
 * What this thread has put off until it has time, and must do before it sleeps: others may be waiting for it.
 *
 * @module
 */

/** Something put off. */
export interface Postponed {
  /** Does it, and takes it off the list. Must not throw. */
  run(): void;
}

const postponed = new Set<Postponed>();
let isQueued = false;

/** Puts something off until this run of JavaScript ends, or the thread waits, whichever is first. */
export function postpone(task: Postponed): void {
  postponed.add(task);
  if (isQueued) return;
  isQueued = true;
  queueMicrotask(runQueued);
}

/** Does all that was put off. Called before every sleep; costs one comparison when there is nothing. */
export function runPostponed(): void {
  if (postponed.size === 0) return;
  for (const task of postponed) task.run();
  postponed.clear();
}

function runQueued(): void {
  isQueued = false;
  runPostponed();
}
