/** NamedSemaphore: its contract, between objects and between processes. */
import { describe, expect, test } from "bun:test";
import { MemoryMappedFile } from "@isthmus/core";
import { SECTION } from "@isthmus/core/internal";
import { expectCode, expectRejection } from "@isthmus/testing/expect-code";
import { timeoutWakesMax } from "@isthmus/testing/patience";
import { ifSignals } from "@isthmus/testing/requirement";
import { NamedSemaphore } from "../../src/index.ts";
import { MUTEX } from "../../src/sync/mutex-layout.ts";
import { SEMAPHORE } from "../../src/sync/semaphore-layout.ts";
import { Home } from "./support/home.ts";
import { Participant, participants } from "./support/participant.ts";

const BOTH = [false, true];

describe("NamedSemaphore options", () => {
  test("are checked as .NET checks them", () => {
    using home = new Home();
    for (const options of [
      { initial: -1 },
      { max: 0 },
      { max: -1 },
      { initial: 2, max: 1 },
      { initial: 0.5 },
      { initial: Number.NaN },
      { max: Number.NaN },
      { max: 1.5 },
      { max: 2 ** 31 },
      { max: Infinity },
    ]) {
      expectCode(() => NamedSemaphore.createOrOpen("s", options), "RangeError", "ERR_OUT_OF_RANGE");
    }
    for (const options of [
      { initial: "1" },
      { max: 1n },
      { initial: null },
      { max: {} },
      { returnOnDeath: 1 },
    ]) {
      const create = () => NamedSemaphore.createOrOpen("s", options as never);
      expectCode(create, "TypeError", "ERR_INVALID_ARG_TYPE");
    }
    expect(home.files().filter((name) => !name.startsWith("."))).toEqual([]);
  });

  test("default to no permits, no limit but 2^31 - 1, and no return on death", () => {
    using _home = new Home();
    using semaphore = NamedSemaphore.createNew("s");
    const { count, max, returnOnDeath, createdNew, name } = semaphore;
    expect({ count, max, returnOnDeath, createdNew, name }).toEqual({
      count: 0,
      max: 2 ** 31 - 1,
      returnOnDeath: false,
      createdNew: true,
      name: "s",
    });
    expect(semaphore.release(2 ** 31 - 1)).toBe(0);
    expectCode(() => semaphore.release(), "RangeError", "ERR_OUT_OF_RANGE");
  });

  test("are the creator's: who opens gets them as they are", () => {
    using _home = new Home();
    using first = NamedSemaphore.createNew("s", { initial: 1, max: 2, returnOnDeath: true });
    using second = NamedSemaphore.createOrOpen("s", { initial: 7, max: 9 });
    const { count, max, returnOnDeath, createdNew } = second;
    expect({ count, max, returnOnDeath, createdNew }).toEqual({
      count: 1,
      max: 2,
      returnOnDeath: true,
      createdNew: false,
    });
    expect(first.count).toBe(1);
  });
});

describe("NamedSemaphore with words that nobody should have written", () => {
  test("openExisting() refuses a max below 1, and leaves nothing behind", () => {
    using home = new Home();
    const semaphore = NamedSemaphore.createNew("s");
    for (const max of [0, -5]) {
      home.patch("s", SECTION.state, SEMAPHORE.max, max);
      const code = "ERR_CORRUPT_SEGMENT";
      const open = () => NamedSemaphore.openExisting("s");
      expect(expectCode(open, "CorruptSegmentError", code).message).toContain(`found ${max}`);
    }
    semaphore.dispose();
    expect(home.files()).not.toContain("s");
  });

  test("any other words harm nobody's process", () => {
    using home = new Home();
    for (let round = 0; round < 50; round++) {
      const options = { initial: 1, max: 2, returnOnDeath: round % 2 === 0 };
      const semaphore = NamedSemaphore.createNew("s", options);
      const words = crypto.getRandomValues(new Int32Array(5));
      for (const [index, value] of words.entries()) {
        const field = [SEMAPHORE.count, SEMAPHORE.isActive, SEMAPHORE.slot, SEMAPHORE.held][index];
        home.patch("s", SECTION.state, field ?? SEMAPHORE.heldBefore, value);
      }
      home.patch("s", SECTION.mutex, MUTEX.owner, words[0] as number);
      semaphore.tryWait();
      try {
        semaphore.release();
      } catch (error) {
        expect((error as { code?: string }).code).toBe("ERR_OUT_OF_RANGE");
      }
      semaphore.dispose();
    }
  });
});

for (const returnOnDeath of BOTH) {
  describe(`NamedSemaphore with returnOnDeath: ${returnOnDeath}`, () => {
    test("counts down to 0 and up to max", () => {
      using _home = new Home();
      using semaphore = NamedSemaphore.createNew("s", { initial: 2, max: 3, returnOnDeath });
      expect(semaphore.tryWait()).toBe(true);
      semaphore.wait();
      expect(semaphore.tryWait()).toBe(false);
      expectCode(() => semaphore.wait({ timeoutMs: 5 }), "TimeoutError", "ETIMEDOUT");
      expectCode(() => semaphore.wait({ timeoutMs: 0 }), "TimeoutError", "ETIMEDOUT");
      expect(semaphore.release(2)).toBe(0);
      expect(semaphore.release()).toBe(2);
      expect(semaphore.count).toBe(3);
    });

    test("release() over max releases nothing", () => {
      using _home = new Home();
      using semaphore = NamedSemaphore.createNew("s", { initial: 2, max: 3, returnOnDeath });
      const error = expectCode(() => semaphore.release(2), "RangeError", "ERR_OUT_OF_RANGE");
      expect(error.message).toContain("<= 1 (of 3 in all)");
      expect(semaphore.count).toBe(2);
      for (const permits of [0, -1, 1.5, Number.NaN]) {
        expectCode(() => semaphore.release(permits), "RangeError", "ERR_OUT_OF_RANGE");
      }
      for (const permits of ["1", 1n, null, {}]) {
        const release = () => semaphore.release(permits as never);
        expectCode(release, "TypeError", "ERR_INVALID_ARG_TYPE");
      }
      expect(semaphore.count).toBe(2);
    });

    test("waitAsync() of many tasks: each permit lets one through", async () => {
      using home = new Home();
      using semaphore = NamedSemaphore.createNew("s", { max: 8, returnOnDeath });
      let through = 0;
      const waits = Array.from({ length: 8 }, async () => {
        await semaphore.waitAsync();
        through++;
      });
      for (let released = 1; released <= 8; released++) {
        semaphore.release();
        await Promise.any(waits);
        while (through < released) await Bun.sleep(1);
        expect(through).toBe(released);
      }
      await Promise.all(waits);
      expect(semaphore.count).toBe(0);
      expect(home.cell("s").timeoutWakes).toBe(0);
    });

    test("between processes: never more inside than permits, and none is lost", async () => {
      using home = new Home();
      using _inside = MemoryMappedFile.createNew("s-inside", 4);
      using semaphore = NamedSemaphore.createNew("s", { initial: 2, max: 2, returnOnDeath });
      await using stack = new AsyncDisposableStack();
      const all = participants(stack, 4);
      for (const participant of all) await participant.call("semaphore", "openExisting", "s");
      const most = await Promise.all(
        all.map((participant, index) =>
          participant.call<number>("churn", "s", 3000, index % 2 === 0 ? "sync" : "async"),
        ),
      );
      expect(Math.max(...most)).toBeLessThanOrEqual(2);
      expect(semaphore.count).toBe(2);
      expect(home.cell("s").timeoutWakes).toBeLessThanOrEqual(timeoutWakesMax(4 * 3000));
    });
  });
}

describe("permits of a dead holder", () => {
  test("are gone unless they were to come back, as in .NET", async () => {
    using _home = new Home();
    using semaphore = NamedSemaphore.createNew("s", { initial: 2, max: 2 });
    await using participant = new Participant();
    await participant.call("semaphore", "openExisting", "s");
    await participant.call("take", "s");
    await participant.kill();
    expect(semaphore.tryWait()).toBe(true);
    expect(semaphore.tryWait()).toBe(false);
  });

  test("come back to a sleeper and to an event loop that wait, exactly once", async () => {
    using home = new Home();
    const options = { initial: 3, max: 3, returnOnDeath: true };
    using semaphore = NamedSemaphore.createNew("s", options);
    await using stack = new AsyncDisposableStack();
    const [holder, sleeper, looper] = participants(stack, 3) as [
      Participant,
      Participant,
      Participant,
    ];
    for (const participant of [holder, sleeper, looper])
      await participant.call("semaphore", "openExisting", "s");
    for (let permit = 0; permit < 3; permit++) await holder.call("take", "s");
    await holder.call("give", "s", 1);
    expect(semaphore.tryWait()).toBe(true); // two are left to the holder, one is ours
    const waits = [
      sleeper.call("take", "s", { timeoutMs: 200_000 }),
      looper.call("takeAsync", "s", { timeoutMs: 200_000 }),
    ];
    await home.untilWaiting("s", "asleep");
    await home.untilWaiting("s", "in event loop");
    await holder.kill();
    await Promise.all(waits);
    expect(semaphore.tryWait()).toBe(false);
    for (const participant of [sleeper, looper]) await participant.call("give", "s", 1);
    semaphore.release();
    expect(semaphore.count).toBe(3);
    expectCode(() => semaphore.release(), "RangeError", "ERR_OUT_OF_RANGE");
  });

  test("come back to who looks later, and when the holder is disposed or exits", async () => {
    using _home = new Home();
    const options = { initial: 1, max: 1, returnOnDeath: true };
    using semaphore = NamedSemaphore.createNew("s", options);
    for (const end of ["kill", "disposeSemaphore", "exit"] as const) {
      await using participant = new Participant();
      await participant.call("semaphore", "openExisting", "s");
      await participant.call("take", "s");
      expect(semaphore.tryWait()).toBe(false);
      if (end === "kill") await participant.kill();
      else if (end === "disposeSemaphore") await participant.call(end, "s");
      else {
        participant.call(end, 0).catch(() => {});
        await participant.end();
      }
      expect(semaphore.tryWait()).toBe(true);
      expect(semaphore.tryWait()).toBe(false);
      semaphore.release();
    }
  });

  ifSignals("stay with a holder that is stopped", async () => {
    using _home = new Home();
    const options = { initial: 1, max: 1, returnOnDeath: true };
    using semaphore = NamedSemaphore.createNew("s", options);
    await using participant = new Participant();
    await participant.call("semaphore", "openExisting", "s");
    await participant.call("take", "s");
    participant.signal("SIGSTOP");
    expectCode(() => semaphore.wait({ timeoutMs: 120 }), "TimeoutError", "ETIMEDOUT");
    await expectRejection(semaphore.waitAsync({ timeoutMs: 60 }), "TimeoutError", "ETIMEDOUT");
    const wait = semaphore.waitAsync();
    participant.signal("SIGCONT");
    await participant.call("give", "s", 1);
    await wait;
  });
});
