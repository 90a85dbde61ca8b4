/**
 * Three workers share jobs, and one of them is killed: `bun examples/job-queue/main.ts [--jobs 5000]`.
 *
 * @module
 */
import { deepStrictEqual, strictEqual } from "node:assert";
import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { numberOptions, Program, runExample } from "../shared/processes.ts";
import { count, duration, nowMs, printTable, ratio } from "../shared/report.ts";
import { openQueue, type Queue, type Work } from "./jobs.ts";

const WORKER = join(import.meta.dir, "worker.ts");
const WORKERS = 3;
const { jobs } = numberOptions({ jobs: 5000 });

interface Outcome {
  readonly perSecond: number;
  /** From the death of a worker until another one has begun with its job. */
  readonly handoverMs: number;
}

async function run(signal: AbortSignal, path: string): Promise<Outcome> {
  using queue = openQueue(path);
  await using workers = new AsyncDisposableStack();
  const start = async (): Promise<Program> => {
    const worker = workers.use(new Program(signal, WORKER, path));
    strictEqual(await worker.next(), "ready");
    return worker;
  };
  const crew = await Promise.all(Array.from({ length: WORKERS }, start));
  const said = new Map(crew.map((worker) => [worker, worker.next<"stuck" | Work>()]));
  await queue.add({ number: 0, isStuck: true }, signal);
  const stuck = [...said].map(([worker, line]) => line.then(() => worker));
  const victim = await Promise.race(stuck);
  const killedMs = nowMs();
  await victim.kill();
  await untilEmpty(signal, queue);
  said.delete(victim);
  const heir = await start();
  said.set(heir, heir.next());

  const startMs = nowMs();
  for (let number = 1; number <= jobs; number++) {
    await queue.add({ number, isStuck: false }, signal);
  }
  await untilEmpty(signal, queue);
  const perSecond = (jobs / (nowMs() - startMs)) * 1000;
  for (const worker of said.keys()) worker.end();
  const works = (await Promise.all(said.values())) as Work[];
  const done = works.flatMap((work) => work.done).toSorted((one, other) => one - other);
  deepStrictEqual(done, [...Array(jobs + 1).keys()]);
  const takenOverMs = Math.max(...works.map((work) => work.takenOverMs ?? 0));
  console.log(`worker ${victim.pid} was killed; ${count(done.length)} jobs, each done once`);
  return { perSecond, handoverMs: takenOverMs - killedMs };
}

async function untilEmpty(signal: AbortSignal, queue: Queue): Promise<void> {
  while (!queue.isEmpty()) {
    signal.throwIfAborted();
    await Bun.sleep(1);
  }
}

await runExample(async (signal) => {
  console.log(`${WORKERS} workers and ${count(jobs)} jobs`);
  using directory = mkdtempDisposableSync(join(tmpdir(), "isthmus-jobs-"));
  const sqlite = await run(signal, join(directory.path, "jobs.sqlite"));
  const memory = await run(signal, "");
  const row = (name: string, { perSecond, handoverMs }: Outcome): string[] => [
    name,
    `${count(perSecond)}/s`,
    duration(handoverMs),
  ];
  printTable([
    ["jobs in", "empty jobs", "job of a killed worker goes on after"],
    row("a table of SQLite, with a lease of 1 s", sqlite),
    row("shared memory", memory),
    ["", ratio(memory.perSecond, sqlite.perSecond), ratio(sqlite.handoverMs, memory.handoverMs)],
  ]);
});
