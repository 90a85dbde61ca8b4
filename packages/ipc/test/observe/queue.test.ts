/** What observers see of a work queue. */
import { expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import {
  figureHistograms,
  flowTotals,
  json,
  observe,
  ratesBetween,
  SegmentObserver,
  type SegmentSample,
  WorkQueue,
} from "../../src/index.ts";

test("a queue's jobs: how many wait, who works on which, what became of them", () => {
  using _home = new Home();
  using queue = WorkQueue.createNew("tasks", { schema: json, maxAttempts: 2, leaseMs: 60_000 });
  using observer = new SegmentObserver("tasks");
  const before = observer.sample() as SegmentSample;
  expect(before.queue).toMatchObject({ maxAttempts: 2, leaseMs: 60_000, mode: "json", waiting: 0 });
  queue.addAll(["a", "b", "c"], { priority: 2 });
  queue.add("later", { delayMs: 60_000 });
  queue.addAll(["k1", "k2"], { key: "k" });
  queue.tryTake()?.done();
  const job = queue.tryTake();
  const { queue: seen, participants } = observe("tasks");
  expect(seen).toMatchObject({
    waiting: 2,
    delayed: 1,
    held: 1,
    inFlight: 1,
    added: 6,
    taken: 2,
    done: 1,
    deadLetters: 0,
    isPaused: false,
  });
  expect(seen?.jobs).toMatchObject([
    { id: 2, attempts: 1, priority: 2, worker: { pid: process.pid, role: "worker" } },
  ]);
  expect(participants).toHaveLength(1);
  job?.fail("no");
  queue.tryTake()?.fail("no");
  queue.pause();
  const after = observer.sample() as SegmentSample;
  expect(after.queue).toMatchObject({ deadLetters: 1, deadLettered: 1, failed: 2, isPaused: true });
  const { fill, ...figures } = queue.metrics;
  expect(after.queue).toMatchObject({ ...figures, fill });
  expect(flowTotals(after)).toMatchObject({ records: { value: 6 }, consumed: { value: 1 } });
  expect(figureHistograms(after).map(({ name, value }) => [name, value.count])).toEqual([
    ["waitTime", 2],
    ["runTime", 1],
  ]);
  const rates = ratesBetween(before, after)?.queue;
  expect(rates?.addedPerSecond).toBeGreaterThan(0);
  expect(rates?.waitTime?.count).toBe(2);
});
