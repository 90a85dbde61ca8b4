/**
 * The one ladder on which everything waits: look, spin, then sleep, on a futex or in the event loop.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { DisposedError, TimeoutError } from "@isthmus/core";
import {
  checkNumber,
  checkOptions,
  conditionError,
  invalidType,
  isTurnDue,
  type OptionNames,
  outOfRange,
  takeTurn,
} from "@isthmus/core/internal";
import { runPostponed } from "./before-sleep.ts";
import type { Doorbell } from "./doorbell.ts";
import { EventLoopWait } from "./event-loop-wait.ts";
import type { WaitCell } from "./wait-cell.ts";

/** How long one sleep on a futex lasts at most, in milliseconds: then the condition is looked at again. */
const SLICE_MS = 50;

/** Looks before the first sleep. On one or two CPUs spinning only keeps the other side from running. */
const SPINS = availableParallelism() > 2 ? 200 : 0;

/** Signals whose handlers a program expects to run while it waits. */
const WATCHED_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How long a wait on this thread lasts unless told otherwise, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 5000;

/** The longest wait a timer takes, in milliseconds; longer ones are as good as endless. */
export const TIMEOUT_MS_MAX: number = 2 ** 31 - 1;

/** How long to wait. */
export interface WaitOptions {
  /**
   * Longest time in milliseconds, with a fraction if need be. Absent: 5000 on this thread, without end in the event
   * loop, and 0 for what begins with `try`. 0: look once. `Infinity`: without end.
   */
  readonly timeoutMs?: number | undefined;
}

/** How long to wait in the event loop. */
export interface AsyncWaitOptions extends WaitOptions {
  /** Ends the wait early: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What is waited for. */
export interface Condition<T> {
  /** Tries to get it; undefined when it is not there yet. */
  readonly attempt: () => T | undefined;
  /** What it is, for messages: "Cannot … within 50 ms". */
  readonly description: string;
  /** Whose disposal ends the wait, as a user knows it, for example "NamedMutex". */
  readonly owner?: string;
  /** The cell that is woken when it may be there. */
  readonly cell: WaitCell;
}

/** How long to wait in the event loop, checked, with nothing left out. */
export interface CheckedWait {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const WAIT_OPTIONS: OptionNames<WaitOptions> = { timeoutMs: true };
const ASYNC_WAIT_OPTIONS: OptionNames<AsyncWaitOptions> = { timeoutMs: true, signal: true };

/** Checks the options of a wait in the event loop and fills in their defaults. */
export function checkWait(options: AsyncWaitOptions | undefined): CheckedWait {
  const { timeoutMs, signal } = checkOptions("options", options, ASYNC_WAIT_OPTIONS);
  return { timeoutMs: checkTime(timeoutMs, Infinity), signal: checkSignal(signal) };
}

/**
 * Checks the options of something that is opened and waited for, and tells the two apart.
 *
 * @param known The options of opening it.
 * @throws The signal's reason when it is aborted already.
 */
export function splitWait<T extends object>(
  options: T & AsyncWaitOptions,
  known: OptionNames<T>,
): { readonly wait: CheckedWait; readonly rest: T } {
  const all = { ...known, ...ASYNC_WAIT_OPTIONS } as OptionNames<T & AsyncWaitOptions>;
  const { timeoutMs, signal, ...rest } = checkOptions("options", options, all) as typeof options;
  const wait = checkWait({ timeoutMs, signal });
  wait.signal?.throwIfAborted();
  return { wait, rest: rest as unknown as T };
}

/** Checks the options of a wait on this thread, which ends by itself after 5 seconds unless told otherwise. */
export function checkTimeout(options: WaitOptions | undefined): number {
  return options === undefined ? DEFAULT_TIMEOUT_MS : timeoutOf(options, DEFAULT_TIMEOUT_MS);
}

/** Checks the options of a `try…`, which looks once unless told otherwise. */
export function checkTry(options: WaitOptions | undefined): number {
  return options === undefined ? 0 : timeoutOf(options, 0);
}

/** What was found to have no other options, last: most programs give the same again and again. Nothing hangs on it. */
let lastChecked: WaitOptions | undefined;

function timeoutOf(options: WaitOptions, defaultMs: number): number {
  if (options !== lastChecked) {
    checkOptions("options", options, WAIT_OPTIONS);
    lastChecked = options;
  }
  return checkTime(options.timeoutMs, defaultMs);
}

/** Checks a time in milliseconds; absent, it is the default. */
export function checkTime(timeoutMs: number | undefined, defaultMs: number): number {
  if (timeoutMs === undefined) return defaultMs;
  if (timeoutMs === Infinity) return timeoutMs;
  if (typeof timeoutMs === "number" && timeoutMs > TIMEOUT_MS_MAX) {
    throw outOfRange("timeoutMs", `>= 0 and <= ${TIMEOUT_MS_MAX}, or Infinity`, timeoutMs);
  }
  return checkNumber("timeoutMs", timeoutMs, 0, TIMEOUT_MS_MAX);
}

/** Checks a signal, which may be absent. */
export function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw invalidType("signal", "an AbortSignal", signal);
}

/**
 * The error of a wait that came to its end, or could not come to another one.
 *
 * @param description What was waited for.
 * @param why Who or what is in the way, as far as that can be seen.
 */
export function timedOut(description: string, timeoutMs: number, why?: string): TimeoutError {
  const reason = why === undefined ? "" : `: ${why}`;
  return new TimeoutError(`Cannot ${description} within ${timeoutMs} ms${reason}`);
}

/**
 * Waits on this thread: spins where that helps, then sleeps in slices.
 *
 * @param condition What is waited for.
 * @param timeoutMs How long at most; `Infinity` for ever.
 * @returns What the attempt gave, or undefined when the time was over.
 * @throws {SystemError} `EINTR` when a signal arrived for which the program has a handler: it runs once this
 * thread gets back to its event loop, so the wait ends here.
 */
export function waitSync<T>(condition: Condition<T>, timeoutMs: number): T | undefined {
  const { attempt, cell } = condition;
  for (let spin = 0; spin <= SPINS; spin++) {
    const found = attempt();
    if (found !== undefined) return found;
  }
  runPostponed();
  const deadline = performance.now() + timeoutMs;
  let found: T | undefined;
  const isTrue = (): boolean => {
    found = attempt();
    return found !== undefined;
  };
  for (;;) {
    const remaining = deadline - performance.now();
    if (remaining <= 0) return attempt();
    const outcome = cell.sleep(isTrue, Math.min(SLICE_MS, remaining));
    if (found !== undefined) return found;
    if (outcome === "interrupted" && hasSignalHandler()) throw interrupted(condition.description);
    if (isTrue()) {
      if (outcome === "timeout") cell.countTimeoutWake();
      return found;
    }
  }
}

function hasSignalHandler(): boolean {
  return WATCHED_SIGNALS.some((signal) => process.listenerCount(signal) > 0);
}

function interrupted(description: string): Error {
  return conditionError(
    "EINTR",
    `${description}: a signal arrived that this program handles`,
    "futex",
  );
}

/**
 * Watches what may end a wait besides its cell, such as somebody's life; calls back when it is time to look and
 * returns how to stop watching.
 */
export type Watch = (look: () => void) => (() => void) | undefined;

/**
 * Waits in the event loop, which goes on meanwhile. It also does when what is waited for is always there.
 *
 * @param condition What is waited for.
 * @param doorbell This process's bell.
 * @param options How long, and what ends the wait early.
 * @param watch Called after each look in vain, but for the very first; what it watched last is stopped then.
 * @returns What the attempt gave, or undefined when the time was over.
 * @throws {DisposedError} When the handle that waits was disposed meanwhile.
 */
export async function waitAsync<T>(
  condition: Condition<T>,
  doorbell: Doorbell,
  options: CheckedWait,
  watch?: Watch,
): Promise<T | undefined> {
  options.signal?.throwIfAborted();
  if (isTurnDue()) {
    await takeTurn();
    options.signal?.throwIfAborted();
    if (condition.cell.isClosed) throw new DisposedError(condition.owner ?? "segment");
  }
  const first = condition.attempt();
  return first === undefined ? await waitAgain(condition, doorbell, options, watch) : first;
}

/** The rest of `waitAsync` after a first look in vain. Parameters and result are its. */
export function waitAgain<T>(
  condition: Condition<T>,
  doorbell: Doorbell,
  options: CheckedWait,
  watch?: Watch,
): Promise<T | undefined> {
  if (options.timeoutMs === 0) return Promise.resolve(undefined);
  return new EventLoopWait(condition, doorbell, options, watch).begin();
}
