/**
 * A worker in a process of its own. `job-worker.ts STORE PLACE` works until it gets a job with a number below 0, says
 * what it has done, and goes on when it is told to. `job-worker.ts hold NAME PIPE` takes one job and keeps it.
 *
 * @module
 */
import { constants, openSync } from "node:fs";
import { WorkQueue } from "@isthmus/ipc";
import { Sample, sumOf } from "../sample.ts";
import { JOB_STORES } from "./job-stores.ts";

/** What a worker has done. */
export interface WorkReport {
  readonly jobs: number;
  /** What all their fields give together. */
  readonly sum: number;
}

/** After so many jobs the event loop has a turn: a worker has something else to do, too. */
const TURN_JOBS = 256;

async function work(store: string, place: string): Promise<never> {
  const jobs = await JOB_STORES[store]?.(place);
  if (jobs === undefined) throw new Error(`there is no store "${store}"`);
  let told = Promise.withResolvers<void>();
  process.on("message", () => told.resolve());
  process.send?.("ready");
  for (;;) {
    let done = 0;
    let sum = 0;
    for (;;) {
      const job = await jobs.work();
      if (job.a < 0) break;
      sum += sumOf(job);
      if (++done % TURN_JOBS === 0) await new Promise(setImmediate);
    }
    process.send?.({ jobs: done, sum } satisfies WorkReport);
    await told.promise;
    told = Promise.withResolvers();
  }
}

async function hold(name: string, pipe: string): Promise<void> {
  openSync(pipe, constants.O_WRONLY);
  const queue = WorkQueue.openExisting(name, { schema: Sample });
  await queue.take();
  process.send?.("ready");
  // A queue that is forgotten gives its jobs back.
  setInterval(() => queue.name, 60_000);
}

const [store = "", place = "", pipe = ""] = process.argv.slice(2);
await (store === "hold" ? hold(place, pipe) : work(store, place));
