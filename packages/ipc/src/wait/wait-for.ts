/**
 * The one ladder on which everything waits: look, spin, then sleep, on a futex or in the event loop.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { TimeoutError } from "@isthmus/core";
import { checkInteger, checkOptions, conditionError, invalidType } from "@isthmus/core/internal";
import type { Doorbell } from "./doorbell.ts";
import type { WaitCell } from "./wait-cell.ts";

/** How long one sleep on a futex lasts at most, in milliseconds: then the condition is looked at again. */
const SLICE_MS = 50;

/** How often a waiter in the event loop looks without having been woken, in milliseconds; see `timeoutWakes`. */
const SAFETY_MS = 1000;

/** Looks before the first sleep. On one or two CPUs spinning only keeps the other side from running. */
const SPINS = availableParallelism() > 2 ? 200 : 0;

/** Signals whose handlers a program expects to run while it waits. */
const WATCHED_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The longest wait a timer takes, in milliseconds; longer ones are as good as endless. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** How long to wait. */
export interface WaitOptions {
  /** Longest time in milliseconds. Absent: without end. 0: look once. */
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
  /** The cell that is woken when it may be there. */
  readonly cell: WaitCell;
}

/** Checks the options of a wait and fills in their defaults. */
export function checkWait(options: AsyncWaitOptions | undefined): {
  timeoutMs: number;
  signal: AbortSignal | undefined;
} {
  const { timeoutMs, signal } = checkOptions<AsyncWaitOptions>("options", options);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidType("signal", "an AbortSignal", signal);
  }
  if (timeoutMs === undefined || timeoutMs === Infinity) return { timeoutMs: Infinity, signal };
  return { timeoutMs: checkInteger("timeoutMs", timeoutMs, 0, TIMEOUT_MS_MAX), signal };
}

/** The error of a wait that came to its end. */
export function timedOut(description: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(`Cannot ${description} within ${timeoutMs} ms`);
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
 * Waits in the event loop, which goes on meanwhile.
 *
 * @param condition What is waited for.
 * @param doorbell This process's bell.
 * @param options How long, and what ends the wait early.
 * @param watch Called after each look in vain; may watch somebody's life, and returns how to stop that.
 * @returns What the attempt gave, or undefined when the time was over.
 */
export async function waitAsync<T>(
  condition: Condition<T>,
  doorbell: Doorbell,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
  watch?: (onDeath: () => void) => (() => void) | undefined,
): Promise<T | undefined> {
  const { attempt, cell } = condition;
  const { timeoutMs, signal } = options;
  signal?.throwIfAborted();
  const first = attempt();
  if (first !== undefined || timeoutMs === 0) return first;
  const cleanups: (() => void)[] = [];
  try {
    return await new Promise<T | undefined>((resolve, reject) => {
      let isSettled = false;
      let unwatch: (() => void) | undefined;
      // What an attempt gave must reach the caller: once there is something, nothing else may happen.
      const settle = (result: () => T | undefined): void => {
        if (isSettled) return;
        isSettled = true;
        try {
          resolve(result());
        } catch (error) {
          reject(error);
        }
      };
      const look = (isSafetyLook: boolean): void => {
        if (isSettled) return;
        try {
          const wasArmed = cell.arm();
          const found = attempt();
          if (found === undefined) {
            unwatch?.();
            unwatch = watch?.(() => look(false));
            return;
          }
          if (isSafetyLook && wasArmed) cell.countTimeoutWake();
          settle(() => found);
        } catch (error) {
          settle(() => {
            throw error;
          });
        }
      };
      cleanups.push(() => cell.disarm());
      cleanups.push(doorbell.listen(() => look(false)));
      cleanups.push(() => unwatch?.());
      const safety = setInterval(() => look(true), SAFETY_MS);
      cleanups.push(() => clearInterval(safety));
      if (timeoutMs !== Infinity) {
        const timer = setTimeout(() => settle(attempt), timeoutMs);
        cleanups.push(() => clearTimeout(timer));
      }
      const abort = (): void =>
        settle(() => {
          throw signal?.reason;
        });
      signal?.addEventListener("abort", abort, { once: true });
      cleanups.push(() => signal?.removeEventListener("abort", abort));
      look(false);
    });
  } finally {
    for (const cleanup of cleanups) cleanup();
  }
}
