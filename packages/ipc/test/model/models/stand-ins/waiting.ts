/**
 * Stands in for `wait/wait-for.ts` and `wait/before-sleep.ts`: who waits is blocked until a look can find something.
 *
 * That nobody is left asleep is what the model of wait cells shows.
 *
 * @module
 */
import { TimeoutError } from "@isthmus/core";
import type { Actor } from "../../checker/model.ts";

/** Something put off until this run of JavaScript ends. */
interface Postponed {
  run(): void;
}

/** Who waits, and for what. */
export interface Waiting {
  readonly actor: Actor;
  /** A word that is remembered before each look: the wait is over, too, when it has changed since. */
  readonly watched: number;
  /** Whether there is something to be found. */
  readonly isWorthALook: (memory: Readonly<Int32Array>) => boolean;
  /** Whether the time of every wait is over at once. */
  readonly isImpatient: boolean;
}

let waiting: Waiting | undefined;
let postponed: Postponed[] = [];

/** Says who waits from now on, with nothing put off. */
export function waitAs(who: Waiting): void {
  waiting = who;
  postponed = [];
}

/** See `before-sleep.ts`. The end of a run of JavaScript never comes: nothing may depend on it. */
export function postpone(task: Postponed): void {
  postponed.push(task);
}

/** See `before-sleep.ts`. */
export function runPostponed(): void {
  for (const task of postponed) task.run();
}

/** See `before-sleep.ts`. No thread of a model ends by itself. */
export function endThread(): void {}

/** See `wait-for.ts`. */
export function waitSync<T>({ attempt }: { readonly attempt: () => T | undefined }): T | undefined {
  if (waiting === undefined) throw new Error("nobody waits");
  const { actor, watched, isWorthALook, isImpatient } = waiting;
  for (;;) {
    // Calls, which order what is looked at around them, as announcing oneself, going to sleep and waking up do.
    const seen = actor.call("announce", (memory) => memory[watched] ?? 0);
    const found = attempt();
    if (found !== undefined || isImpatient) return found;
    actor.call("for something", () => undefined, {
      guard: (memory) => memory[watched] !== seen || isWorthALook(memory),
    });
  }
}

/** See `wait-for.ts`. Programs of models are synchronous. */
export function waitAsync(): Promise<never> {
  throw new Error("an actor of a model cannot wait in the event loop");
}

/** See `wait-for.ts`. */
export function timedOut(description: string): Error {
  return new TimeoutError(`Cannot ${description}`);
}
