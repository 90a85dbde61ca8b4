/**
 * What this thread has put off until it has time, and must do before it sleeps or ends: others may be waiting for it.
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
let isListening = false;
/** Whether no microtask will be run any more: nothing can be put off. */
let isEnding = false;

/** Puts something off until this run of JavaScript ends. Not again before that. */
export function postpone(task: Postponed): void {
  if (!isListening) listen();
  if (isEnding) task.end();
  else if (postponed.push(task) === 1) queueMicrotask(endPostponed);
}

/** Does what was put off and others may be waiting for. Called before every sleep; cheap when there is nothing. */
export function runPostponed(): void {
  for (let i = 0; i < postponed.length; i++) (postponed[i] as Postponed).run();
}

/**
 * Does all that was put off, in a thread that ends by itself: by `process.exit()`, by an error that nobody catches, or
 * with nothing left to do. What is done from now on is done at once. Call it before anything is given back by which
 * others could see this thread's end.
 */
export function endThread(): void {
  isEnding = true;
  // A program can emit "exit" and go on.
  queueMicrotask(() => {
    isEnding = false;
  });
  runPostponed();
  endPostponed();
}

function endPostponed(): void {
  const tasks = postponed;
  postponed = [];
  for (const task of tasks) task.end();
}

/** Once, and for good: a listener of the program's that throws keeps those behind it from being called. */
function listen(): void {
  isListening = true;
  process.prependListener("exit", endThread);
  // Who begins to send in a listener of that event comes too late to add one.
  const { _exiting: isExiting } = process as { readonly _exiting?: boolean };
  isEnding = isExiting === true;
}
