/** NamedMutex between processes: exclusion, owners that die or stop, signals, and what keeps a process alive. */
import { describe, expect, test } from "bun:test";
import { MemoryMappedFile } from "@isthmus/core";
import { platform } from "@isthmus/core/internal";
import { expectRejection } from "@isthmus/testing/expect-code";
import { timeoutWakesMax } from "@isthmus/testing/patience";
import { ifSignals, isWindows, testIf, wine } from "@isthmus/testing/requirement";
import { NamedMutex } from "../../src/index.ts";
import { Home } from "./support/home.ts";
import { Participant, participants } from "./support/participant.ts";

/** Wine makes of one system call many. */
const ROUNDS = wine === undefined ? 10_000 : 1000;

describe("NamedMutex between processes", () => {
  test("excludes them all: no increment is lost, by sync and async locks mixed", async () => {
    using home = new Home();
    using counter = MemoryMappedFile.createNew("m-counter", 4);
    using view = counter.createViewAccessor();
    using mutex = NamedMutex.createNew("m");
    await using stack = new AsyncDisposableStack();
    const all = participants(stack, 4);
    const how = ["sync", "async", "mixed", "mixed"];
    await Promise.all(
      all.map((participant, index) => participant.call("raise", "m", ROUNDS, how[index])),
    );
    expect(view.readInt32(0)).toBe(4 * ROUNDS);
    expect(mutex.owner).toBeUndefined();
    expect(home.cell("m").timeoutWakes).toBeLessThanOrEqual(timeoutWakesMax(4 * ROUNDS));
  });

  test("the owner is visible to others, and releasing hands over", async () => {
    using home = new Home();
    using mutex = NamedMutex.createNew("m");
    await using participant = new Participant();
    await participant.call("acquire", "m");
    expect(mutex.owner).toMatchObject({
      pid: participant.pid,
      name: "participant.ts",
      isAlive: true,
    });
    expect(mutex.tryAcquire()).toBeUndefined();
    await expectRejection(mutex.acquireAsync({ timeoutMs: 5 }), "TimeoutError", "ETIMEDOUT");
    const wait = mutex.acquireAsync();
    await home.untilWaiting("m", "in event loop");
    await participant.call("release", "m");
    const lock = await wait;
    expect(lock.abandoned).toBe(false);
    expect(await participant.call("tryAcquire", "m")).toBeNull();
    lock.release();
  });
});

describe("NamedMutex whose owner dies", () => {
  test("by SIGKILL: exactly one of the waiters is told, asleep or in the event loop", async () => {
    using home = new Home();
    using mutex = NamedMutex.createNew("m");
    await using stack = new AsyncDisposableStack();
    const [owner, sleeper, looper] = participants(stack, 3) as [
      Participant,
      Participant,
      Participant,
    ];
    await owner.call("acquire", "m");
    const turn = async (participant: Participant, operation: string) => {
      const { abandoned } = await participant.call<{ abandoned: boolean }>(operation, "m", {
        timeoutMs: 200_000,
      });
      await participant.call("release", "m");
      return abandoned;
    };
    const turns = [turn(sleeper, "acquire"), turn(looper, "acquireAsync")];
    await home.untilWaiting("m", "asleep");
    await home.untilWaiting("m", "in event loop");
    await owner.kill();
    expect((await Promise.all(turns)).sort()).toEqual([false, true]);
    const { abandoned } = mutex.acquire();
    expect(abandoned).toBe(false);
  });

  test("by SIGKILL: who comes later is told, and sees until then who it was", async () => {
    using _home = new Home();
    using mutex = NamedMutex.createNew("m");
    await using owner = new Participant();
    await owner.call("acquire", "m");
    await owner.kill();
    expect(mutex.owner).toMatchObject({ pid: owner.pid, isAlive: false });
    const lock = mutex.tryAcquire();
    expect(lock?.abandoned).toBe(true);
    lock?.release();
    using again = mutex.acquire();
    expect(again.abandoned).toBe(false);
  });

  test("by SIGKILL: only waiters in one process's event loop, woken without looking at a clock", async () => {
    using home = new Home();
    using mutex = NamedMutex.createNew("m");
    await using owner = new Participant();
    await owner.call("acquire", "m");
    const wait = mutex.acquireAsync();
    await home.untilWaiting("m", "in event loop");
    await owner.kill();
    using lock = await wait;
    expect(lock.abandoned).toBe(true);
  });

  for (const [how, code] of [
    ["exit while holding", 3],
    ["end while holding", 0],
  ] as const) {
    test(`by ${how}: the next one is told`, async () => {
      using _home = new Home();
      using mutex = NamedMutex.createNew("m");
      await using owner = new Participant("one-shot", { kind: "mutex", what: how });
      expect(await owner.end()).toBe(code);
      using lock = mutex.acquire();
      expect(lock.abandoned).toBe(true);
    });
  }

  for (const end of ["close", "exit", "terminate"]) {
    test(`a Worker that ends by ${end}: the next one is told`, async () => {
      using home = new Home();
      const isRobust = platform().robustMutexes !== undefined;
      using mutex = NamedMutex.createNew("m");
      const script = new URL("./fixtures/worker-holder.ts", import.meta.url);
      // Without it a Worker gets the environment with which this process was started.
      const worker = new Worker(script, { env: { ...process.env } as Record<string, string> });
      const holding = new Promise((resolve, reject) => {
        worker.onmessage = resolve;
        worker.onerror = ({ message }) => reject(new Error(message));
      });
      worker.postMessage({ name: "m", end });
      await holding;
      const wait = mutex.acquireAsync();
      if (end === "terminate") {
        await home.untilWaiting("m", "in event loop");
        await worker.terminate();
        // Without robust mutexes an owner is a process, and lives as long: nothing of a Worker that had no chance to
        // say that it ends can be told from one that goes on.
        if (!isRobust) {
          expect(mutex.owner?.isAlive).toBe(true);
          expect(mutex.tryAcquire()).toBeUndefined();
          mutex.dispose();
          await expectRejection(wait, "DisposedError", "ERR_DISPOSED");
          return;
        }
      }
      using lock = await wait;
      expect(lock.abandoned).toBe(true);
    });
  }

  testIf(!isWindows, "children that outlive a killed parent")(
    "a child that the owner has started does not keep the lock",
    async () => {
      using _home = new Home();
      using mutex = NamedMutex.createNew("m");
      await using owner = new Participant();
      await owner.call("acquire", "m");
      const child = await owner.call<number>("spawnChild");
      try {
        await owner.kill();
        process.kill(child, 0); // it lives
        expect(mutex.owner?.isAlive).toBe(false);
        using lock = await mutex.acquireAsync();
        expect(lock.abandoned).toBe(true);
      } finally {
        process.kill(child, "SIGKILL");
      }
    },
  );
});

describe("NamedMutex whose owner is stopped", () => {
  ifSignals("is not robbed: waiting times out, and goes on when the owner does", async () => {
    using home = new Home();
    using mutex = NamedMutex.createNew("m");
    await using stack = new AsyncDisposableStack();
    const [owner, sleeper] = participants(stack, 2) as [Participant, Participant];
    await owner.call("acquire", "m");
    owner.signal("SIGSTOP");
    await expectRejection(mutex.acquireAsync({ timeoutMs: 150 }), "TimeoutError", "ETIMEDOUT");
    const options = { timeoutMs: 150 };
    await expectRejection(sleeper.call("acquire", "m", options), "TimeoutError", "ETIMEDOUT");
    expect(mutex.owner).toMatchObject({ pid: owner.pid, isAlive: true });
    const waits = [mutex.acquireAsync(), sleeper.call("acquireAsync", "m")] as const;
    await home.untilWaiting("m", "in event loop");
    owner.signal("SIGCONT");
    await owner.call("release", "m");
    const next = await Promise.race(waits);
    expect(next).toMatchObject({ abandoned: false });
    if ("release" in (next as object)) (next as Disposable)[Symbol.dispose]();
    else await sleeper.call("release", "m");
    await Promise.all(waits);
  });
});
