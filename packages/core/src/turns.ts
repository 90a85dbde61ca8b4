/**
 * Turns for the event loop, from code that could do without it for ever.
 *
 * Whoever awaits what is there already goes on in a microtask, and as long as there are microtasks no timer fires, no
 * socket is read and no signal is heeded. So every step of a loop that may find what it wants at once asks here whether
 * the event loop is due. All loops of a thread share one account, because they keep the same event loop waiting.
 *
 * @module
 */

/** How long the event loop waits for its turn, in milliseconds. */
const TURN_MS = 8;

/** The most steps that share one look at the clock, which may cost more than a record. */
const STEPS_MAX = 128;

/** Steps that took longer than this together, in milliseconds, share a look with fewer. */
const QUICK_MS = 0.1;

/** How many steps may share the look that is next. */
let steps = 1;
/** How many of those that `isTurnDue` counts are left. */
let stepsLeft = 0;
let lookedAt = 0;
/** When the event loop had its last turn, as far as is known. */
let turnedAt = 0;
let turn: Promise<void> | undefined;

/**
 * Counts a step; returns whether the event loop is to have its turn before the next one. It stays due until somebody
 * has called {@link takeTurn} and awaited it, so that nobody overtakes those who wait for it.
 */
export function isTurnDue(): boolean {
  if (stepsLeft === 0) stepsLeft = stepsToTurn();
  if (stepsLeft === 0) return true;
  stepsLeft--;
  return false;
}

/**
 * For who counts for itself, because a step takes no longer than the counting here.
 *
 * @returns How many steps may be made before this is asked again; 0 when the event loop is due.
 */
export function stepsToTurn(): number {
  if (turn !== undefined) return 0;
  const now = performance.now();
  if (now - turnedAt >= TURN_MS) return 0;
  steps = now - lookedAt < QUICK_MS ? Math.min(steps * 2, STEPS_MAX) : 1;
  lookedAt = now;
  return steps;
}

/** Gives the event loop its turn: timers that are due fire, what has arrived is read. */
export function takeTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      noteTurn();
      resolve();
    });
  });
  return turn;
}

/** Notes that the event loop has its turn now: called by what it calls. */
export function noteTurn(): void {
  turnedAt = performance.now();
}
