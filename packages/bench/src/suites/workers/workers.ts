/**
 * Jobs of 64 bytes between processes: one adds them, two work on them. And what becomes of a job whose worker is killed.
 *
 * @module
 */
import { constants, openSync } from "node:fs";
import { join } from "node:path";
import { platform } from "@isthmus/core/internal";
import { WorkQueue } from "@isthmus/ipc";
import { programCommand } from "@isthmus/programs";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import { quantile } from "../../statistics/statistics.ts";
import { expectedSum, Sample, sampleOf } from "../sample.ts";
import { JOB_STORES } from "./job-stores.ts";
import type { WorkReport } from "./job-worker.ts";
import { startRedis } from "./redis-server.ts";

const WORKERS = 2;
const WORKER: readonly string[] = programCommand(import.meta.dirname, "job-worker.ts");

/** The most that a worker's death may hold its job up, in nanoseconds. */
const LIMIT_NS = 5e6;

/** The cases of this suite. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  // Each as many as it needs to be compiled and to last for a while.
  queue: (context) => measure(context, "queue", context.sizes.updates * 5),
  sqlite: (context) => measure(context, "sqlite", Math.ceil(context.sizes.updates / 8)),
  redis: (context) => measureRedis(context, "redis"),
  redisSocket: (context) => measureRedis(context, "redisSocket"),
  "death-queue": (context) => measureDeaths(context, awaitJob),
  "death-pipe": (context) => measureDeaths(context, awaitEnd),
  "death-limit": () => ({ value: LIMIT_NS }),
};

function placeIn({ memoryDirectory }: CaseContext): string {
  return join(memoryDirectory, `jobs-${process.pid}`);
}

async function measureRedis(context: CaseContext, store: string): Promise<Figure> {
  using _server = await startRedis(placeIn(context));
  return await measure(context, store, Math.ceil(context.sizes.updates / 2));
}

/** How many jobs pass through a second: all are added and done. */
async function measure(context: CaseContext, store: string, count: number): Promise<Figure> {
  const place = placeIn(context);
  const jobs = await JOB_STORES[store]?.(place);
  if (jobs === undefined) throw new Error(`there is no store "${store}"`);
  let onReport: (report: WorkReport) => void = () => undefined;
  const workers = await Promise.all(
    Array.from({ length: WORKERS }, () =>
      startWorker([store, place], (message) => onReport(message as WorkReport)),
    ),
  );
  const run = async (): Promise<number> => {
    const reports: WorkReport[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    onReport = (report) => {
      if (reports.push(report) === WORKERS) resolve();
    };
    const startedAt = Bun.nanoseconds();
    for (let i = 0; i < count; i++) {
      const pending = jobs.add(i);
      if (pending !== undefined) await pending;
    }
    for (let i = 0; i < WORKERS; i++) await jobs.add(-1);
    await promise;
    const seconds = (Bun.nanoseconds() - startedAt) / 1e9;
    const sum = reports.reduce((total, report) => total + report.sum, 0);
    if (sum !== expectedSum(0, count)) throw new Error(`${count} jobs add up to ${sum}`);
    return count / seconds;
  };
  await run();
  for (const worker of workers) worker.send("go on");
  const value = await run();
  for (const worker of workers) worker.kill();
  await Promise.all(workers.map(({ exited }) => exited));
  jobs.close();
  return { value };
}

/** What is waited for when a worker dies: tells when it has come, in nanoseconds of `Bun.nanoseconds`. */
type Await = (queue: WorkQueue<typeof Sample>, pipe: number) => Promise<number>;

async function awaitJob(queue: WorkQueue<typeof Sample>): Promise<number> {
  using job = await queue.take();
  const at = Bun.nanoseconds();
  job.done();
  return at;
}

/** The kernel says the same by a bare pipe, which ends with its last writer. */
async function awaitEnd(queue: WorkQueue<typeof Sample>, pipe: number): Promise<number> {
  for await (const _chunk of Bun.file(pipe).stream());
  const at = Bun.nanoseconds();
  queue.tryTake()?.done();
  return at;
}

/** How long it takes from killing a worker to what follows, 99 of 100 times. */
async function measureDeaths(context: CaseContext, follow: Await): Promise<Figure> {
  const place = placeIn(context);
  const name = `deaths-${process.pid}`;
  using queue = WorkQueue.createNew(name, { schema: Sample });
  const times: number[] = [];
  for (let i = 0; i < context.sizes.deaths; i++) {
    const path = `${place}-${i}`;
    platform().makeFifo(path);
    const pipe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    queue.add(sampleOf(i));
    const worker = await startWorker(["hold", name, path], () => undefined);
    const next = follow(queue, pipe);
    // It sleeps by then.
    await Bun.sleep(20);
    const killedAt = Bun.nanoseconds();
    worker.kill("SIGKILL");
    times.push((await next) - killedAt);
    await worker.exited;
  }
  return { value: quantile(times, 0.99) };
}

async function startWorker(
  args: readonly string[],
  onMessage: (message: unknown) => void,
): Promise<Bun.Subprocess<"ignore", "inherit", "inherit">> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const worker = Bun.spawn([...WORKER, ...args], {
    stdio: ["ignore", "inherit", "inherit"],
    ipc: (message) => (message === "ready" ? resolve() : onMessage(message)),
    onExit: (_worker, exitCode) => {
      if (exitCode !== null && exitCode !== 0 && exitCode !== 143) process.exit(1);
    },
  });
  await promise;
  return worker;
}
