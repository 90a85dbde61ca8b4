/**
 * Workers between two scans: starting one takes as long as counting the bytes of some 100 MB.
 *
 * @module
 */

/** Bun's can be left behind when a process ends, which types of browsers do not know. */
type Thread = Worker & { ref(): void; unref(): void };

/** How long a Worker waits for the next scan. */
const KEPT_MS = 10_000;

/** Those that wait, the last one first, and what is undone when a scan takes one. */
const idle: { readonly worker: Thread; readonly forget: () => void }[] = [];

/**
 * Takes a Worker that waits, or starts one.
 *
 * @param url Where its code is; the same for all.
 */
export function takeWorker(url: string): Worker {
  const waiting = idle.pop();
  if (waiting === undefined) return new Worker(url);
  waiting.forget();
  waiting.worker.ref();
  return waiting.worker;
}

/** Lets a Worker wait, which has nothing left to do. It holds back neither the end of the process nor, for long, memory. */
export function keepWorker(worker: Worker): void {
  const thread = worker as Thread;
  const forget = (): void => {
    clearTimeout(timer);
    worker.removeEventListener("close", drop);
  };
  const waiting = { worker: thread, forget };
  const drop = (): void => {
    forget();
    idle.splice(idle.indexOf(waiting), 1);
  };
  const timer = setTimeout(() => {
    drop();
    worker.terminate();
  }, KEPT_MS);
  timer.unref();
  worker.addEventListener("close", drop);
  thread.unref();
  idle.push(waiting);
}
