/** Who waits for a job, for room or for the end is woken by everything that makes it true: each wake-up left out is noticed. */
import { afterAll, describe, expect, test } from "bun:test";
import { type Job, json, WorkQueue, type WorkQueueOptions } from "../../src/index.ts";
import { READY_CELL } from "../../src/queue/queue-layout.ts";
import { QueueSegment } from "../../src/queue/queue-segment.ts";
import { Taking } from "../../src/queue/taking.ts";
import { loadSource, type Mistake } from "../model/checker/source.ts";
import { Home } from "../sync/support/home.ts";
import { QueueClock } from "./support/queue-clock.ts";

type QueueClass = typeof WorkQueue;
type Queue = WorkQueue<typeof json>;
type Options = WorkQueueOptions<typeof json>;

const NAME = "wakes";
const clock = new QueueClock();
afterAll(() => clock[Symbol.dispose]());
/** Longer than a record that is copied under the mutex. */
const LONG = "x".repeat(6000);

/** What somebody waits for, and what is to wake it. */
interface Wake {
  readonly options?: Partial<Options>;
  /** Brings the queue into a state in which the wait does not end. */
  readonly prepare?: (worker: Queue) => unknown;
  readonly wait: (waiter: Queue) => Promise<unknown>;
  /** Ends the wait; given what `prepare` returned. */
  readonly act: (worker: Queue, prepared: unknown) => unknown;
  readonly cell: "readyWakes" | "roomWakes";
  readonly file: "adding" | "claiming" | "taking" | "work-queue" | "dead-letters";
  readonly from: string;
  readonly to?: string;
}

const take = (queue: Queue): Promise<unknown> => queue.take();
const drain = (queue: Queue): Promise<void> => queue.drain();
const addOne = (queue: Queue): Promise<number> => queue.addAsync("one more");

const finish = (_: Queue, job: unknown): unknown => (job as Job<typeof json>).done();
const fail = (_: Queue, job: unknown): unknown => (job as Job<typeof json>).fail();

/** Adds a job and takes it. */
function takeNew(value: string): (worker: Queue) => unknown {
  return (worker) => {
    worker.add(value);
    return worker.tryTake();
  };
}

function fill(queue: Queue): void {
  while (queue.tryAdd("filler") !== undefined);
}

/** A dead letter, in a queue that is full. */
function bury(queue: Queue): void {
  queue.add("dead");
  queue.tryTake()?.fail();
  fill(queue);
}

/** Tries to take when all leases are over: time flies for this worker alone. */
function takeAfterLeases(worker: Queue): void {
  clock.later(60_001, () => worker.tryTake());
}

const FINISHED =
  "    if (isPassed) queue.ready.wakeAfterFence();\n    queue.room.wakeAfterFence();";
const GIVEN_BACK = "    ready.wake();\n    room.wake();\n    return isOurs;";
const ALL_GIVEN_BACK = "    if (count > 0) {\n      ready.wake();\n      room.wake();";
const SMALL = { capacityBytes: 2048 } as const;
const ONCE = { maxAttempts: 1 } as const;

/** Sources of wake-ups, by what they are. */
const WAKES: Readonly<Record<string, Wake>> = {
  "a job that is added wakes who takes": {
    wait: take,
    act: (worker) => worker.add("new"),
    cell: "readyWakes",
    file: "adding",
    from: "    if (id !== undefined) queue.ready.wakeAfterFence();\n",
  },
  "a long job that is added does, too": {
    wait: take,
    act: (worker) => worker.add(LONG),
    cell: "readyWakes",
    file: "adding",
    from: "    if (id !== undefined) queue.ready.wakeAfterFence();\n",
    to: "    if (id !== undefined && record.length <= COPY_BYTES_MAX) queue.ready.wakeAfterFence();\n",
  },
  "a dead letter wakes who takes dead letters": {
    options: ONCE,
    prepare: takeNew("dies"),
    wait: (waiter) => waiter.dead.take(),
    act: fail,
    cell: "readyWakes",
    file: "taking",
    from: GIVEN_BACK,
    to: "    room.wake();\n    return isOurs;",
  },
  "a job that is done wakes who takes, for the next one of its key": {
    prepare: (worker) => {
      worker.add("first", { key: 1 });
      worker.add("second", { key: 1 });
      return worker.tryTake();
    },
    wait: take,
    act: finish,
    cell: "readyWakes",
    file: "taking",
    from: FINISHED,
    to: "    queue.room.wakeAfterFence();",
  },
  "a job that is done makes room": {
    options: SMALL,
    prepare: (worker) => {
      fill(worker);
      return worker.tryTake();
    },
    wait: addOne,
    act: finish,
    cell: "roomWakes",
    file: "taking",
    from: FINISHED,
    to: "    if (isPassed) queue.ready.wakeAfterFence();",
  },
  "the last job that is done ends a drain": {
    prepare: takeNew("last"),
    wait: drain,
    act: finish,
    cell: "roomWakes",
    file: "taking",
    from: FINISHED,
    to: "    if (isPassed) queue.ready.wakeAfterFence();",
  },
  "a job that fails wakes who takes": {
    prepare: takeNew("fails"),
    wait: take,
    act: fail,
    cell: "readyWakes",
    file: "taking",
    from: GIVEN_BACK,
    to: "    room.wake();\n    return isOurs;",
  },
  "the last job that fails for the last time ends a drain": {
    options: ONCE,
    prepare: takeNew("fails"),
    wait: drain,
    act: fail,
    cell: "roomWakes",
    file: "taking",
    from: GIVEN_BACK,
    to: "    ready.wake();\n    return isOurs;",
  },
  "a worker that leaves wakes who takes": {
    prepare: takeNew("left"),
    wait: take,
    act: (worker) => worker.dispose(),
    cell: "readyWakes",
    file: "taking",
    from: ALL_GIVEN_BACK,
    to: "    if (count > 0) {\n      room.wake();",
  },
  "a worker that leaves with the last job ends a drain": {
    options: ONCE,
    prepare: takeNew("left"),
    wait: drain,
    act: (worker) => worker.dispose(),
    cell: "roomWakes",
    file: "taking",
    from: ALL_GIVEN_BACK,
    to: "    if (count > 0) {\n      ready.wake();",
  },
  "what is let go on wakes who takes": {
    prepare: (worker) => {
      worker.add("waits");
      worker.pause();
    },
    wait: take,
    act: (worker) => worker.resume(),
    cell: "readyWakes",
    file: "work-queue",
    from: "    this.#queue.locked((table) => table.pause(false));\n    this.#queue.ready.wake();",
    to: "    this.#queue.locked((table) => table.pause(false));",
  },
  "a dead letter that is tried anew wakes who takes": {
    options: ONCE,
    prepare: (worker) => {
      worker.add("dead");
      worker.tryTake()?.fail();
    },
    wait: take,
    act: (worker) => worker.dead.retry(),
    cell: "readyWakes",
    file: "dead-letters",
    from: "    if (count > 0) this.#queue.ready.wake();\n",
  },
  "a dead letter that is dropped makes room": {
    options: { ...ONCE, ...SMALL },
    prepare: bury,
    wait: addOne,
    act: (worker) => worker.dead.drop(),
    cell: "roomWakes",
    file: "dead-letters",
    from: "    if (count > 0) this.#queue.room.wake();\n",
  },
  "a dead letter that is taken and done makes room": {
    options: { ...ONCE, ...SMALL },
    prepare: bury,
    wait: addOne,
    act: (worker) => worker.dead.tryTake()?.done(),
    cell: "roomWakes",
    file: "taking",
    from: FINISHED,
    to: "    if (isPassed) queue.ready.wakeAfterFence();",
  },
  "a lease that ends with the last attempt ends a drain": {
    options: { ...ONCE, leaseMs: 60_000 },
    prepare: takeNew("hangs"),
    wait: drain,
    act: takeAfterLeases,
    cell: "roomWakes",
    file: "claiming",
    from: "      queue.room.wake();\n      queue.ready.wake();",
    to: "      queue.ready.wake();",
  },
  "a lease that ends with the last attempt wakes who takes dead letters": {
    options: { ...ONCE, leaseMs: 60_000 },
    prepare: takeNew("hangs"),
    wait: (waiter) => waiter.dead.take(),
    act: takeAfterLeases,
    cell: "readyWakes",
    file: "claiming",
    from: "      queue.room.wake();\n      queue.ready.wake();",
    to: "      queue.room.wake();",
  },
};

/** Plays it; returns whether the cell was woken, and lets the wait end where it was. */
async function isWoken(Queue: QueueClass, wake: Wake): Promise<boolean> {
  const { options = {}, prepare, wait, act, cell } = wake;
  using _home = new Home();
  using waiter = Queue.createNew(NAME, { schema: json, ...options });
  using worker = Queue.openExisting(NAME, { schema: json });
  const prepared = prepare?.(worker);
  const waited = wait(waiter);
  // Nobody listens where it is not woken.
  waited.catch(() => undefined);
  await Bun.sleep(0);
  const before = waiter.metrics[cell];
  await act(worker, prepared);
  const isDone = waiter.metrics[cell] > before;
  if (isDone) await waited;
  return isDone;
}

describe.each(Object.entries(WAKES))("%s", (_name, wake) => {
  test("and is missed when it is left out", async () => {
    expect(await isWoken(WorkQueue, wake)).toBe(true);
    const { file, from, to = "" } = wake;
    const mistakes: Mistake[] = [{ file: `queue/${file}.ts`, from, to }];
    const { WorkQueue: Mistaken } = await loadSource<{ WorkQueue: QueueClass }>(
      "queue/work-queue.ts",
      { mistakes },
    );
    expect(await isWoken(Mistaken, wake)).toBe(false);
  });
});

test("the room of a record that is never finished wakes who waits for room", async () => {
  using _home = new Home();
  using waiter = WorkQueue.createNew(NAME, { schema: json, ...SMALL });
  const filler = new QueueSegment("openExisting", NAME, { schema: json });
  filler.locked((table) => table.reserve(200, filler.self));
  fill(waiter);
  const added = addOne(waiter);
  await Bun.sleep(0);
  const before = waiter.metrics.roomWakes;
  new Taking(filler).giveBackOf(filler.self, "returned");
  expect(waiter.metrics.roomWakes).toBeGreaterThan(before);
  await added;
  filler.segment.dispose();
});

test("a producer that died while it wrote a record takes no room away, though nobody works", async () => {
  using _home = new Home();
  using queue = WorkQueue.createNew(NAME, { schema: json, ...SMALL });
  const filler = new QueueSegment("openExisting", NAME, { schema: json });
  filler.locked((table) => table.reserve(table.cells.cellCount * 128, filler.self));
  expect(queue.tryAdd("no room")).toBeUndefined();
  filler.segment.dispose();
  expect(queue.add("now", { timeoutMs: 200_000 })).toBe(1);
  expect(queue.metrics.fill).toBe(1 / 8);
});

/** Does something when a queue is about to be locked for the so-manieth time. */
function whenLocked(queue: QueueSegment, time: number, act: () => void): void {
  const { lock } = queue;
  let times = 0;
  queue.lock = () => {
    if (++times === time) act();
    lock.call(queue);
  };
}

test("of two jobs that are due at once, who waits gets the one that another worker leaves, whenever that comes", async () => {
  for (let time = 1; time <= 6; time++) {
    using home = new Home();
    using worker = WorkQueue.createNew(NAME, { schema: json });
    const waiting = new QueueSegment("openExisting", NAME, { schema: json });
    worker.addAll(["one", "other"], { delayMs: 60_000 });
    let isDone = false;
    whenLocked(waiting, time, () => {
      clock.aheadMs = 60_001;
      isDone = true;
      expect(worker.tryTake()?.value).toBe("one");
    });
    try {
      const taken = new Taking<typeof json>(waiting).take(waiting.segment, { timeoutMs: 5000 });
      taken.catch(() => undefined);
      await Bun.sleep(0);
      if (isDone) expect((await taken).value).toBe("other");
      expect(home.cell(NAME, READY_CELL).timeoutWakes).toBe(0);
    } finally {
      clock.aheadMs = 0;
      waiting.segment.dispose();
    }
  }
});
