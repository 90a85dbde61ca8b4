/** NamedMutex within one process: verbs, recursion, tasks, errors. */
import { describe, expect, test } from "bun:test";
import { takeTurn } from "@isthmus/core/internal";
import { expectCode } from "@isthmus/testing/expect-code";
import { type MutexLock, NamedMutex } from "../../src/index.ts";
import { Home } from "./support/home.ts";

describe("NamedMutex on the synchronous path", () => {
  test("is recursive, and as many releases set it free", () => {
    using _home = new Home();
    using mutex = NamedMutex.createNew("m");
    const locks = [mutex.acquire(), mutex.acquire({ timeoutMs: 0 }), mutex.tryAcquire()];
    for (const lock of locks) {
      expect(mutex.owner?.pid).toBe(process.pid);
      lock?.release();
    }
    expect(mutex.owner).toBeUndefined();
  });

  test("is recursive across objects of one name, in every order of release and disposal", () => {
    using home = new Home();
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const objects = [NamedMutex.createOrOpen("m"), NamedMutex.createOrOpen("m")];
      const locks = objects.map((mutex) => mutex.acquire());
      for (const mutex of objects) mutex.dispose();
      expect(home.files()).toContain("m");
      using witness = NamedMutex.openExisting("m");
      for (const index of order) {
        expect(witness.owner?.isAlive).toBe(true);
        locks[index]?.release();
      }
      expect(witness.owner).toBeUndefined();
      witness.acquire().release();
    }
    expect(home.files()).not.toContain("m");
  });

  test("a lock released twice is EPERM; `using` after release is fine", () => {
    using _home = new Home();
    using mutex = NamedMutex.createNew("m");
    const outer = mutex.acquire();
    {
      using lock = mutex.acquire();
      expect(lock.isHeld).toBe(true);
      lock.release();
      expect(lock.isHeld).toBe(false);
      expectCode(() => lock.release(), "SystemError", "EPERM");
    }
    expect(mutex.owner?.pid).toBe(process.pid);
    outer.release();
    expectCode(() => outer.release(), "SystemError", "EPERM");
    expect(mutex.owner).toBeUndefined();
  });

  test("a lock that is disposed is given back once, and only once", () => {
    using _home = new Home();
    using mutex = NamedMutex.createNew("m");
    const lock = mutex.acquire();
    lock.dispose();
    lock.dispose();
    expect([lock.isHeld, mutex.owner]).toEqual([false, undefined]);
  });

  test("disposed while held, the lock stays until it is released", () => {
    using home = new Home();
    const mutex = NamedMutex.createNew("m");
    const lock = mutex.acquire();
    mutex.dispose();
    expect(home.files()).toContain("m");
    expectCode(() => mutex.tryAcquire(), "DisposedError", "ERR_DISPOSED");
    expectCode(() => mutex.acquire(), "DisposedError", "ERR_DISPOSED");
    expectCode(() => mutex.owner, "DisposedError", "ERR_DISPOSED");
    lock.release();
    expect(home.files()).not.toContain("m");
  });

  test("owner says who, since when, and that it lives", () => {
    using _home = new Home();
    using mutex = NamedMutex.createNew("m");
    const before = Date.now();
    using _lock = mutex.acquire();
    const { pid, name, sinceMs, isAlive } = mutex.owner ?? {};
    expect({ pid, isAlive }).toEqual({ pid: process.pid, isAlive: true });
    expect(name).not.toBe("");
    // The clock that stamps it ticks every few milliseconds.
    expect(sinceMs).toBeGreaterThan(before - 100);
    expect(sinceMs).toBeLessThanOrEqual(Date.now());
  });
});

describe("NamedMutex on the asynchronous path", () => {
  test("tasks exclude each other and take turns in their order", async () => {
    using _home = new Home();
    using mutex = NamedMutex.createNew("m");
    using other = NamedMutex.openExisting("m");
    const order: number[] = [];
    let inside = 0;
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        using _lock = await (index % 3 === 0 ? other : mutex).acquireAsync();
        expect(++inside).toBe(1);
        order.push(index);
        await Bun.sleep(0);
        inside--;
      }),
    );
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(mutex.owner).toBeUndefined();
  });

  test("a task's lock fails acquire() of the same thread at once", async () => {
    using _home = new Home();
    using mutex = NamedMutex.createNew("m");
    const lock = await mutex.acquireAsync();
    expect(mutex.tryAcquire()).toBeUndefined();
    const error = expectCode(
      () => mutex.acquire({ timeoutMs: Infinity }),
      "TimeoutError",
      "ETIMEDOUT",
    );
    expect(error.message).toContain("a task of this thread holds it");
    lock.release();
    mutex.acquire().release();
  });

  test("what a task has acquired is its own before the task goes on", async () => {
    using home = new Home();
    const mutex = NamedMutex.createNew("m");
    let task = await beginAcquiring(mutex);
    // On a busy machine the event loop may be due again, so that it takes longer than the task's own microtasks.
    while (mutex.owner === undefined) {
      (await task.acquired).release();
      task = await beginAcquiring(mutex);
    }
    // Locked by now, but the task has not been told: nobody else of this thread may act as if it were free.
    expectCode(() => mutex.acquire({ timeoutMs: Infinity }), "TimeoutError", "ETIMEDOUT");
    mutex.dispose();
    expect(home.files()).toContain("m");
    (await task.acquired).release();
    expect(home.files()).not.toContain("m");
  });
});

/** Has the mutex locked for a task that has not been told yet; in an object, so that it is not awaited. */
async function beginAcquiring(mutex: NamedMutex): Promise<{ acquired: Promise<MutexLock> }> {
  await takeTurn();
  const acquired = mutex.acquireAsync();
  for (let turn = 0; mutex.owner === undefined && turn < 20; turn++) await Promise.resolve();
  return { acquired };
}
