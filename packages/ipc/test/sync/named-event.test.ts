/** NamedEvent: its contract, between objects and between processes. */
import { describe, expect, test } from "bun:test";
import { SECTION } from "@isthmus/core/internal";
import { expectCode } from "@isthmus/testing/expect-code";
import { timeoutWakesMax, until } from "@isthmus/testing/patience";
import { NamedEvent } from "../../src/index.ts";
import { EVENT } from "../../src/sync/event-layout.ts";
import { Home } from "./support/home.ts";
import { participants } from "./support/participant.ts";

describe("NamedEvent options", () => {
  test("are checked", () => {
    using _home = new Home();
    const create = (options: unknown) => () => NamedEvent.createOrOpen("e", options as never);
    expectCode(create({ reset: "sometimes" }), "TypeError", "ERR_INVALID_ARG_VALUE");
    for (const options of [{ reset: 1 }, { initial: 1 }, { initial: "true" }]) {
      expectCode(create(options), "TypeError", "ERR_INVALID_ARG_TYPE");
    }
  });

  test("default to auto and not set; the creator's mode stays", () => {
    using _home = new Home();
    using first = NamedEvent.createNew("e");
    expect([first.resetMode, first.isSet, first.createdNew]).toEqual(["auto", false, true]);
    using second = NamedEvent.createOrOpen("e", { reset: "manual", initial: true });
    expect([second.resetMode, second.isSet, second.createdNew]).toEqual(["auto", false, false]);
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
        waits.push(participant.call(operation, "e", { timeoutMs: 200_000 }).then(() => released++));
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
    expect(home.cell("e").timeoutWakes).toBeLessThanOrEqual(timeoutWakesMax(waits.length));
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
      participant.call(index === 0 ? "wait" : "waitAsync", "e", { timeoutMs: 200_000 }),
    );
    await home.untilWaiting("e", "asleep");
    // Each participant answers this one only once its wait is under way.
    await Promise.all(all.slice(1).map((participant) => participant.call("isSet", "e")));
    event.set();
    event.reset();
    await Promise.all(waits);
    expect(event.isSet).toBe(false);
    expect(home.cell("e").timeoutWakes).toBeLessThanOrEqual(timeoutWakesMax(waits.length));
  });
});
