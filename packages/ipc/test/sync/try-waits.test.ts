/** What `try…` does with a timeout: it waits as its counterpart does, and says how that ended instead of throwing. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { NamedEvent, NamedMutex, NamedSemaphore } from "../../src/index.ts";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";

setDefaultTimeout(60_000);

const LONG = { timeoutMs: 30_000 };
const SHORT = { timeoutMs: 5 };

test("NamedMutex.tryAcquire() waits as long as it is told, and says undefined then", async () => {
  using home = new Home();
  using mutex = NamedMutex.createNew("m");
  await using participant = new Participant();
  const lock = mutex.acquire();
  expect(await participant.call("tryAcquire", "m")).toBeNull();
  expect(await participant.call("tryAcquire", "m", SHORT)).toBeNull();
  const acquired = participant.call("tryAcquire", "m", LONG);
  await home.untilWaiting("m", "asleep");
  lock.release();
  expect(await acquired).toEqual({ abandoned: false });
  expect(mutex.tryAcquire(SHORT)).toBeUndefined();
});

test("NamedSemaphore.tryWait() waits as long as it is told, and says false then", async () => {
  using home = new Home();
  using semaphore = NamedSemaphore.createNew("s");
  await using participant = new Participant();
  await participant.call("semaphore", "openExisting", "s");
  expect(await participant.call("tryTake", "s", SHORT)).toBe(false);
  const taken = participant.call("tryTake", "s", LONG);
  await home.untilWaiting("s", "asleep");
  semaphore.release();
  expect(await taken).toBe(true);
  expect([semaphore.count, semaphore.tryWait(SHORT)]).toEqual([0, false]);
});

test("NamedEvent.tryWait() waits as long as it is told, and says false then", async () => {
  using home = new Home();
  await using participant = new Participant();
  for (const reset of ["auto", "manual"] as const) {
    using event = NamedEvent.createNew(reset, { reset });
    await participant.call("event", "openExisting", reset);
    expect(await participant.call("tryWait", reset, SHORT)).toBe(false);
    const waited = participant.call("tryWait", reset, LONG);
    await home.untilWaiting(reset, "asleep");
    event.set();
    expect(await waited).toBe(true);
    expect(event.tryWait(SHORT)).toBe(reset === "manual");
  }
});

test("a try's options are checked as any wait's", () => {
  using _home = new Home();
  using mutex = NamedMutex.createNew("m");
  using semaphore = NamedSemaphore.createNew("s", { initial: 1 });
  using event = NamedEvent.createNew("e", { initial: true });
  const tries = [
    (options: never) => mutex.tryAcquire(options),
    (options: never) => semaphore.tryWait(options),
    (options: never) => event.tryWait(options),
  ];
  for (const attempt of tries) {
    for (const none of [null, 5, { timeoutMs: "1" }, { timeoutMs: 1n }]) {
      expectCode(() => attempt(none as never), "TypeError", "ERR_INVALID_ARG_TYPE");
    }
    for (const timeoutMs of [-1, -0.5, Number.NaN, 2 ** 31]) {
      expectCode(() => attempt({ timeoutMs } as never), "RangeError", "ERR_OUT_OF_RANGE");
    }
  }
  expect([mutex.owner, semaphore.count, event.isSet]).toEqual([undefined, 1, true]);
});
