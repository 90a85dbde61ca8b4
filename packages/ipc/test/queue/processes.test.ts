/** Work queues between processes and threads: each job to one worker, and back when that one dies. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { MemoryMappedFile } from "@isthmus/core";
import { Home } from "@isthmus/testing/home";
import { Peer } from "@isthmus/testing/peer";
import { ifSignals, wine } from "@isthmus/testing/requirement";
import { SeededRandom, seedOf } from "@isthmus/testing/seeded-random";
import { untilStopped } from "@isthmus/testing/until-stopped";
import { WorkQueue } from "../../src/index.ts";
import { LEDGER, Numbered } from "./support/numbered-jobs.ts";

const IS_STRESS = process.env["ISTHMUS_STRESS"] === "1";
const KILLS = IS_STRESS ? 10_000 : 60;
/** The short run ends here if enough processes have been killed by then. Under Wine a process needs a second to begin. */
const SHORT_RUN_MS = 8000;
const LEAST_KILLS = wine === undefined ? 6 : 1;
const JOBS = 300;

if (IS_STRESS) setDefaultTimeout(7_200_000);

const SCRIPT = join(import.meta.dir, "fixtures", "worker.ts");

function peer(stack: AsyncDisposableStack): Peer {
  return stack.use(new Peer([process.execPath, SCRIPT]));
}

function job(number: number): { number: number; check: number } {
  return { number, check: ~number };
}

test("either side may be first, and each job goes to one of several processes", async () => {
  using _home = new Home();
  await using stack = new AsyncDisposableStack();
  const workers = [peer(stack), peer(stack), peer(stack)];
  for (const worker of workers) await worker.call("open", "shared");
  using queue = WorkQueue.openExisting("shared", { schema: Numbered });
  const numbers = Array.from({ length: 3000 }, (_, number) => number);
  queue.addAll(numbers.map(job));
  const taken = await Promise.all(workers.map((worker) => worker.call<number[]>("takeAll")));
  expect(taken.flat().sort((one, other) => one - other)).toEqual(numbers);
  for (const each of taken) expect(each).toEqual(each.toSorted((one, other) => one - other));
  await queue.drain();
  expect(queue.metrics).toMatchObject({ added: 3000, done: 3000, fill: 0 });
});

test("the job of a worker that is killed goes to the next one, and has counted", async () => {
  using _home = new Home();
  await using stack = new AsyncDisposableStack();
  using queue = WorkQueue.createNew("killed", { schema: Numbered });
  queue.add(job(1));
  const worker = peer(stack);
  await worker.call("open", "killed");
  expect(await worker.call("take")).toEqual({ number: 1, attempts: 1, lastError: null });
  expect(queue.tryTake()).toBeUndefined();
  const next = queue.take();
  await worker.kill();
  using again = await next;
  expect([again.value.number, again.attempts]).toEqual([1, 2]);
  expect(again.lastError).toBe("its worker died");
  expect(queue.metrics).toMatchObject({ orphaned: 1, inFlight: 1, waiting: 0 });
});

test("maxAttempts: 1 means once, also when its worker is killed", async () => {
  using _home = new Home();
  await using stack = new AsyncDisposableStack();
  using queue = WorkQueue.createNew("once", { schema: Numbered, maxAttempts: 1 });
  queue.add(job(7));
  const worker = peer(stack);
  await worker.call("open", "once");
  await worker.call("take");
  const dead = queue.dead.take();
  await worker.kill();
  // Whoever waits for dead letters finds those of the dead, too.
  using letter = await dead;
  expect([letter.value.number, letter.attempts]).toEqual([7, 1]);
  expect(queue.tryTake()).toBeUndefined();
});

ifSignals("a worker that is stopped keeps its job, and a lease takes it away", async () => {
  using _home = new Home();
  await using stack = new AsyncDisposableStack();
  using patient = WorkQueue.createNew("patient", { schema: Numbered });
  using hasty = WorkQueue.createNew("hasty", { schema: Numbered, leaseMs: 30 });
  for (const [name, queue] of [
    ["patient", patient],
    ["hasty", hasty],
  ] as const) {
    queue.add(job(1));
    const worker = peer(stack);
    await worker.call("open", name);
    await worker.call("take");
    worker.signal("SIGSTOP");
    await untilStopped(worker.pid);
    if (queue === patient) {
      expect(await queue.take({ timeoutMs: 100 }).catch(({ code }) => code)).toBe("ETIMEDOUT");
    } else {
      using again = await queue.take();
      expect(again.attempts).toBe(2);
      again.done();
    }
    worker.signal("SIGCONT");
    expect(await worker.call<boolean>("done")).toBe(queue === patient);
  }
});

test("threads of one process are workers of their own", async () => {
  using _home = new Home();
  using queue = WorkQueue.createNew("threads", { schema: Numbered });
  const numbers = Array.from({ length: 500 }, (_, number) => number);
  queue.addAll(numbers.map(job));
  const source = `
    import { WorkQueue } from ${JSON.stringify(join(import.meta.dir, "../../src/index.ts"))};
    import { Numbered } from ${JSON.stringify(join(import.meta.dir, "support/numbered-jobs.ts"))};
    using queue = WorkQueue.openExisting("threads", { schema: Numbered });
    const taken = [];
    for (let job = queue.tryTake(); job !== undefined; job = queue.tryTake()) {
      taken.push(job.value.number);
      job.done();
      if (taken.length % 20 === 0) await Bun.sleep(0);
    }
    postMessage(taken);
  `;
  const url = URL.createObjectURL(new Blob([source], { type: "application/typescript" }));
  const taken = await Promise.all(
    [1, 2].map(async () => {
      const worker = new Worker(url, { env: { ...process.env } as Record<string, string> });
      const { promise, resolve, reject } = Promise.withResolvers<number[]>();
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      return await promise.finally(() => worker.terminate());
    }),
  );
  URL.revokeObjectURL(url);
  expect(taken.flat().sort((one, other) => one - other)).toEqual(numbers);
});

test("workers killed at random moments lose no job, and none is finished more often than they died", async () => {
  const random = new SeededRandom(seedOf("kill storm of a queue"));
  using _home = new Home();
  await using stack = new AsyncDisposableStack();
  using file = MemoryMappedFile.createNew(LEDGER, JOBS * 8);
  using ledger = file.createViewAccessor();
  using queue = WorkQueue.createNew("storm", { schema: Numbered, maxAttempts: Infinity });
  let added = 0;
  let kills = 0;
  const endMs = performance.now() + SHORT_RUN_MS;
  const isLate = (): boolean => !IS_STRESS && performance.now() > endMs;
  const isOver = (): boolean => kills >= KILLS || (kills >= LEAST_KILLS && isLate());
  /** Starts a worker, feeds the queue, kills the worker. */
  const kill = async (): Promise<void> => {
    while (!isOver()) {
      await using victim = new Peer([process.execPath, SCRIPT]);
      await victim.call("work", "storm", random.below(2 ** 31));
      for (let i = 0; i < 8 && queue.metrics.waiting < 50; i++) {
        const number = added++ % JOBS;
        queue.add(job(number), random.oneIn(3) ? { key: number % 5 } : { priority: number % 3 });
      }
      await Bun.sleep(random.below(12));
      await victim.kill();
      kills++;
    }
  };
  await Promise.all([kill(), kill(), kill()]);
  const survivor = peer(stack);
  await survivor.call("work", "storm", 1);
  await queue.drain();
  await survivor.call("stop");
  const { metrics } = queue;
  expect(metrics).toMatchObject({ added, waiting: 0, delayed: 0, held: 0, inFlight: 0, fill: 0 });
  expect(metrics).toMatchObject({ corruptions: 0, deadLettered: 0 });
  // Who dies between the end of a job and its count takes the count along.
  expect(metrics.done).toBeLessThanOrEqual(added);
  expect(metrics.done).toBeGreaterThanOrEqual(added - kills);
  let begun = 0;
  let finished = 0;
  for (let number = 0; number < JOBS; number++) {
    begun += ledger.readInt32(number * 8);
    finished += ledger.readInt32(number * 8 + 4);
  }
  process.stdout.write(
    `${added} jobs, ${kills} kills, ${metrics.orphaned} taken back, ${metrics.recoveries} recoveries, ${finished - added} finished twice\n`,
  );
  // Two of them may note the same number at a time, which loses a count; nobody is without any.
  expect(finished - added).toBeLessThanOrEqual(kills);
  expect(begun).toBeLessThanOrEqual(metrics.taken);
});
