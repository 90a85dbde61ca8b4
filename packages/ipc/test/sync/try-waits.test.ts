/** What `try…` does with a timeout: it waits as its counterpart does, and says how that ended instead of throwing. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { NamedEvent, NamedMutex, NamedSemaphore } from "../../src/index.ts";
import { Home } from "./support/home.ts";
import { Party } from "./support/party.ts";

setDefaultTimeout(60_000);

const LONG = { timeoutMs: 30_000 };
const SHORT = { timeoutMs: 5 };

test("NamedMutex.tryAcquire() waits as long as it is told, and says undefined then", async () => {
  using home = new Home();
  using mutex = NamedMutex.createNew("m");
  await using party = new Party();
  const lock = mutex.acquire();
  expect(await party.call("tryAcquire", "m")).toBeNull();
  expect(await party.call("tryAcquire", "m", SHORT)).toBeNull();
  const acquired = party.call("tryAcquire", "m", LONG);
  await home.untilWaiting("m", "asleep");
  lock.release();
  expect(await acquired).toEqual({ abandoned: false });
  expect(mutex.tryAcquire(SHORT)).toBeUndefined();
});

test("NamedSemaphore.tryWait() waits as long as it is told, and says false then", async () => {
  using home = new Home();
  using semaphore = NamedSemaphore.createNew("s");
  await using party = new Party();
  await party.call("semaphore", "openExisting", "s");
  expect(await party.call("tryTake", "s", SHORT)).toBe(false);
  const taken = party.call("tryTake", "s", LONG);
  await home.untilWaiting("s", "asleep");
  semaphore.release();
  expect(await taken).toBe(true);
  expect([semaphore.count, semaphore.tryWait(SHORT)]).toEqual([0, false]);
});

test("NamedEvent.tryWait() waits as long as it is told, and says false then", async () => {
  using home = new Home();
  await using party = new Party();
  for (const reset of ["auto", "manual"] as const) {
    using event = NamedEvent.createNew(reset, { reset });
    await party.call("event", "openExisting", reset);
    expect(await party.call("tryWait", reset, SHORT)).toBe(false);
    const waited = party.call("tryWait", reset, LONG);
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
