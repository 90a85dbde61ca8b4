/**
 * What this thread has put off until it has time, and must do before it sleeps: others may be waiting for it.
 *
 * @module
 */

/** Something put off. Neither method may throw. */
export interface Postponed {
  /** Does what others may be waiting for, if there is any. May be called often. */
  run(): void;
  /** Does it all. Called once, when this run of JavaScript has ended. */
  end(): void;
}

let postponed: Postponed[] = [];

/** Puts something off until this run of JavaScript ends. Not again before that. */
export function postpone(task: Postponed): void {
  if (postponed.push(task) === 1) queueMicrotask(endPostponed);
}

/** Does what was put off and others may be waiting for. Called before every sleep; cheap when there is nothing. */
export function runPostponed(): void {
  for (let i = 0; i < postponed.length; i++) (postponed[i] as Postponed).run();
}

function endPostponed(): void {
  const tasks = postponed;
  postponed = [];
  for (const task of tasks) task.end();
}
