/** Delays and leases are decided by the clock that all processes share: setting the one on the wall changes none of them. */
import { afterAll, expect, spyOn, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { json, WorkQueue } from "../../src/index.ts";
import { QUEUE } from "../../src/queue/queue-layout.ts";
import { QueueSegment } from "../../src/queue/queue-segment.ts";
import { QueueClock } from "./support/queue-clock.ts";

const NAME = "clocks";
const HOUR_MS = 3_600_000;

const clock = new QueueClock();
afterAll(() => clock[Symbol.dispose]());

/** Sets the clock on the wall. */
const setWall = (byMs: number): Disposable => spyOn(Date, "now").mockReturnValue(Date.now() + byMs);

test.each([HOUR_MS, -HOUR_MS])("a wall clock that is set by %d ms ends no lease", (byMs) => {
  using _home = new Home();
  using queue = WorkQueue.createNew(NAME, { schema: json, leaseMs: 60_000 });
  queue.add("one");
  const job = queue.tryTake();
  using _wall = setWall(byMs);
  expect(queue.tryTake()).toBeUndefined();
  expect(clock.later(60_001, () => queue.tryTake())?.attempts).toBe(2);
  expect(job?.done()).toBe(false);
});

test.each([HOUR_MS, -HOUR_MS])(
  "a wall clock that is set by %d ms changes no delay",
  async (byMs) => {
    using _home = new Home();
    using queue = WorkQueue.createNew(NAME, { schema: json });
    queue.add("one", { delayMs: 50 });
    queue.add("in an hour", { delayMs: HOUR_MS });
    using _wall = setWall(byMs);
    const job = await queue.take({ timeoutMs: 60_000 });
    expect(job.value).toBe("one");
    job.fail("once more", { delayMs: 50 });
    expect((await queue.take({ timeoutMs: 60_000 })).attempts).toBe(2);
    expect(queue.tryTake()).toBeUndefined();
  },
);

test("after another start of the machine, whose clock begins anew, delays begin anew", () => {
  using _home = new Home();
  using queue = WorkQueue.createNew(NAME, { schema: json });
  clock.later(1000 * HOUR_MS, () => queue.add("late", { delayMs: HOUR_MS }));
  queue.add("soon");
  {
    const old = new QueueSegment("openExisting", NAME, { schema: json });
    old.locked(({ cells }) => cells.setHeader(QUEUE.boot, 1 + cells.header(QUEUE.boot)));
    old.segment.dispose();
  }
  using next = WorkQueue.openExisting(NAME, { schema: json });
  expect(next.tryTake()?.value).toBe("soon");
  expect(clock.later(HOUR_MS - 1000, () => next.tryTake())).toBeUndefined();
  expect(clock.later(HOUR_MS + 1000, () => next.tryTake())?.value).toBe("late");
});
