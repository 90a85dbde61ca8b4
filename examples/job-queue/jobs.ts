/**
 * What the workers do, and the two queues that they can take it from.
 *
 * @module
 */
import { bool, type Infer, struct, u32, WorkQueue } from "@isthmus/ipc";
import { SqliteQueue } from "./sqlite-queue.ts";

/** A job; one that is stuck never ends when it is tried for the first time. */
export const Job = struct({ number: u32, isStuck: bool });
export type Job = Infer<typeof Job>;

/** What a worker has done. */
export interface Work {
  /** The numbers of its jobs. */
  readonly done: readonly number[];
  /** When it began with the job that was stuck; absent when somebody else has done it. */
  readonly takenOverMs?: number | undefined;
}

/** What workers and those who give them work need. */
export interface Queue extends Disposable {
  /** Adds a job, as soon as there is room. */
  add(job: Job, signal: AbortSignal): Promise<unknown>;
  /** Whether all jobs are done. */
  isEmpty(): boolean;
  /** Takes jobs and does them, one after the other, until the signal ends it. */
  work(act: (job: Job, attempts: number) => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** Jobs in shared memory. */
export function memoryQueue(): Queue {
  const queue = WorkQueue.createOrOpen("example-jobs", { schema: Job });
  return {
    add: (job, signal) => queue.addAsync(job, { signal }),
    isEmpty: () => queue.metrics.waiting + queue.metrics.inFlight === 0,
    work: async (act, signal) => {
      for (;;) {
        // Left without `done`, by an error or a death, the job goes to the next worker at once.
        using job = await queue.take({ signal });
        await act(job.value, job.attempts);
        job.done();
      }
    },
    [Symbol.dispose]: () => queue.dispose(),
  };
}

/** The queue that a path leads to; the one in shared memory without one. */
export function openQueue(path: string): Queue {
  return path === "" ? memoryQueue() : new SqliteQueue(path);
}
