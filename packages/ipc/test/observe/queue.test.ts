/** What observers see of a work queue. */
import { expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { decodeSuperblock, readHead, SECTION } from "@isthmus/core/internal";
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
import { readQueue } from "../../src/observe/queue-reader.ts";
import { SectionReader } from "../../src/observe/section-reader.ts";
import { CELL, cellsOffset, KIND, QUEUE } from "../../src/queue/queue-layout.ts";

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

test("a queue stands still only while it could go on", () => {
  using _home = new Home();
  using queue = WorkQueue.createNew("tasks", { schema: json });
  using observer = new SegmentObserver("tasks");
  const look = () => observer.sample() as SegmentSample;
  const isStill = (before: SegmentSample, after: SegmentSample) =>
    ratesBetween(before, after)?.queue?.isStandingStill;
  const empty = look();
  queue.addAll(["a", "b"]);
  const open = look();
  expect([isStill(empty, open), isStill(open, look())]).toEqual([false, true]);
  queue.pause();
  const paused = look();
  queue.resume();
  expect([isStill(open, paused), isStill(paused, look())]).toEqual([false, false]);
  queue.tryTake()?.done();
  expect(isStill(open, look())).toBe(false);
});

test("the newest dead letter, with why it is one", () => {
  using _home = new Home();
  using queue = WorkQueue.createNew("tasks", { schema: json, maxAttempts: 1 });
  const newest = () => observe("tasks").queue?.newestDeadLetter;
  queue.addAll(["a", "b", "c"]);
  expect(newest()).toBeUndefined();
  queue.tryTake()?.fail("first");
  // Longer than a cell.
  queue.tryTake()?.fail(`x${"é".repeat(400)}`);
  expect(newest()).toMatchObject({ id: 2, attempts: 1 });
  expect(newest()?.lastError).toMatch(/^xé+$/);
  queue.tryTake()?.[Symbol.dispose]();
  expect(newest()).toEqual({ id: 3, attempts: 1, lastError: "it was left without done()" });
  queue.dead.drop(3);
  expect(newest()?.id).toBe(2);
  queue.dead.drop();
  expect(newest()).toBeUndefined();
});

test("a look that a change comes into is taken again; of a queue that never rests, there is an end to it", () => {
  using home = new Home();
  using queue = WorkQueue.createNew("tasks", { schema: json });
  queue.addAll(Array.from({ length: 20 }, (_, number) => number));
  const path = home.file("tasks");
  const fd = openSync(path, "r");
  using _file = { [Symbol.dispose]: () => closeSync(fd) };
  const { sections, epoch } = decodeSuperblock(readHead(fd), Bun.file(path).size, path);
  const jobs: unknown[] = [];
  let changes = 0;
  const look = () => {
    const reader = new SectionReader({ fd, path, epoch }, sections, (offset, into) => {
      readSync(fd, into, 0, into.length, offset);
      if (changes-- > 0) jobs.push(queue.tryTake());
    });
    const name = "tasks";
    const seen = readQueue({ name, fingerprint: "", reader, participants: [], cells: [] });
    return [seen.inFlight, seen.jobs.length];
  };
  changes = 1;
  expect(look()).toEqual([1, 1]);
  changes = 3;
  expect(look()).toEqual([4, 4]);
  changes = Number.POSITIVE_INFINITY;
  const [counted = 0, listed = 0] = look();
  expect(listed).toBeGreaterThan(counted);
  expect(jobs.length).toBeGreaterThan(listed - 1);
});

test("only what is worked on is told as such, wherever the list leads", () => {
  using home = new Home();
  using queue = WorkQueue.createNew("tasks", { schema: json, lifetime: "persistent" });
  queue.addAll(["a", "b", "c"]);
  const taken = [queue.tryTake(), queue.tryTake(), queue.tryTake()];
  const seen = observe("tasks");
  expect(seen.queue?.jobs.map(({ id }) => id)).toEqual([1, 2, 3]);
  const state = seen.sections.find(({ id }) => id === SECTION.state)?.offset ?? 0;
  const whole = readFileSync(home.file("tasks"));
  const word = (index: number): number => whole.readUInt32LE(state + index * 4);
  const cells = state + cellsOffset(word(QUEUE.cellCount), word(QUEUE.keyLists));
  const second = cells + (1 * word(QUEUE.cellBytes) + CELL.state * 4);
  for (const [kind, told] of [
    // Somebody writes its record: it is in the list, and no job yet.
    [KIND.filling, [1, 3]],
    // It was given back at that moment: what follows is another list.
    [KIND.ready, [1]],
  ] as const) {
    whole.writeUInt32LE(kind, second);
    home.plant("other", whole);
    expect(observe("other").queue?.jobs.map(({ id }) => id)).toEqual([...told]);
  }
  for (const job of taken) job?.done();
});
