/** A lease that ends while its worker has not even read the job: it gets nothing of what takes the job's place. */
import { afterAll, expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { json, WorkQueue } from "../../src/index.ts";
import { QueueSegment } from "../../src/queue/queue-segment.ts";
import { Taking } from "../../src/queue/taking.ts";
import { QueueClock } from "./support/queue-clock.ts";

const NAME = "leased";
const OPTIONS = { schema: json, leaseMs: 60_000, capacityBytes: 1024 } as const;

const clock = new QueueClock();
afterAll(() => clock[Symbol.dispose]());

/** Does something after all leases. */
const afterLeases = <T>(act: () => T): T => clock.later(60_001, act);

/** A worker to whom something happens between taking a job and reading it, once. */
function interrupted(act: () => void): { readonly taking: Taking<typeof json> } & Disposable {
  const queue = new QueueSegment("openExisting", NAME, OPTIONS);
  const { read } = queue;
  let isFirst = true;
  queue.read = (...parameters) => {
    if (isFirst) {
      isFirst = false;
      act();
    }
    return read.apply(queue, parameters);
  };
  return {
    taking: new Taking<typeof json>(queue),
    [Symbol.dispose]: () => queue.segment.dispose(),
  };
}

test.each([
  ["another job in its place", "another"],
  ["one that is no text any more", "x".repeat(300)],
])("%s", (_name, other) => {
  using _home = new Home();
  using queue = WorkQueue.createNew(NAME, OPTIONS);
  queue.add("slow");
  using worker = interrupted(() => {
    afterLeases(() => queue.tryTake())?.done();
    queue.add(other);
    queue.pause();
  });
  expect(worker.taking.tryTake(worker)).toBeUndefined();
  queue.resume();
  const job = worker.taking.tryTake(worker);
  expect([job?.value, job?.attempts, job?.done()]).toEqual([other, 1, true]);
  expect(queue.metrics).toMatchObject({ done: 2, corruptions: 0, deadLettered: 0, fill: 0 });
});

test("a job that somebody else has by then", () => {
  using _home = new Home();
  using queue = WorkQueue.createNew(NAME, OPTIONS);
  queue.add("slow");
  const jobs: unknown[] = [];
  using worker = interrupted(() => jobs.push(afterLeases(() => queue.tryTake())));
  expect(worker.taking.tryTake(worker)).toBeUndefined();
  expect(jobs).toMatchObject([{ value: "slow", attempts: 2 }]);
});

test("the last attempt of a worker that hangs ends a drain, though nobody takes", async () => {
  using _home = new Home();
  using queue = WorkQueue.createNew(NAME, { ...OPTIONS, leaseMs: 20, maxAttempts: 1 });
  queue.add("hangs");
  queue.tryTake();
  await queue.drain({ timeoutMs: 200_000 });
  expect(queue.metrics).toMatchObject({ expired: 1, deadLetters: 1, inFlight: 0 });
});
