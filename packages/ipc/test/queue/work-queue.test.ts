/** `WorkQueue` in one process: what is taken when, and what becomes of it. */
import { afterAll, describe, expect, test } from "bun:test";
import { DisposedError } from "@isthmus/core";
import { expectCode } from "@isthmus/testing/expect-code";
import { until } from "@isthmus/testing/patience";
import { bytes, f64, json, observeDeadLetters, struct, u32, WorkQueue } from "../../src/index.ts";
import { CELL, QUEUE } from "../../src/queue/queue-layout.ts";
import { QueueSegment } from "../../src/queue/queue-segment.ts";
import { codeOf } from "../flow/support/code-of.ts";
import { Home } from "../sync/support/home.ts";
import { QueueClock } from "./support/queue-clock.ts";

const clock = new QueueClock();
afterAll(() => clock[Symbol.dispose]());

const Task = struct({ id: u32, size: f64 });

describe("add and take", () => {
  test("each job goes to one worker, in the order in which they were added", async () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: Task });
    using worker = WorkQueue.openExisting("tasks", { schema: Task });
    expect(queue.createdNew).toBe(true);
    expect(queue.add({ id: 1, size: 0.5 })).toBe(1);
    expect(
      queue.addAll([
        { id: 2, size: 1 },
        { id: 3, size: 2 },
      ]),
    ).toEqual([2, 3]);
    {
      using job = await worker.take();
      expect(job.value).toEqual({ id: 1, size: 0.5 });
      expect([job.id, job.attempts, job.lastError]).toEqual([1, 1, undefined]);
      expect(queue.metrics).toMatchObject({ waiting: 2, inFlight: 1 });
      expect(job.done()).toBe(true);
      expect(job.done()).toBe(false);
    }
    expect(queue.tryTake()?.value.id).toBe(2);
    const third = worker.tryTake();
    expect(third?.value.id).toBe(3);
    expect(worker.tryTake()).toBeUndefined();
    expect(queue.metrics).toMatchObject({ added: 3, taken: 3, done: 1, inFlight: 2, waiting: 0 });
  });

  test.each([
    ["bytes", bytes, [new Uint8Array([1, 2, 3]), new Uint8Array(), new Uint8Array(5000).fill(9)]],
    ["json", json, [{ any: ["thing"] }, "text", null, 7, "x".repeat(10_000)]],
  ] as const)("jobs of %s, short and long", (_, schema, jobs) => {
    using _home = new Home();
    using queue = WorkQueue.createNew("any", { schema: schema as typeof json });
    for (let round = 0; round < 3; round++) {
      queue.addAll(jobs as readonly unknown[]);
      for (const job of jobs) {
        using taken = queue.tryTake();
        expect(taken?.value).toEqual(job);
        taken?.done();
      }
      expect(queue.metrics).toMatchObject({ fill: 0, waiting: 0, inFlight: 0 });
    }
  });

  test("a waiting worker gets the job that is added", async () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json });
    const taken = [queue.take(), queue.take()];
    queue.add("one");
    queue.add("two");
    const values = (await Promise.all(taken)).map(({ value }) => value);
    expect(values.sort()).toEqual(["one", "two"]);
  });

  test("refuses a job that the schema does not allow", () => {
    using _home = new Home();
    using raw = WorkQueue.createNew("raw", { schema: bytes });
    const text = expectCode(() => raw.add("text" as never), "TypeError", "ERR_INVALID_ARG_TYPE");
    expect(text.message).toStartWith('The "job" argument must be a Uint8Array:');
    using queue = WorkQueue.createNew("tasks", { schema: json });
    const refused = () => queue.addAll([1, undefined, 2]);
    const { message } = expectCode(refused, "TypeError", "ERR_INVALID_ARG_TYPE");
    expect(message).toStartWith('The "job" argument must be a value that JSON can hold:');
    expect(queue.tryTake()?.value).toBe(1);
    expect(queue.tryTake()).toBeUndefined();
  });

  test("jobs that wait for room stay what they were when they were added", async () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: bytes, capacityBytes: 1 });
    while (queue.tryAdd(Uint8Array.of(0)) !== undefined);
    const added = [1, 2, 3].map((number) => queue.addAsync(Uint8Array.of(number)));
    const values: (number | undefined)[] = [];
    while (values.at(-1) !== 3) {
      using job = await queue.take();
      values.push(job.value[0]);
      job.done();
    }
    expect(values.filter((value) => value !== 0)).toEqual([1, 2, 3]);
    await Promise.all(added);
  });

  test("waits end by time, by signal and by disposal", async () => {
    using _home = new Home();
    const queue = WorkQueue.createNew("tasks", { schema: json });
    const inTime = queue.take({ timeoutMs: 20 });
    expect(await inTime.catch(({ code, message }) => [code, message])).toEqual([
      "ETIMEDOUT",
      'Cannot take a job from "tasks" within 20 ms: it has no jobs',
    ]);
    const aborting = new AbortController();
    const aborted = queue.take({ signal: aborting.signal });
    aborting.abort(new Error("enough"));
    expect(await aborted.catch(String)).toBe("Error: enough");
    const disposed = queue.take();
    queue.dispose();
    expect(await disposed.catch(({ code }) => code)).toBe("ERR_DISPOSED");
  });

  test("a loop gives back what its turn has not ended, and ends with the queue", async () => {
    using _home = new Home();
    const queue = WorkQueue.createNew("tasks", { schema: json, maxAttempts: 3 });
    queue.addAll(["a", "b"]);
    const seen: [string, number][] = [];
    for await (const job of queue) {
      seen.push([job.value, job.attempts]);
      if (job.attempts === 2) job.done();
      if (queue.metrics.done === 2) break;
    }
    expect(seen).toEqual([
      ["a", 1],
      ["a", 2],
      ["b", 1],
      ["b", 2],
    ]);
    queue.add("c");
    const last = (async () => {
      for await (const job of queue) {
        job.done();
        queue.dispose();
      }
      return "ended";
    })();
    expect(await last).toBe("ended");
  });
});

describe("what comes back", () => {
  test("a job keeps its queue, and a wait does, though the program has forgotten it", async () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json });
    const open = () => WorkQueue.openExisting("tasks", { schema: json });
    queue.addAll(["one", "two"]);
    const [one, two] = [open().tryTake(), await open().take()];
    const waiting = open().take();
    for (let turn = 0; turn < 20; turn++) {
      Bun.gc(true);
      await Bun.sleep(1);
    }
    expect(queue.metrics).toMatchObject({ inFlight: 2, returned: 0 });
    queue.add("three");
    const three = await waiting;
    expect([one?.done(), two.done(), three.done()]).toEqual([true, true, true]);
  });

  test("left without done, a job is next, and counts", () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json });
    queue.addAll(["first", "second"]);
    for (const attempts of [1, 2, 3]) {
      using job = queue.tryTake();
      expect([job?.value, job?.attempts]).toEqual(["first", attempts]);
    }
    expect(queue.metrics).toMatchObject({ returned: 3, waiting: 2, inFlight: 0 });
  });

  test("failed, it says why, and waits as long as it is told", async () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json });
    queue.add("one");
    const startMs = performance.now();
    {
      using _still = clock.stop();
      queue.tryTake()?.fail(new TypeError("bad luck"), { delayMs: 30 });
      expect(queue.tryTake()).toBeUndefined();
      expect(queue.metrics).toMatchObject({ delayed: 1, failed: 1 });
    }
    const job = await queue.take();
    expect(performance.now() - startMs).toBeGreaterThan(20);
    expect([job.attempts, job.lastError]).toEqual([2, "TypeError: bad luck"]);
    job.fail();
    expect(queue.tryTake()?.lastError).toBe("it failed");
  });

  test("refuses options that are none, and is still its worker's", () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json });
    queue.add("one");
    using job = queue.tryTake();
    for (const options of [null, 5, "soon", []]) {
      expectCode(() => job?.fail("no", options as object), "TypeError", "ERR_INVALID_ARG_TYPE");
    }
    expect(job?.done()).toBe(true);
  });

  test("tried as often as it may be, it is a dead letter with its last error", async () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json, maxAttempts: 2 });
    queue.add({ n: 1 });
    queue.tryTake()?.fail("first");
    queue.tryTake()?.fail("second");
    expect(queue.tryTake()).toBeUndefined();
    expect(queue.dead.count).toBe(1);
    expect(queue.dead.list()).toEqual([
      { id: 1, value: { n: 1 }, attempts: 2, priority: 0, lastError: "second" },
    ]);
    expect(queue.dead.retry()).toBe(1);
    queue.tryTake()?.fail("third");
    queue.tryTake()?.fail("fourth");
    {
      using dead = await queue.dead.take();
      expect([dead.value, dead.lastError]).toEqual([{ n: 1 }, "fourth"]);
    }
    expect(queue.dead.count).toBe(1);
    queue.dead.tryTake()?.done();
    expect(queue.dead.count).toBe(0);
    expect(queue.metrics).toMatchObject({ deadLettered: 2, fill: 0 });
  });

  test("an error without words takes the place of the one before", () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json, maxAttempts: 2 });
    queue.add(1);
    queue.tryTake()?.fail("with words");
    queue.tryTake()?.fail("");
    expect(queue.dead.list()).toMatchObject([{ id: 1, value: 1, lastError: "it failed" }]);
    expect(queue.metrics).toMatchObject({ corruptions: 0, recoveries: 0 });
  });

  test("what was left says so, in the place of an earlier error", () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json, maxAttempts: 2 });
    const look = () => observeDeadLetters("tasks").map(({ lastError }) => lastError);
    queue.add(1);
    queue.tryTake()?.fail("with words");
    queue.tryTake()?.dispose();
    const left = "it was left without done()";
    expect(queue.dead.list()).toMatchObject([{ lastError: left }]);
    expect(look()).toEqual([left]);
    // Who only looks changes nothing.
    queue.dead.tryTake()?.dispose();
    queue.dead.tryTake()?.fail();
    expect(look()).toEqual([left]);
    queue.dead.tryTake()?.fail("looked at");
    expect(look()).toEqual(["looked at"]);
    queue.dead.tryTake()?.done();
    expect(queue.metrics.fill).toBe(0);
  });

  test("given back as if it had not been taken, it comes again at once with all its attempts", () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json, maxAttempts: 2 });
    queue.addAll(["first", "second"]);
    queue.tryTake()?.fail("with words");
    for (let time = 0; time < 3; time++) {
      using job = queue.tryTake();
      expect([job?.value, job?.attempts, job?.lastError]).toEqual(["first", 2, "with words"]);
      expect([job?.giveBack(), job?.giveBack(), job?.done()]).toEqual([true, false, false]);
    }
    queue.tryTake()?.fail("again");
    queue.dead.tryTake()?.giveBack();
    expect(queue.dead.list()).toMatchObject([{ attempts: 2, lastError: "again" }]);
    expect(queue.metrics).toMatchObject({ returned: 4, failed: 2, inFlight: 0, deadLetters: 1 });
    const second = queue.tryTake();
    queue.dispose();
    expect(() => second?.giveBack()).toThrow(DisposedError);
  });

  test("a lease that was over is a reason, also in a queue without room for a text", () => {
    using _home = new Home();
    const options = { schema: json, maxAttempts: 1, leaseMs: 60_000, capacityBytes: 1024 } as const;
    using queue = WorkQueue.createNew("tasks", options);
    while (queue.tryAdd("x") !== undefined);
    queue.tryTake();
    queue.pause();
    expect(clock.later(60_001, () => queue.tryTake())).toBeUndefined();
    expect(queue.dead.list()).toMatchObject([{ lastError: "its lease was over" }]);
    const damaged = new QueueSegment("openExisting", "tasks", options);
    damaged.locked(({ cells }) => cells.set(cells.head(QUEUE.deadFirst), CELL.reason, 99));
    damaged.segment.dispose();
    expect(queue.dead.list()).toMatchObject([{ lastError: undefined }]);
    expect(observeDeadLetters("tasks")).toMatchObject([{ lastError: undefined }]);
  });

  test("maxAttempts: 1 means once", () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json, maxAttempts: 1 });
    queue.add("once");
    {
      using _job = queue.tryTake();
    }
    expect([queue.tryTake(), queue.dead.count]).toEqual([undefined, 1]);
    expect(queue.dead.drop(1)).toBe(1);
    expect(queue.dead.drop()).toBe(0);
  });

  test("a handle that leaves gives back what it had", () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json });
    const worker = WorkQueue.openExisting("tasks", { schema: json });
    queue.add("one");
    const job = worker.tryTake();
    worker.dispose();
    expect(queue.tryTake()?.attempts).toBe(2);
    expect(codeOf(() => job?.done())).toBe("ERR_DISPOSED");
  });

  test("with a lease, a job goes to somebody else when its time is over, and its worker is told", async () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json, leaseMs: 20 });
    queue.add("slow");
    const first = queue.tryTake();
    const second = await queue.take();
    expect([second.value, second.attempts]).toEqual(["slow", 2]);
    expect([first?.done(), second.done()]).toEqual([false, true]);
    expect(queue.metrics).toMatchObject({ expired: 1, done: 1 });
  });
});

describe("order", () => {
  test("priorities go high to low, one of sixteen takes from below", () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json });
    for (let i = 0; i < 40; i++) queue.add("high", { priority: 5 });
    queue.addAll(["low", "low", "low"], { priority: -3 });
    queue.add("normal");
    const order = Array.from({ length: 44 }, () => {
      const job = queue.tryTake();
      job?.done();
      return job?.value;
    });
    expect(order.indexOf("low")).toBe(15);
    expect(order.indexOf("low", 16)).toBe(31);
    expect(order.slice(42)).toEqual(["normal", "low"]);
    expect(codeOf(() => queue.add("x", { priority: 16 }))).toBe("ERR_OUT_OF_RANGE");
    expect(codeOf(() => queue.add("x", { priority: 0.5 }))).toBe("ERR_OUT_OF_RANGE");
  });

  test("delayed jobs come in the order of their times, and hold up nobody", async () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json });
    {
      using _still = clock.stop();
      queue.add("later", { delayMs: 60 });
      queue.add("soon", { delayMs: 20 });
      queue.add("now");
    }
    const order: string[] = [];
    for (let i = 0; i < 3; i++) {
      using job = await queue.take();
      order.push(job.value);
      job.done();
    }
    expect(order).toEqual(["now", "soon", "later"]);
  });

  test("a sleeping worker wakes for a job that is due earlier than what it waits for", async () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json });
    queue.add("in an hour", { delayMs: 3_600_000 });
    const taken = queue.take({ timeoutMs: 200_000 });
    await Bun.sleep(5);
    queue.add("in a moment", { delayMs: 20 });
    expect((await taken).value).toBe("in a moment");
  });

  test("a wait in vain counts as one, however often it looked", async () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json, leaseMs: 30 });
    queue.add("slow");
    queue.tryTake();
    queue.pause();
    const isLate = queue.take({ timeoutMs: 100 }).catch(({ code }) => code);
    for (let i = 0; i < 5; i++) {
      await Bun.sleep(10);
      queue.add(`wakes ${i}`);
    }
    expect(await isLate).toBe("ETIMEDOUT");
    expect(queue.metrics).toMatchObject({ emptyWaits: 1, expired: 1 });
  });

  test("who waits for a dead letter gets the one that a lease leaves behind", async () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json, leaseMs: 30, maxAttempts: 1 });
    queue.add("slow");
    queue.tryTake();
    using letter = await queue.dead.take();
    expect([letter.value, letter.attempts]).toEqual(["slow", 1]);
  });

  test("of one key one job at a time, in order, whatever happens to it", () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json, maxAttempts: 2 });
    queue.add("a1", { key: "a" });
    queue.add("a2", { key: "a", priority: 9 });
    queue.add("a3", { key: "a" });
    queue.add("b1", { key: 17 });
    const first = queue.tryTake();
    const other = queue.tryTake();
    expect([first?.value, other?.value, queue.tryTake()]).toEqual(["a1", "b1", undefined]);
    expect(queue.metrics).toMatchObject({ held: 2 });
    first?.fail("no");
    const again = queue.tryTake();
    expect([again?.value, again?.attempts, queue.tryTake()]).toEqual(["a1", 2, undefined]);
    again?.fail("never");
    const second = queue.tryTake();
    expect([second?.value, queue.tryTake()]).toEqual(["a2", undefined]);
    expect(queue.dead.retry()).toBe(1);
    second?.done();
    const third = queue.tryTake();
    expect(third?.value).toBe("a3");
    third?.done();
    const revived = queue.tryTake();
    expect(revived?.value).toBe("a1");
    revived?.done();
    other?.done();
    expect(queue.metrics).toMatchObject({ fill: 0, held: 0, waiting: 0 });
  });

  test("takes go round between producers", () => {
    using _home = new Home();
    using one = WorkQueue.createNew("tasks", { schema: json });
    using two = WorkQueue.openExisting("tasks", { schema: json });
    one.addAll(["a", "a", "a", "a"]);
    two.addAll(["b", "b"]);
    const order = Array.from({ length: 6 }, () => one.tryTake()?.value);
    expect(order.join("")).toBe("babaaa");
  });
});

describe("room, pauses and the end", () => {
  test("a full queue makes producers wait, or says so, and goes on when there is room", async () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: Task, capacityBytes: 1024 });
    let count = 0;
    while (queue.tryAdd({ id: count, size: 0 }) !== undefined) count++;
    expect(count).toBe(5);
    expect(codeOf(() => queue.add({ id: 9, size: 0 }, { timeoutMs: 10 }))).toBe("ETIMEDOUT");
    using failing = WorkQueue.openExisting("tasks", { schema: Task, onFull: "fail" });
    expect(codeOf(() => failing.add({ id: 9, size: 0 }))).toBe("EAGAIN");
    const added = queue.addAsync({ id: 99, size: 0 });
    await until(() => queue.metrics.fullWaits === 2, "a wait for room");
    queue.tryTake()?.done();
    expect(await added).toBe(6);
    expect(queue.metrics).toMatchObject({ fill: 1, drops: 2, fullWaits: 2 });
    const refused = queue.addAsync({ id: 1, size: 0 }, { timeoutMs: -1 });
    expect(await refused.catch(({ code }) => code)).toBe("ERR_OUT_OF_RANGE");
  });

  test("paused, nothing is taken; drained, nothing is left", async () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: json });
    await queue.drain();
    queue.addAll([1, 2]);
    queue.pause();
    expect([queue.isPaused, queue.tryTake()]).toEqual([true, undefined]);
    const first = queue.take();
    const drained = queue.drain({ timeoutMs: 200_000 });
    queue.resume();
    (await first).done();
    expect(await queue.drain({ timeoutMs: 5 }).catch(({ message }) => message)).toBe(
      'Cannot drain "tasks" within 5 ms: of its jobs 1 are ready',
    );
    queue.tryTake()?.done();
    await drained;
  });

  test("persistent, its jobs outlive everybody", () => {
    using _home = new Home();
    const options = { schema: json, lifetime: "persistent" } as const;
    {
      using queue = WorkQueue.createNew("kept", options);
      queue.addAll(["one", "two"]);
      queue.tryTake();
    }
    using queue = WorkQueue.openExisting("kept", options);
    expect(queue.createdNew).toBe(false);
    expect([queue.tryTake()?.attempts, queue.tryTake()?.value]).toEqual([2, "two"]);
  });

  test("wrong options are refused, and what is no list of jobs", () => {
    using _home = new Home();
    using queue = WorkQueue.createNew("tasks", { schema: Task });
    for (const [options, code] of [
      [{ schema: 7 }, "ERR_INVALID_ARG_TYPE"],
      [{ schema: Task, maxAttempts: 0 }, "ERR_OUT_OF_RANGE"],
      [{ schema: Task, leaseMs: 0 }, "ERR_OUT_OF_RANGE"],
      [{ schema: Task, onFull: "no" }, "ERR_INVALID_ARG_VALUE"],
      [{ schema: Task, retries: 1 }, "ERR_INVALID_ARG_VALUE"],
    ] as const) {
      expect(codeOf(() => WorkQueue.createNew("new", options as never))).toBe(code);
    }
    for (const wrong of [undefined, null, 1, 1n, {}, Symbol("jobs")] as never[]) {
      expect(codeOf(() => queue.addAll(wrong))).toBe("ERR_INVALID_ARG_TYPE");
    }
  });
});
