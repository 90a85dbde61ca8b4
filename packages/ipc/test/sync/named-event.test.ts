/** NamedEvent: its contract, between objects and between processes. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { SECTION } from "@isthmus/core/internal";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { PROCESSES_MS, until } from "@isthmus/testing/patience";
import { NamedEvent, NamedSemaphore } from "../../src/index.ts";
import { EVENT } from "../../src/sync/event-layout.ts";
import { Home } from "./support/home.ts";
import { Participant, participants } from "./support/participant.ts";

setDefaultTimeout(PROCESSES_MS);

describe("NamedEvent options", () => {
  test("are checked", () => {
    using _home = new Home();
    const create = (options: unknown) => () => NamedEvent.createOrOpen("e", options as never);
    expectCode(create({ reset: "sometimes" }), "TypeError", "ERR_INVALID_ARG_VALUE");
    for (const options of [{ reset: 1 }, { initial: 1 }, { initial: "true" }, 5, null, []]) {
      expectCode(create(options), "TypeError", "ERR_INVALID_ARG_TYPE");
    }
    expectCode(() => NamedEvent.openExisting("e"), "SystemError", "ENOENT");
  });

  test("default to auto and not set; the creator's mode stays", () => {
    using _home = new Home();
    using first = NamedEvent.createNew("e");
    expect([first.resetMode, first.isSet, first.createdNew]).toEqual(["auto", false, true]);
    using second = NamedEvent.createOrOpen("e", { reset: "manual", initial: true });
    expect([second.resetMode, second.isSet, second.createdNew]).toEqual(["auto", false, false]);
    expectCode(() => NamedEvent.createNew("e"), "SystemError", "EEXIST");
    using _semaphore = NamedSemaphore.createNew("s");
    const code = "ERR_CORRUPT_SEGMENT";
    const error = expectCode(() => NamedEvent.openExisting("s"), "CorruptSegmentError", code);
    expect(error.message).toMatch(/event.*semaphore/);
  });
});

test("NamedEvent.openExisting() refuses a mode that there is not, and leaves nothing behind", () => {
  using home = new Home();
  const event = NamedEvent.createNew("e");
  home.patch("e", SECTION.state, EVENT.mode, 7);
  const code = "ERR_CORRUPT_SEGMENT";
  const error = expectCode(() => NamedEvent.openExisting("e"), "CorruptSegmentError", code);
  expect(error.message).toContain("found 7");
  event.dispose();
  expect(home.files()).not.toContain("e");
});

describe('NamedEvent with reset: "auto"', () => {
  test("a setting is used up by one wait, and two settings before it are one", () => {
    using _home = new Home();
    using event = NamedEvent.createNew("e", { reset: "auto", initial: true });
    expect([event.isSet, event.tryWait(), event.isSet, event.tryWait()]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    event.set();
    event.set();
    event.wait();
    expectCode(() => event.wait({ timeoutMs: 5 }), "TimeoutError", "ETIMEDOUT");
    event.set();
    event.reset();
    expect(event.tryWait()).toBe(false);
  });

  test("a setting releases exactly one of many waiters in several processes", async () => {
    using home = new Home();
    using event = NamedEvent.createNew("e");
    await using stack = new AsyncDisposableStack();
    const all = participants(stack, 3);
    let released = 0;
    const waits: Promise<unknown>[] = [];
    for (const [index, participant] of all.entries()) {
      await participant.call("event", "openExisting", "e");
      const operations = index === 0 ? ["wait"] : ["waitAsync", "waitAsync"];
      for (const operation of operations) {
        waits.push(participant.call(operation, "e", { timeoutMs: 30_000 }).then(() => released++));
      }
    }
    await home.untilWaiting("e", "asleep");
    await home.untilWaiting("e", "in event loop");
    for (let settings = 1; settings <= waits.length; settings++) {
      event.set();
      await until(() => released >= settings, "somebody is released");
      expect([released, event.isSet]).toEqual([settings, false]);
    }
    await Promise.all(waits);
    expect(home.cell("e").timeoutWakes).toBe(0);
  });
});

describe('NamedEvent with reset: "manual"', () => {
  test("stays set until it is reset", () => {
    using _home = new Home();
    using event = NamedEvent.createNew("e", { reset: "manual" });
    expect(event.tryWait()).toBe(false);
    event.set();
    event.wait();
    event.wait({ timeoutMs: 0 });
    expect([event.tryWait(), event.tryWait(), event.isSet]).toEqual([true, true, true]);
    event.reset();
    expect([event.tryWait(), event.isSet]).toEqual([false, false]);
    expectCode(() => event.wait({ timeoutMs: 0 }), "TimeoutError", "ETIMEDOUT");
  });

  test("a setting releases all who wait, even if it is reset at once", async () => {
    using home = new Home();
    using event = NamedEvent.createNew("e", { reset: "manual" });
    await using stack = new AsyncDisposableStack();
    const all = participants(stack, 3);
    for (const participant of all) await participant.call("event", "openExisting", "e");
    const waits = all.map((participant, index) =>
      participant.call(index === 0 ? "wait" : "waitAsync", "e", { timeoutMs: 30_000 }),
    );
    await home.untilWaiting("e", "asleep");
    // Each participant answers this one only once its wait is under way.
    await Promise.all(all.slice(1).map((participant) => participant.call("isSet", "e")));
    event.set();
    event.reset();
    await Promise.all(waits);
    expect(event.isSet).toBe(false);
    expect(home.cell("e").timeoutWakes).toBe(0);
  });
});

describe("NamedEvent waits", () => {
  test("end by timeout, by signal and by disposal", async () => {
    using home = new Home();
    const event = NamedEvent.createNew("e");
    const reason = new Error("enough");
    const failure = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);
    expect(await failure(event.waitAsync({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    await expectRejection(event.waitAsync({ timeoutMs: 1 }), "TimeoutError", "ETIMEDOUT");
    const controller = new AbortController();
    const aborted = failure(event.waitAsync({ signal: controller.signal }));
    const disposed = event.waitAsync();
    controller.abort(reason);
    expect(await aborted).toBe(reason);
    event.dispose();
    event.dispose();
    await expectRejection(disposed, "DisposedError", "ERR_DISPOSED");
    for (const use of ["wait", "tryWait", "set", "reset"] as const) {
      expectCode(() => event[use](), "DisposedError", "ERR_DISPOSED");
    }
    expectCode(() => event.isSet, "DisposedError", "ERR_DISPOSED");
    expect(home.files()).not.toContain("e");
  });

  test("a waiter that is killed takes no setting with it", async () => {
    using home = new Home();
    using event = NamedEvent.createNew("e");
    await using doomed = new Participant();
    await doomed.call("event", "openExisting", "e");
    doomed.call("wait", "e", { timeoutMs: 50_000 }).catch(() => {});
    await home.untilWaiting("e", "asleep");
    await doomed.kill();
    const wait = event.waitAsync();
    event.set();
    await wait;
    expect(event.isSet).toBe(false);
  });
});
