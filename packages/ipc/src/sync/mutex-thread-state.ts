/**
 * What a thread knows of a mutex, whichever of its objects it uses.
 *
 * @module
 */
import type { SegmentMutex } from "./segment-mutex.ts";
import { TaskQueue } from "./task-queue.ts";

/**
 * What all objects of this thread for one mutex share. A thread either holds the mutex or does not, whichever
 * object it was acquired through; and the memory through which it was locked must stay until it is unlocked.
 */
export interface ThreadState {
  readonly queue: TaskQueue;
  /** How often this thread has acquired it and not released it. */
  depth: number;
  /** The handle through whose memory it is locked. */
  mutex: SegmentMutex | undefined;
  /** Passes the turn on to the next task; set while a task holds it, which excludes everybody else here, too. */
  pass: (() => void) | undefined;
  /** Closes the handle through which it is locked, when that was disposed meanwhile. */
  close: (() => void) | undefined;
  users: number;
}

const threadStates = new Map<bigint, ThreadState>();

/** The state of this thread for a mutex, for one user more. */
export function threadStateOf(epoch: bigint): ThreadState {
  let state = threadStates.get(epoch);
  if (state === undefined) {
    state = {
      queue: new TaskQueue(),
      depth: 0,
      mutex: undefined,
      pass: undefined,
      close: undefined,
      users: 0,
    };
    threadStates.set(epoch, state);
  }
  state.users++;
  return state;
}

/** Takes one user away; the last one takes the state with it. */
export function releaseThreadState(epoch: bigint): void {
  const state = threadStates.get(epoch);
  if (state !== undefined && --state.users === 0) threadStates.delete(epoch);
}

/** Unlocks, through the memory through which it was locked. */
export function unlock(state: ThreadState): void {
  if (state.pass === undefined && state.close === undefined) {
    const mutex = state.mutex;
    state.mutex = undefined;
    mutex?.unlock();
  } else unlockForNext(state);
}

/** What is rare, apart: it would keep the rest from being compiled into the caller's loop. */
function unlockForNext(state: ThreadState): void {
  const { mutex, pass, close } = state;
  state.mutex = undefined;
  state.pass = undefined;
  state.close = undefined;
  try {
    mutex?.unlock();
  } finally {
    // Also when somebody has spoilt the mutex: other tasks must not wait for this one for ever.
    close?.();
    pass?.();
  }
}
