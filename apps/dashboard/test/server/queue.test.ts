/** A work queue as the dashboard tells of it: real workers, killed and stopped. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { json, WorkQueue } from "@isthmus/ipc";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { Sampler } from "../../src/server/sampler.ts";
import type { SegmentFrame } from "../../src/wire/frame.ts";
import type { LogEntry, LogKind } from "../../src/wire/log-entry.ts";
import { Command } from "../support/command.ts";

const INTERVAL_MS = 20;
const ACTOR = join(import.meta.dir, "..", "fixtures", "actor.ts");
/** Longer than any test. */
const LONG_MS = 600_000;
/** Much longer than from one look to the next, also on a busy machine. */
const LEASE_MS = 3000;
/** Longer than from waiting for jobs to sleeping, also on a busy machine. */
const UNUSED_MS = 150;

/** A queue, its workers, and somebody who looks at them. */
class Workshop implements AsyncDisposable {
  readonly #home = new Home();
  readonly #stack = new AsyncDisposableStack();
  readonly #sampler = new Sampler({ intervalMs: INTERVAL_MS });
  readonly queue: WorkQueue<typeof json>;
  readonly entries: LogEntry[] = [];
  /** The queue, at the last look. */
  segment: SegmentFrame | undefined;
  issues: string[] = [];

  constructor(options: { readonly maxAttempts?: number; readonly leaseMs?: number } = {}) {
    this.queue = WorkQueue.createNew("tasks", { schema: json, ...options });
    this.#sampler.subscribe(({ frame, entries }) => {
      [this.segment] = frame.segments;
      this.issues = frame.issues.map(({ code, message }) => `${code}: ${message}`);
      this.entries.push(...entries);
    });
  }

  async worker(): Promise<Command> {
    const worker = this.#stack.use(new Command(this.#home.path, ["worker"], ACTOR));
    await worker.line();
    await this.waiting(worker);
    return worker;
  }

  /** Until a worker is seen where it waits for jobs. */
  async waiting({ pid }: { readonly pid: number }): Promise<void> {
    await until(() => {
      const { participants = [], waits = [] } = this.segment ?? {};
      const slot = participants.find((one) => one.pid === pid)?.slot;
      return waits.some(({ cell, slots }) => cell === 1 && slots.includes(slot ?? -1));
    }, "a worker that waits for a job");
  }

  /** Until nobody uses the queue: whoever waits for jobs looks for some once more, and who is stopped then keeps the lock. */
  async unused(): Promise<void> {
    let acquisitions = -1;
    await until(async () => {
      const before = acquisitions;
      await Bun.sleep(UNUSED_MS);
      acquisitions = this.segment?.lock?.acquisitions ?? -1;
      return acquisitions === before && this.segment?.lock?.owner_pid === null;
    }, "a queue that nobody uses");
  }

  /** What the last look says of a worker, and of its job. */
  of({ pid }: { readonly pid: number }) {
    const { participants = [], queue } = this.segment ?? {};
    const one = participants.find((each) => each.pid === pid);
    const job = queue?.jobs.find(({ slot }) => slot === one?.slot);
    return one && { state: one.state, role: one.role, holds: one.holds, job };
  }

  /** All that has been told of some kinds. */
  told(...kinds: readonly LogKind[]): string[] {
    return this.entries.filter(({ kind }) => kinds.includes(kind)).map(({ text }) => text);
  }

  /**
   * Until one thing of a kind has been told: which job it happened to, or only that it happened to one, for a look may come in the
   * middle of a change.
   */
  async isTold(kind: LogKind, named: string, counted: string): Promise<void> {
    await until(() => this.told(kind).length > 0, `what is told as ${kind}`);
    expect([[named], [counted]]).toContainEqual(this.told(kind));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sampler[Symbol.dispose]();
    await this.#stack.disposeAsync();
    this.queue.dispose();
    this.#home[Symbol.dispose]();
  }
}

test("a worker dies with a job, and the next one gets it", async () => {
  await using shop = new Workshop({ maxAttempts: 5 });
  const { queue } = shop;
  const first = await shop.worker();
  queue.add({ ms: LONG_MS }, { priority: 3 });
  await until(() => shop.of(first)?.job, "a job in flight");
  const second = await shop.worker();
  queue.add({ ms: 0 }, { delayMs: LONG_MS });
  await until(() => shop.segment?.figures["queue.segment.delayed"] === 1, "a delayed job");
  expect(shop.of(first)).toMatchObject({
    state: "live",
    role: "worker",
    holds: "1 job",
    job: { id: 1, attempt: 1, priority: 3 },
  });
  expect(shop.of(second)).toEqual({ state: "idle", role: "worker", holds: null, job: undefined });
  // Who only adds has no job, and does not stall.
  expect(shop.of(process)).toMatchObject({ state: "idle", job: undefined });
  expect(shop.segment?.queue).toMatchObject({
    paused: false,
    max_attempts: 5,
    lease_ms: null,
    unlisted: 0,
    stands_still: false,
  });
  const ageMs = shop.of(first)?.job?.for_ms ?? 0;
  await until(() => (shop.of(first)?.job?.for_ms ?? 0) > ageMs, "a job that grows older");
  expect(shop.segment?.figures["queue.segment.oldestInFlightMs"]).toBeGreaterThan(ageMs);
  expect(shop.issues).toEqual([]);
  expect(shop.told("died", "orphaned", "redelivered")).toEqual([]);
  first.signal("SIGKILL");
  await until(() => shop.of(second)?.job, "the job at the next one");
  expect(shop.of(second)).toMatchObject({ state: "live", job: { id: 1, attempt: 2 } });
  await until(() => shop.issues.length > 0, "an issue");
  expect(shop.issues).toEqual(["dropping: workers die with jobs: 1 so far"]);
  await until(() => shop.issues.length === 0, "that nothing is wrong");
  // The dead one has left nothing behind.
  expect(shop.of(first)).toMatchObject({ state: "dead", holds: null, job: undefined });
  expect(shop.told("died")[0]).toStartWith(`worker ${first.pid} (actor.ts) died without leaving`);
  const who = `worker ${first.pid} (actor.ts)`;
  await shop.isTold(
    "orphaned",
    `job 1 came back because ${who} died`,
    "a job came back because its worker died",
  );
  await until(() => shop.told("redelivered").length > 0, "the next attempt");
  expect(shop.told("redelivered")).toEqual([
    `job 1 was given to worker ${second.pid} (actor.ts), attempt 2`,
  ]);
  expect(shop.told("dead-letter", "expired", "dropped", "paused")).toEqual([]);
});

test("what a worker had that died stays with it until somebody looks, and that is wrong", async () => {
  await using shop = new Workshop();
  const worker = await shop.worker();
  shop.queue.add({ ms: LONG_MS });
  await until(() => shop.of(worker)?.job, "a job in flight");
  worker.signal("SIGKILL");
  await until(() => shop.issues.length > 0, "an issue");
  const who = `worker ${worker.pid} (actor.ts)`;
  expect(shop.issues).toEqual([`died: ${who} died without leaving and has 1 job`]);
  expect(shop.told("died")).toEqual([`${who} died without leaving, with job 1`]);
  expect(shop.told("orphaned")).toEqual([]);
  using job = shop.queue.tryTake();
  expect(job?.attempts).toBe(2);
  await shop.isTold(
    "orphaned",
    `job 1 came back because ${who} died`,
    "a job came back because its worker died",
  );
  await until(() => shop.issues.length === 0, "that nothing is wrong");
});

test("a job becomes a dead letter with its last error; a queue is paused and resumed", async () => {
  await using shop = new Workshop({ maxAttempts: 2 });
  const worker = await shop.worker();
  shop.queue.pause();
  shop.queue.add({ ms: 300, error: "no such file\nat line 1" });
  await until(() => shop.segment?.queue?.paused, "a queue that is paused");
  // That jobs wait while it is paused is as it should be.
  await Bun.sleep(1500);
  expect(shop.issues).toEqual([]);
  expect(shop.of(worker)).toMatchObject({ state: "idle" });
  shop.queue.resume();
  await until(() => shop.issues.length > 0, "an issue");
  expect(shop.issues).toEqual(["dropping: jobs become dead letters: 1 so far"]);
  await until(() => shop.issues.length === 0, "that nothing is wrong");
  expect(shop.told("paused", "resumed", "redelivered")).toEqual([
    "it was paused: no job is taken",
    "it was resumed: jobs are taken again",
    `job 1 was given to worker ${worker.pid} (actor.ts), attempt 2`,
  ]);
  await shop.isTold(
    "dead-letter",
    "job 1 became a dead letter after 2 attempts: no such file",
    "a job became a dead letter",
  );
  expect(shop.segment?.figures["queue.segment.deadLetters"]).toBe(1);
  // Only what has just become one is told.
  expect(shop.queue.dead.drop()).toBe(1);
  await until(() => shop.segment?.figures["queue.segment.deadLetters"] === 0, "none");
  expect(shop.told("dead-letter", "dropped")).toHaveLength(1);
});

test("a lease runs out, and the job goes to another worker", async () => {
  await using shop = new Workshop({ leaseMs: LEASE_MS });
  const workers = [await shop.worker(), await shop.worker()] as const;
  shop.queue.add({ ms: LONG_MS });
  const first = await until(() => workers.find((one) => shop.of(one)?.job), "a job in flight");
  const second = first === workers[0] ? workers[1] : workers[0];
  expect(shop.segment?.queue?.lease_ms).toBe(LEASE_MS);
  await until(() => shop.of(second)?.job, "the job at the next one");
  const who = `worker ${first.pid} (actor.ts)`;
  await shop.isTold(
    "expired",
    `the lease of job 1 ran out: ${who} had it for longer than ${LEASE_MS} ms`,
    "the lease of a job ran out",
  );
  await until(() => shop.told("redelivered").length > 0, "the next attempt");
  expect(shop.told("redelivered")).toEqual([
    `job 1 was given to worker ${second.pid} (actor.ts), attempt 2`,
  ]);
  expect(shop.told("orphaned", "died")).toEqual([]);
});

test("a worker that is stopped while jobs wait has stalled, and no other one", async () => {
  await using shop = new Workshop();
  const worker = await shop.worker();
  shop.queue.add({ ms: 0 });
  await until(() => shop.segment?.flow?.consumed === 1, "a job that is done");
  await shop.waiting(worker);
  await shop.unused();
  worker.signal("SIGSTOP");
  shop.queue.add({ ms: 0 });
  await until(() => shop.of(worker)?.state === "stalled", "a worker that has stalled");
  const who = `worker ${worker.pid} (actor.ts)`;
  expect(shop.issues).toEqual([`stalled: ${who} has something to take and takes nothing`]);
  expect(shop.of(process)).toMatchObject({ state: "idle" });
  worker.signal("SIGCONT");
  await until(() => shop.of(worker)?.state === "idle", "a worker that works");
  await until(() => shop.issues.length === 0, "that nothing is wrong");
  await until(() => shop.segment?.flow?.consumed === 2, "both jobs done");
  await shop.waiting(worker);
  await shop.unused();
  worker.signal("SIGKILL");
  await until(() => shop.of(worker)?.state === "dead", "its death");
  shop.queue.add({ ms: 0 });
  await until(() => shop.issues.length > 0, "an issue");
  expect(shop.issues).toEqual(["unread: 1 job waits and nobody takes it"]);
  expect(shop.told("orphaned", "redelivered")).toEqual([]);
});
